"""Every column of a change exchanged with SQL at every station: nothing leaves unsigned."""

from copy import deepcopy
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction

from pilothouse.control import (
    apply,
    approve,
    arm,
    conditions,
    cursor,
    preview,
    propose,
    recorded,
    revert,
    verify,
    withdraw,
    worker,
)
from pilothouse.control.models import (
    Change,
    ChangeStep,
    Reconciled,
    ReconcilerCursor,
    RegisterRow,
    Touched,
)
from pilothouse.control.moves import State
from tests.attack.reconciling import team
from tests.control.conftest import NOON, approved, exchange, previewed, raise_margin

__all__ = ["approved", "exchange", "previewed", "raise_margin", "team"]

MINUTE = timedelta(minutes=1)
RECORDED = set(recorded.MODELS)
"""Held by the digest in the audit."""
ELSEWHERE = {
    RegisterRow: "compared with the audit's rows of the register",
    ReconcilerCursor: "sealed, and put back (test_cursor)",
    Reconciled: "tells what differed; made again from the audit (test_reconciler)",
}
FORGED_TEXTS = {
    "state": ["approved", "scheduled", "applying", "applied", "verified", "waiting", "sent"],
    "change_class": ["A", "B", "D"],
    "reversible": ["yes", "no"],
    "direction": ["neutral", "protects"],
    "kind": ["price_band"],
}
"""Words that might give a power."""


def values(field, old):
    """Other values of a column: each kind of column has some, or the test does not know it."""
    made = [None] if field.null else []
    if field.primary_key:
        made += [old + 9_000]
    elif isinstance(field, models.ForeignKey):
        related = field.related_model.objects.values_list("pk", flat=True)
        made += list(related)
    elif isinstance(field, models.BooleanField):
        made += [not old]
    elif isinstance(field, models.IntegerField):
        made += [0, 1, (old or 0) + 1, 10**15]
    elif isinstance(field, models.CharField | models.TextField):
        made += [*FORGED_TEXTS.get(field.attname, []), "", "forged"]
    elif isinstance(field, models.DateTimeField):
        made += [(old or NOON) + timedelta(days=1), (old or NOON) - timedelta(days=1)]
    elif isinstance(field, models.JSONField):
        made += [{}, [], {"accounts_below_maintenance": 0, "soak_s": 0}, ["forged"]]
    else:
        raise AssertionError(f"no value is known for {field}")
    return [one for one in made if one != old]


def sql(model, pk, column, value):
    """Write a column as somebody does who writes the database; tell whether it takes the value."""
    field = model._meta.get_field(column)
    wanted = field.get_db_prep_save(value, connection)
    table, key = model._meta.db_table, model._meta.pk.column
    words = f'UPDATE "{table}" SET "{field.column}" = %s WHERE "{key}" = %s'
    try:
        with transaction.atomic(), connection.cursor() as written:
            written.execute(words, [wanted, pk])
    except IntegrityError:
        return False
    return True


def test_every_table_of_change_control_is_held():
    ours = set(apps.get_app_config("control").get_models())
    assert ours == RECORDED | set(ELSEWHERE)
    assert {ChangeStep: {"held_since", "watched_at", "waits_for"}} == recorded.BESIDE
    of_cursor = {one.attname for one in ReconcilerCursor._meta.concrete_fields}
    assert of_cursor == {"id", "seal", *cursor.WORDS}


STATIONS = {
    "proposed": lambda change, team, exchange: change,
    "previewed": lambda change, team, exchange: preview.first(change, by=team.operator, now=NOON),
    "approved": lambda change, team, exchange: approve.approve(
        change, change.fingerprint, by=team.risk, now=NOON
    ),
    "scheduled": lambda change, team, exchange: arm.arm(change, by=team.operator, now=NOON),
    "applying": lambda change, team, exchange: away(change, team, exchange),
    "applied": lambda change, team, exchange: apply.resume(change, now=NOON),
    "verified": lambda change, team, exchange: verify.verify(change, now=NOON),
}


def away(change, team, exchange):
    exchange.refuses_to_answer = 1
    change = apply.apply(change, by=None, now=NOON)
    exchange.refuses_to_answer = 0
    return change


def until(station, change, team, exchange):
    for name, go in STATIONS.items():
        change = go(change, team, exchange)
        assert change.state == name
        if name == station:
            return change
    raise AssertionError(station)


def everybody(change, team, now=NOON + MINUTE):
    """All do what they would do: what is refused, or cannot be read, they leave."""

    def undo():
        made = preview.first(
            revert.revert(change, "calm again", by=team.operator, now=now),
            by=team.operator,
            now=now,
        )
        apply.apply(made, by=team.operator, now=now)

    def sign(by):
        stands = Change.objects.values_list("fingerprint", flat=True).get(pk=change.pk)
        approve.approve(change, stands, by=by, now=now)

    for do in (
        lambda: preview.first(change, by=team.operator, now=now),
        lambda: sign(team.risk),
        lambda: sign(team.manager),
        lambda: arm.arm(change, by=team.operator, now=now),
        lambda: apply.apply(change, by=team.operator, now=now),
        lambda: worker.tick(now),
        lambda: verify.verify(change, now=now),
        undo,
    ):
        try:
            with transaction.atomic():
                do()
        except Exception as why:
            assert not isinstance(why, AssertionError)


@pytest.fixture
def at_station(team, exchange, raise_margin):
    """A change at a station, beside another that its rows can be hung on."""

    def go(station):
        exchange.accounts.clear()
        other = propose.propose(
            "price_band", {"market": 2, "band_ppm": 20_000}, by=team.manager, why="x", now=NOON
        )
        withdraw.withdraw(other, by=team.manager, now=NOON)
        return until(station, raise_margin(), team, exchange)

    return go


def cells(change):
    """Every row of a change with every column that is under the digest."""
    for model in recorded.MODELS:
        about = {"pk": change.pk} if model is Change else {"change_id": change.pk}
        for row in model.objects.filter(**about):
            for field in recorded.columns(model):
                if not (model is Change and field.primary_key):
                    for value in values(field, getattr(row, field.attname)):
                        yield model, row.pk, field.attname, value


@pytest.mark.parametrize("station", STATIONS)
def test_whatever_is_exchanged_nothing_leaves_and_it_is_a_difference(
    team, exchange, at_station, station
):
    change = at_station(station)
    assert not list(recorded.differences())
    kept, acted, wrong = deepcopy(exchange.__dict__), set(), []
    for model, pk, column, value in cells(change):
        point = transaction.savepoint()
        if sql(model, pk, column, value):
            if not list(recorded.differences()):
                wrong.append((model.__name__, column, value, "is no difference"))
            # One value of a column is tried, and each that might give a power.
            if (model, column) not in acted or value in FORGED_TEXTS.get(column, ()):
                everybody(change, team)
            acted.add((model, column))
            if len(exchange.sent) > len(kept["sent"]):
                wrong.append((model.__name__, column, value, "was sent"))
        transaction.savepoint_rollback(point)
        exchange.__dict__.update(deepcopy(kept))
        conditions.forget()
    assert not wrong
    assert {one for one, _ in acted} >= {Change, Touched, ChangeStep}


@pytest.mark.parametrize("station", STATIONS)
def test_left_alone_it_goes_on(team, exchange, at_station, station):
    change = at_station(station)
    everybody(change, team)
    change.refresh_from_db()
    assert change.state == State.REVERTING and len(exchange.sent) >= 2
    assert not list(recorded.differences())
