"""The console's three questions, and what makes it not ready."""

from types import SimpleNamespace

import pytest

from pilothouse.console import readiness
from pilothouse.console.life import Life, checkpoint
from pilothouse.records import audit
from pilothouse.records.archive import running as archives
from pilothouse.records.models import AuditHead
from pilothouse.venue.readiness import Cause

pytestmark = pytest.mark.django_db
SENTENCE = "something was done"
WELL = SimpleNamespace(fault=None, standstill=None)


@pytest.fixture
def connected(tmp_path):
    readiness.connect(tmp_path, WELL)
    yield readiness
    readiness.disconnect()
    archives.disconnect()


def written(count):
    from django.db import transaction

    with transaction.atomic():
        for number in range(count):
            audit.write("ann", "deed", f"thing:{number}", SENTENCE)


def by_hand(sql, *values):
    """Change the database as an intruder would, past the models that refuse it."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def names(connected):
    return [one.name for one in connected.causes()]


def test_p37_what_is_well_is_ready(connected):
    written(3)
    assert names(connected) == []


@pytest.mark.parametrize("number", [1, 3])
def test_p37_an_audit_whose_end_was_touched_is_named(connected, number):
    written(number)
    by_hand("UPDATE records_auditrow SET sentence = 'nothing' WHERE number = %s", number)
    assert names(connected) == ["audit"]
    by_hand("UPDATE records_auditrow SET sentence = %s WHERE number = %s", SENTENCE, number)
    assert names(connected) == []
    by_hand("DELETE FROM records_auditrow WHERE number = %s", number)
    assert names(connected) == ["audit"]


def test_p37_a_head_that_was_touched_is_named(connected):
    written(2)
    AuditHead.objects.update(hash="0" * 64)
    assert names(connected) == ["audit"]


@pytest.mark.parametrize(
    ("lag", "bad"),
    [
        (SimpleNamespace(fault="", seconds=60), []),
        (SimpleNamespace(fault="", seconds=61), ["archive"]),
        (SimpleNamespace(fault="the archive cannot be written", seconds=0), ["archive"]),
    ],
)
def test_p37_an_archive_that_is_behind_is_named(connected, lag, bad):
    archives.connect(SimpleNamespace(lag=lag))
    assert names(connected) == bad


def test_p37_alive_started_and_ready_are_three_questions(client, monkeypatch):
    from pilothouse.console.pages.health import view

    def ask(question):
        answer = client.get(f"/healthz{question}")
        return answer.status_code, answer.json()

    monkeypatch.setattr(view, "latest", lambda: None)
    assert ask("/alive") == (200, {"alive": True})
    assert ask("/started") == (503, {"started": False})
    assert ask("/ready")[0] == ask("")[0] == 503
    monkeypatch.setattr(view, "latest", lambda: SimpleNamespace(position=7, time=9))
    assert ask("/started") == (200, {"started": True})
    monkeypatch.setattr(view, "causes", lambda: [])
    assert ask("/ready") == ask("")
    assert ask("")[0] == 200 and ask("")[1]["ready"] is True
    monkeypatch.setattr(view, "causes", lambda: [Cause("disk", "it is full")])
    code, told = ask("")
    assert code == 503 and told["why"] == [{"cause": "disk", "says": "it is full"}]
    assert ask("/alive")[0] == 200 and ask("/nonsense")[0] == 404


class Lent:
    """A replica whose machine can be lent, or not."""

    def __init__(self, fault=None):
        self.fault = fault

    def machine(self):
        import contextlib

        if self.fault:
            raise self.fault
        return contextlib.nullcontext()


def test_p35_a_sign_is_given_behind_pages_database_and_replica(monkeypatch):
    signs = []
    life = Life(Lent(), lambda: signs.append(1))
    life.look()
    assert signs == [1]
    monkeypatch.setattr("pilothouse.console.life.TURNED_S", -1.0)
    life.look()
    assert signs == [1], "pages that do not come round give no sign"
    monkeypatch.setattr("pilothouse.console.life.TURNED_S", 5.0)
    with pytest.raises(RuntimeError):
        Life(Lent(RuntimeError("it stopped")), lambda: signs.append(1)).look()
    assert signs == [1]


@pytest.mark.django_db(transaction=True)
def test_p07_the_console_checkpoints():
    checkpoint()


def test_p34_no_page_is_answered_from_an_exchange_of_long_ago(client, tmp_path, django_user_model):
    late = SimpleNamespace(fault=None, standstill=None, has_caught_up=False)
    readiness.connect(tmp_path, late)
    try:
        client.force_login(django_user_model.objects.create(username="ann"))
        for address in ("/", "/changes", "/accounts/1", "/live", "/audit"):
            answer = client.get(address)
            assert answer.status_code == 503 and b"is starting" in answer.content
        assert client.get("/sign-in/login/").status_code < 500
        assert client.get("/healthz/alive").status_code == 200
        late.has_caught_up = True
        assert client.get("/changes").status_code != 503
    finally:
        readiness.disconnect()
