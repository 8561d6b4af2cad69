"""A person who changes credentials twice at once, or signs in without end: bounded, no 500."""

import threading

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.models.signals import post_delete, post_save
from django.test import Client

from pilothouse.access import often
from pilothouse.access.models import Person
from pilothouse.access.often import CHANGES_AN_HOUR, SESSIONS_MOST, SIGN_INS_AN_HOUR, Newest, Often
from pilothouse.console import credential_pages
from pilothouse.console.credential_pages import OneAtATime, UnderWay
from pilothouse.control import credentials
from pilothouse.records.models import AuditRow
from pilothouse.wiring import founding_row, people
from tests.attack.matrix.console_cells import CELLS

PASSWORD = "a long password of ours"
FACTORS = "/sign-in/2fa"
CODES = f"{FACTORS}/recovery-codes"


def signed_in(name="ann"):
    client = Client()
    answer = client.post("/sign-in/login/", {"login": name, "password": PASSWORD})
    assert answer.status_code == 302
    client.post("/sign-in/reauthenticate/?next=/", {"password": PASSWORD})
    return client


def activate(client):
    page = client.get(f"{FACTORS}/totp/activate/").content.decode()
    secret = client.session["mfa.totp.secret"]
    assert secret in page
    code = totp.format_hotp_value(
        totp.hotp_value(secret, next(totp.yield_hotp_counters_from_time()))
    )
    return client.post(f"{FACTORS}/totp/activate/", {"code": code})


@pytest.fixture
def rows(db, settings):
    settings.ACCOUNT_RATE_LIMITS = False  # of addresses: they are not what is tried here
    people.add_person("ann", "viewer", PASSWORD)
    founding_row.begin(settings.PILOTHOUSE_HOME)
    return lambda: AuditRow.objects.filter(deed=credentials.CHANGED).count()


@pytest.mark.django_db(transaction=True)
def test_whatever_changes_a_second_factor_runs_in_one_transaction(rows):
    seen = []

    def hear(sender, **_):
        seen.append(connection.in_atomic_block)

    for signal in (post_save, post_delete):
        signal.connect(hear, Authenticator)
    try:
        client = signed_in()
        assert activate(client).status_code == 302
        for page in ("/", "/generate/", "/", "/download/"):
            send = client.post if page == "/generate/" else client.get
            assert send(f"{CODES}{page}").status_code in (200, 302)
        assert client.post(f"{FACTORS}/totp/deactivate/").status_code == 302
    finally:
        for signal in (post_save, post_delete):
            signal.disconnect(hear, Authenticator)
    assert len(seen) > 5 and all(seen)
    assert list(credentials.of_people()) == []


@pytest.mark.django_db(transaction=True)
def test_a_recovery_code_that_signs_in_is_used_up_in_one_transaction(rows):
    client = signed_in()
    activate(client)
    codes = RecoveryCodes(Authenticator.objects.get(type="recovery_codes")).get_unused_codes()
    for expected in (302, 200):
        again = Client()
        again.post("/sign-in/login/", {"login": "ann", "password": PASSWORD})
        answer = again.post(f"{FACTORS}/authenticate/", {"code": codes[0]})
        assert answer.status_code == expected
    assert list(credentials.of_people()) == []


class Busy:
    """Another request of everybody is at work."""

    def of(self, whose):
        raise UnderWay


@pytest.mark.django_db
def test_every_page_that_touches_a_second_factor_runs_alone(rows, monkeypatch):
    pages = [f"/{one}" for one in CELLS if one.startswith("sign-in/2fa/") and "2fa//" not in one]
    client = signed_in()
    assert len(pages) == 8
    monkeypatch.setattr(credential_pages, "AT_WORK", Busy())
    for page in pages:
        for send in (client.get, client.post):
            answer = send(page)
            if page == "/sign-in/2fa/":
                assert answer.status_code in (200, 405)
            else:
                assert answer.status_code == 409
                assert "Nothing was changed" in answer.content.decode()


def test_a_second_request_of_a_person_is_refused_while_the_first_is_at_work():
    at_work, told = OneAtATime(), []

    def second():
        for whose in ("person:1", "person:2"):
            try:
                with at_work.of(whose):
                    told.append(whose)
            except UnderWay:
                told.append("refused")

    with at_work.of("person:1"), at_work.of("person:1"):
        other = threading.Thread(target=second)
        other.start()
        other.join()
    with at_work.of("person:1"):
        pass
    assert told == ["refused", "person:2"]


@pytest.mark.django_db
def test_changes_of_one_person_are_so_many_an_hour(rows, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(credential_pages, "CHANGES", Often(CHANGES_AN_HOUR, lambda: now[0]))
    client = signed_in()
    activate(client)
    told = [client.post(f"{CODES}/generate/").status_code for _ in range(60)]
    assert told.count(429) == 60 - (CHANGES_AN_HOUR.limit - 1)
    assert rows() <= 3 * CHANGES_AN_HOUR.limit
    form = {"oldpassword": PASSWORD, "password1": "x", "password2": "x"}
    assert client.post("/sign-in/password/", form).status_code == 429
    assert client.get(f"{CODES}/").status_code == 200
    now[0] += 3_600 / CHANGES_AN_HOUR.limit
    assert client.post(f"{CODES}/generate/").status_code == 302


@pytest.mark.django_db
def test_the_newest_row_is_found_without_reading_the_others(rows, monkeypatch):
    ann = Person.objects.get(username="ann")
    for number in range(50):
        ann.set_password(f"a long password, {number}")
        ann.save()
    read = []
    judged = credentials.audit.is_sealed
    monkeypatch.setattr(
        credentials.audit, "is_sealed", lambda row: read.append(row) or judged(row)
    )
    assert credentials.recorded(ann.pk)[str(ann.pk)] == credentials.digest(ann)
    assert len(read) <= 3


@pytest.mark.django_db
def test_sign_ins_are_so_many_an_hour_and_nobody_is_locked_out(rows, monkeypatch):
    now = [0.0]
    made = Often(SIGN_INS_AN_HOUR, lambda: now[0])
    monkeypatch.setattr("pilothouse.access.entrance.SIGN_INS", made)
    clients, told = [], []
    form = {"login": "ann", "password": PASSWORD}
    for _ in range(int(SIGN_INS_AN_HOUR.limit) + 10):
        clients.append(Client())
        told.append(clients[-1].post("/sign-in/login/", form).status_code)
    assert told.count(302) == SIGN_INS_AN_HOUR.limit and told[-1] == 429
    assert AuditRow.objects.filter(deed="sign_in", outcome="done").count() == told.count(302)
    live = [one for one in clients if "_auth_user_id" in one.session]
    assert len(live) == SESSIONS_MOST and clients[0] not in live, "the oldest sessions have ended"
    now[0] += 60
    again = Client()
    assert again.post("/sign-in/login/", form).status_code == 302
    assert "_auth_user_id" in again.session


@pytest.mark.django_db
def test_sign_ins_that_wait_for_a_code_are_bounded_too(rows, monkeypatch):
    activate(signed_in())
    monkeypatch.setattr("pilothouse.access.entrance.BEGUN", Newest(3))
    before = Session.objects.count()
    for _ in range(8):
        answer = Client().post("/sign-in/login/", {"login": "ann", "password": PASSWORD})
        assert answer["Location"].startswith(f"{FACTORS}/authenticate/")
    assert Session.objects.count() == before + 3


def test_sessions_of_one_person_push_out_no_other():
    newest = Newest(2)
    assert [newest.add(1, one) for one in "abc"] == [[], [], ["a"]]
    assert newest.add(2, "d") == []
    newest.remove(1, "b")
    assert newest.add(1, "e") == [] and newest.add(1, "f") == ["c"]
    assert often.BEGUN_MOST > SESSIONS_MOST
