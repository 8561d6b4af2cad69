"""A database that another program holds: a page says so soon, and nothing is broken."""

import sqlite3
import time
from contextlib import closing

import pytest
from django.contrib.sessions.models import Session
from django.db import OperationalError, connection
from django.db.backends.sqlite3.base import DatabaseWrapper
from django.test import RequestFactory

from pilothouse.access.models import Person
from pilothouse.console import busy
from pilothouse.console.busy import NotBusy, WaitsLess
from pilothouse.records.held import is_held

pytestmark = pytest.mark.django_db
SIGN_IN = "/sign-in/login/"
PASSWORD = "a long password for a test"


@pytest.fixture
def held(tmp_path):
    """A database of a file, which another connection holds for writing."""
    made = DatabaseWrapper(
        {**connection.settings_dict, "NAME": str(tmp_path / "held.sqlite3")}, "default"
    )
    made.cursor().execute("CREATE TABLE rows (one)")
    with closing(sqlite3.connect(tmp_path / "held.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        made.close()
        yield made
        made.close()


def written(held):
    held.cursor().execute("BEGIN IMMEDIATE")


def patience(held):
    return held.cursor().execute("PRAGMA busy_timeout").fetchone()[0]


def test_a_page_waits_a_shorter_time_than_a_thread(held, monkeypatch):
    assert patience(held) == 20_000
    held.close()
    monkeypatch.setattr(busy, "WAIT_S", 0.1)
    monkeypatch.setattr(busy, "connection", held)
    began = time.monotonic()

    def page(request):
        with pytest.raises(OperationalError) as raised:
            written(held)
        return raised.value

    error = WaitsLess(page)(RequestFactory().get("/"))
    assert is_held(error) and time.monotonic() - began < 10
    held.close()
    assert patience(held) == 20_000, "behind the page all is as before"
    assert not is_held(OperationalError("no such table")) and not is_held(None)


@pytest.fixture
def locked(held):
    """The error that a held database gives, as Django raises it."""
    with held.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 1")
    with pytest.raises(OperationalError) as raised:
        written(held)
    return raised.value


def test_signing_in_while_the_database_is_held_is_503_with_a_sentence(
    client, locked, monkeypatch, caplog
):
    Person.objects.create_user("ann", password=PASSWORD)
    client.raise_request_exception = False
    asked = {"login": "ann", "password": PASSWORD}

    def refuse(*_, **__):
        raise locked

    assert client.get(SIGN_IN).status_code == 200
    with monkeypatch.context() as patched:
        patched.setattr(Session, "save", refuse)
        made = client.post(SIGN_IN, asked)
    assert made.status_code == 503 and "The database is busy" in made.content.decode()
    assert "went wrong" not in made.content.decode()
    assert not [one for one in caplog.records if one.exc_info]
    assert client.post(SIGN_IN, asked).status_code == 302


def test_a_session_that_cannot_be_kept_behind_the_page_is_503_too(
    client, locked, monkeypatch, caplog
):
    ann = Person.objects.create_user("ann")
    client.force_login(ann)
    client.raise_request_exception = False

    def refuse(*_, **__):
        raise locked

    monkeypatch.setattr(Session, "save", refuse)
    caplog.handler.addFilter(NotBusy())
    made = client.get("/sign-in/2fa/")
    assert made.status_code == 503 and "The database is busy" in made.content.decode()
    assert not [one for one in caplog.records if one.exc_info]
