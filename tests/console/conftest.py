"""What pages are tried on: the people, an exchange's double, and clients who are signed in."""

import pytest
from django.test import Client

from pilothouse.control import ports
from tests.control.conftest import Team
from tests.control.doubles import Exchange

JSON = {"Accept": "application/json"}
BACKEND = "django.contrib.auth.backends.ModelBackend"


def signed_in(person, **options):
    client = Client(**options)
    client.force_login(person, BACKEND)
    return client


@pytest.fixture
def team(db):
    return Team()


@pytest.fixture
def exchange():
    made = Exchange()
    ports.connect(made, made, made, made)
    yield made
    ports.disconnect()


@pytest.fixture
def at(settings):
    """Clients of people; the sessions of these tests need no password."""
    settings.AUTHENTICATION_BACKENDS = [*settings.AUTHENTICATION_BACKENDS, BACKEND]
    return signed_in
