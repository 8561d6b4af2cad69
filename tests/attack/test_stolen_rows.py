"""Who reads or writes the database has nobody's session, and no code of a second factor."""

import asyncio
import base64
import zlib
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from pilothouse.access.models import Person
from pilothouse.access.session_store import SessionStore, row_key
from pilothouse.console import old_sessions
from pilothouse.wiring import people

PASSWORD = "a long password of ours"
COOKIE = settings.SESSION_COOKIE_NAME


def signed_in(name, role):
    people.add_person(name, role, PASSWORD)
    browser = Client()
    browser.force_login(Person.objects.get(username=name))
    return browser


def who(browser):
    return browser.session.get("_auth_user_id", "")


@pytest.fixture
def risk(db):
    return signed_in("rob", "risk")


@pytest.fixture
def viewer(db):
    return signed_in("vic", "viewer")


def test_what_stands_in_the_table_is_no_cookie(risk):
    (row,) = Session.objects.all()
    cookie = risk.cookies[COOKIE].value
    assert cookie not in (row.session_key, row.session_data)
    assert row.session_key == row_key(cookie)
    thief = Client()
    for stolen in (row.session_key, cookie[:-1], ""):
        thief.cookies[COOKIE] = stolen
        assert who(thief) == "" and thief.get("/audit").status_code == 302
    thief.cookies[COOKIE] = cookie
    assert who(thief) == who(risk) != ""


def test_what_a_session_says_is_nothing_in_the_row_of_another(risk, viewer):
    theirs = Session.objects.get(pk=row_key(risk.cookies[COOKIE].value))
    mine = row_key(viewer.cookies[COOKIE].value)
    Session.objects.filter(pk=mine).update(session_data=theirs.session_data)
    assert who(viewer) == "" and viewer.get("/audit").status_code == 302
    assert who(risk) != ""


def test_the_row_of_another_under_ones_own_key_says_nothing(risk, viewer):
    mine = row_key(viewer.cookies[COOKIE].value)
    theirs = row_key(risk.cookies[COOKIE].value)
    Session.objects.filter(pk=mine).delete()
    Session.objects.filter(pk=theirs).update(session_key=mine)
    assert who(viewer) == ""


@pytest.mark.parametrize("data", ["", "x", "é", "AAAA", "e30:1x:y", "A" * 100])
def test_a_row_that_was_never_sealed_says_nothing(risk, data):
    Session.objects.update(session_data=data)
    assert who(risk) == "" and risk.get("/audit").status_code == 302


def test_what_a_session_says_is_not_read_in_the_table(risk):
    session = risk.session
    session["mfa.totp.secret"] = "a secret that is shown once"
    session.save()
    (row,) = Session.objects.all()

    raw = base64.b64decode(row.session_data)
    assert b"secret" not in raw
    with pytest.raises(zlib.error):
        zlib.decompress(raw[12:])


def test_signing_out_and_a_new_key_remove_the_row(risk):
    before = risk.cookies[COOKIE].value
    session = SessionStore(before)
    session.cycle_key()
    assert not Session.objects.filter(pk=row_key(before)).exists()
    assert SessionStore(session.session_key).get("_auth_user_id")
    session.flush()
    assert not Session.objects.exists()


def test_rows_that_have_ended_open_nothing_and_are_cleared(risk):
    cookie = risk.cookies[COOKIE].value
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert SessionStore(cookie).load() == {}
    assert old_sessions.clear(timezone.now()) == 1


@pytest.mark.django_db(transaction=True)
def test_the_same_holds_where_it_is_awaited():
    async def lived():
        made = SessionStore()
        await made.aset("word", 7)
        await made.asave()
        cookie = made.session_key
        assert await made.aexists(cookie) and not await made.aexists(row_key(cookie))
        assert await SessionStore(cookie).aget("word") == 7
        assert await SessionStore(row_key(cookie)).aget("word") is None
        await made.adelete()
        assert await SessionStore(cookie).aget("word") is None

    asyncio.run(lived())
