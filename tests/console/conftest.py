"""What pages are tried on: the people, an exchange's double, and clients who are signed in."""

import pytest
from django.test import Client

from tests.control.conftest import exchange, team

__all__ = ["at", "exchange", "team"]

JSON = {"Accept": "application/json"}
BACKEND = "django.contrib.auth.backends.ModelBackend"


def signed_in(person, **options):
    client = Client(**options)
    client.force_login(person, BACKEND)
    return client


@pytest.fixture
def at(settings):
    """Clients of people; the sessions of these tests need no password."""
    settings.AUTHENTICATION_BACKENDS = [*settings.AUTHENTICATION_BACKENDS, BACKEND]
    return signed_in
