"""A change that somebody made unreadable with SQL can be ended, and nothing else."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test import Client

from pilothouse.control import (
    apply,
    approve,
    arm,
    deed,
    edit,
    preview,
    recorded,
    reject,
    revert,
    withdraw,
    worker,
)
from pilothouse.control.models import Change, ChangeStep
from pilothouse.control.moves import State
from pilothouse.control.refusals import NOT_AS_RECORDED, Refused
from pilothouse.records.plain_rows import text_fields
from tests.control.conftest import NOON, approved, exchange, previewed, raise_margin, team

__all__ = ["approved", "exchange", "previewed", "raise_margin", "team"]
pytestmark = pytest.mark.django_db
LATE = NOON + timedelta(days=400)
TABLES = {Change: ("control_change", "id"), ChangeStep: ("control_changestep", "change_id")}
TEXTS = [(model, name) for model in TABLES for name in text_fields(model)]
OTHERS = [
    (model, one.attname)
    for model in TABLES
    for one in model._meta.concrete_fields
    if (model, one.attname) not in TEXTS and not one.primary_key and one.attname != "change_id"
]
OF_A_KEY = {"proposer_id", "scheduled_by_id", "reverts_id"}
VALUES = {"no UTF-8": "CAST(x'ff' AS TEXT)", "bytes": "x'41'", "no word of ours": "'{'"}


@pytest.fixture
def armed(team, exchange, approved):
    """An armed change that is due, as recorded."""
    recorded.begin()
    return arm.arm(approved(), by=team.operator, now=NOON)


@contextmanager
def odd(change, model, name, value):
    """A value put there with SQL, for a while."""
    table, key = TABLES[model]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("PRAGMA ignore_check_constraints = ON")
        text = f"UPDATE {table} SET {name} = {value} WHERE {key} = {change.pk}"
        cursor.execute(text)
        cursor.execute("PRAGMA ignore_check_constraints = OFF")
        yield
        transaction.set_rollback(True)


def state_now(change):
    rows = Change.objects.filter(pk=change.pk)
    return rows.values_list("state", flat=True).get()


def put_right(change, was):
    """Write every column of a change and its steps back, as SQL can."""
    for table, _, names, rows in was:
        with connection.cursor() as cursor:
            for row in rows:
                sets = ", ".join(f"{one} = %s" for one in names)
                cursor.execute(f"UPDATE {table} SET {sets} WHERE id = %s", [*row, row[0]])


def taken(change):
    made = []
    with connection.cursor() as cursor:
        for table, key in TABLES.values():
            cursor.execute(f"SELECT * FROM {table} WHERE {key} = {change.pk}")
            names = [one[0] for one in cursor.description]
            made.append((table, key, names, cursor.fetchall()))
    return made


def refuses(change, team):
    """Signing, arming, previewing, editing and undoing are refused; applying sends nothing."""
    for verb in (
        lambda: approve.approve(change, change.fingerprint, by=team.manager, now=NOON),
        lambda: arm.arm(change, by=team.operator, now=NOON),
        lambda: preview.first(change, by=team.operator, now=NOON),
        lambda: edit.set_ceiling(change, {}, by=team.operator, now=NOON),
        lambda: revert.revert(change, "why", by=team.operator, now=NOON),
    ):
        with pytest.raises(Refused) as why:
            verb()
        assert why.value.reason is NOT_AS_RECORDED


ENDS = {
    "rejected": lambda change, team: reject.reject(change, "odd", by=team.risk, now=NOON),
    "withdrawn": lambda change, team: withdraw.withdraw(change, "odd", by=team.operator, now=NOON),
    "expired": lambda change, team: worker.tick(LATE),
}


LEAVES = {
    "rejected": {State.REJECTED},
    "withdrawn": {State.WITHDRAWN},
    # What its time or its signatures say cannot be read: it is stopped all the same.
    "expired": {State.EXPIRED, State.FAILED, State.SUSPENDED},
}


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("end", ENDS)
def test_whatever_text_of_it_is_odd_it_can_be_ended(team, exchange, armed, end, value):
    was = taken(armed)
    for model, name in TEXTS:
        with odd(armed, model, name, VALUES[value]):
            if deed.found(armed).is_recorded:
                # Whatever words: this column is read by nobody.
                assert (name, value) == ("waits_for", "no word of ours")
                continue
            if end == "rejected":
                refuses(armed, team)
            ENDS[end](armed, team)
            assert state_now(armed) in LEAVES[end], name
            # Put right again a second before it is due, it stays ended.
            put_right(armed, was)
            assert not deed.found(armed).is_recorded, name
            worker.tick(NOON)
            assert exchange.sent == [], name
        assert armed.pk and state_now(armed) == State.SCHEDULED


@pytest.mark.parametrize("value", VALUES)
def test_whatever_else_of_it_is_odd_it_can_be_rejected(team, exchange, armed, value):
    for model, name in OTHERS:
        if name in OF_A_KEY:
            continue
        with odd(armed, model, name, VALUES[value]):
            ENDS["rejected"](armed, team)
            assert state_now(armed) == State.REJECTED, name


@pytest.mark.parametrize("model, name", [(Change, "title"), (ChangeStep, "waits_for")])
def test_it_expires_when_its_time_is_over_and_not_before(team, exchange, previewed, model, name):
    recorded.begin()
    change = previewed()
    with odd(change, model, name, VALUES["no UTF-8"]):
        worker.tick(NOON)
        assert state_now(change) == State.PREVIEWED
        worker.tick(LATE)
        assert state_now(change) == State.EXPIRED


def test_what_cannot_be_read_stays_in_its_row(team, armed):
    with odd(armed, Change, "title", VALUES["no UTF-8"]):
        ENDS["rejected"](armed, team)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT hex(title) FROM control_change WHERE id = {armed.pk}")
            assert cursor.fetchone() == ("FF",)


@pytest.mark.parametrize("closed", [State.WITHDRAWN, State.VERIFIED, State.FAILED])
def test_a_change_called_closed_with_sql_can_be_rejected(team, exchange, armed, closed):
    was = taken(armed)
    with odd(armed, Change, "state", f"'{closed}'"):
        ENDS["rejected"](armed, team)
        assert state_now(armed) == State.REJECTED
        put_right(armed, was)
        worker.tick(NOON)
        assert exchange.sent == []


@pytest.mark.parametrize("name", ["title", "state"])
def test_its_page_offers_the_end_and_does_it(team, armed, name):
    with odd(armed, Change, name, VALUES["no UTF-8"]):
        client = Client()
        client.force_login(team.risk)
        page = client.get(f"/changes/{armed.pk}")
        assert page.status_code == 409 and f"/changes/{armed.pk}/moves/reject" in str(page.content)
        client.post(f"/changes/{armed.pk}/moves/approve", {"fingerprint": armed.fingerprint})
        assert not Change.objects.filter(pk=armed.pk, state=State.APPROVED).exists()
        done = client.post(f"/changes/{armed.pk}/moves/reject", {"why": "it is odd"})
        assert done.status_code == 302 and state_now(armed) == State.REJECTED


def test_an_undo_is_ended_whose_change_cannot_be_read(team, exchange, approved):
    recorded.begin()
    change = apply.apply(approved(), by=team.operator, now=NOON)
    (change,) = worker.tick(NOON)
    undo = revert.revert(change, "why", by=team.operator, now=NOON)
    with odd(change, Change, "title", VALUES["no UTF-8"]):
        reject.reject(undo, "odd", by=team.risk, now=NOON)
        assert state_now(undo) == State.REJECTED and state_now(change) == State.INCONCLUSIVE
