"""P58: where the audit does not take its row, nothing is done and the answer says so; P50."""

import json
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from hypothesis import given
from hypothesis import settings as tries
from hypothesis import strategies as st

from pilothouse.access.models import Grant, Person
from pilothouse.control import (
    apply,
    approve,
    arm,
    edit,
    expire,
    preview,
    propose,
    reject,
    revert,
    schedule,
    unreadable,
    verify,
    withdraw,
)
from pilothouse.control.canonical import plain_bytes, plain_hash
from pilothouse.control.models import Change, ChangeStep, RegisterRow, Signature
from pilothouse.control.moves import State, Verb
from pilothouse.control.refusals import NOT_RECORDED, Refused
from pilothouse.control.severity import Severity
from pilothouse.desk import opening, progress, record
from pilothouse.desk.models import Incident
from pilothouse.records import audit
from pilothouse.records.models import AuditHead, AuditRow, SavedQuery
from pilothouse.wiring import people
from tests.control.conftest import NOON, approved, exchange, previewed, raise_margin, team, wish

__all__ = ["approved", "exchange", "previewed", "raise_margin", "team"]
KEPT = (Change, ChangeStep, Signature, RegisterRow, Incident, Person, Grant, SavedQuery)


@pytest.fixture
def no_audit(monkeypatch):
    """Have the database take no row of the audit any more."""

    def refuse(*_, **__):
        raise OperationalError("database or disk is full")

    return lambda: monkeypatch.setattr(AuditRow, "save", refuse)


def everything():
    return [list(model.objects.order_by("pk").values()) for model in KEPT]


VERBS = {
    Verb.PROPOSE: lambda by, one: propose.propose(
        "price_band", {"market": 2, "band_ppm": 9_000}, by=by.operator, why="thin", now=NOON
    ),
    Verb.EDIT: lambda by, one: edit.edit(one.proposed, wish(5, 2), by=by.operator, now=NOON),
    Verb.PREVIEW: lambda by, one: preview.first(one.proposed, by=by.operator, now=NOON),
    Verb.APPROVE: lambda by, one: approve.approve(
        one.previewed, one.previewed.fingerprint, by=by.risk, now=NOON
    ),
    Verb.REJECT: lambda by, one: reject.reject(one.previewed, "no", by=by.risk, now=NOON),
    Verb.WITHDRAW: lambda by, one: withdraw.withdraw(one.proposed, by=by.operator, now=NOON),
    Verb.SCHEDULE: lambda by, one: schedule.schedule(
        one.previewed, [NOON + timedelta(hours=1)], by=by.operator, now=NOON
    ),
    Verb.ARM: lambda by, one: arm.arm(one.approved, by=by.operator, now=NOON),
    Verb.APPLY: lambda by, one: apply.apply(one.approved, by=by.operator, now=NOON),
    Verb.VERIFY: lambda by, one: verify.verify(one.applied, now=NOON),
    Verb.REVERT: lambda by, one: revert.revert(one.verified, "calm", by=by.operator, now=NOON),
    Verb.EXPIRE: lambda by, one: expire.expire(one.approved, now=NOON + timedelta(days=30)),
    Verb.GIVE_UP: lambda by, one: unreadable.give_up(one.approved, "cannot be read", now=NOON),
}
NOT_ALONE = {Verb.CONFLICT: "it is a part of PROPOSE"}


class One:
    """One change, taken as far as a verb needs it when it is asked for."""

    def __init__(self, team, raise_margin, previewed, approved):
        made = {"proposed": raise_margin, "previewed": previewed, "approved": approved}
        self._made, self._team = made, team

    def upto(self, verb):
        needs = VERBS[verb].__code__.co_names
        for name in ("proposed", "previewed", "approved"):
            if name in needs:
                setattr(self, name, self._made[name]())
        if {"applied", "verified"} & set(needs):
            self.applied = apply.apply(self._made["approved"](), by=self._team.operator, now=NOON)
        if "verified" in needs:
            self.verified = verify.verify(self.applied, now=NOON)
        return self


def test_every_verb_is_tried():
    assert set(VERBS) | set(NOT_ALONE) == set(Verb)


@pytest.mark.parametrize("verb", VERBS)
def test_p58_a_verb_of_a_change(team, exchange, raise_margin, previewed, approved, no_audit, verb):
    one = One(team, raise_margin, previewed, approved).upto(verb)
    before, sent = everything(), len(exchange.sent)
    no_audit()
    with pytest.raises(Refused) as refused:
        VERBS[verb](team, one)
    assert refused.value.reason is NOT_RECORDED and "nothing was changed" in str(refused.value)
    assert everything() == before and len(exchange.sent) == sent
    assert audit.verify().whole


def test_p58_what_was_said_and_cannot_be_written_down_is_said_again(
    team, exchange, approved, monkeypatch
):
    change, save = approved(), AuditRow.save

    def refuse_the_receipt(row, *rest, **options):
        if row.facts.get("outcome") is not None:
            raise OperationalError("database or disk is full")
        save(row, *rest, **options)

    monkeypatch.setattr(AuditRow, "save", refuse_the_receipt)
    change = apply.apply(change, by=team.operator, now=NOON)
    assert change.state == State.APPLYING, "it says that it is under way, and no more"
    monkeypatch.setattr(AuditRow, "save", save)
    change = apply.resume(change, now=NOON)
    assert change.state == State.APPLIED and len(set(exchange.receipts)) == 1


DESK = {
    "open": lambda by, one: opening.open_incident("b", Severity.HIGH, by=by, now=NOON),
    "acknowledge": lambda by, one: progress.acknowledge(one, by=by, now=NOON),
    "note": lambda by, one: record.note(one, "words", by=by, now=NOON),
    "regrade": lambda by, one: record.regrade(one, Severity.MEDIUM, "calm", by=by, now=NOON),
    "dismiss": lambda by, one: progress.dismiss(one, "nothing", by=by, now=NOON),
}


@pytest.mark.parametrize("verb", DESK)
def test_p58_a_verb_of_an_incident(team, no_audit, verb):
    incident = opening.open_incident("a", Severity.HIGH, by=team.operator, now=NOON)
    before = everything()
    no_audit()
    with pytest.raises(Refused) as refused:
        DESK[verb](team.operator, incident)
    assert refused.value.reason is NOT_RECORDED and everything() == before


def test_p58_a_person_and_a_query(db, no_audit):
    from pilothouse.records.archive import questions

    before = everything()
    no_audit()
    with pytest.raises(audit.NotRecorded):
        people.add_person("ann", "operator", "a long password of ours")
    with pytest.raises(audit.NotRecorded):
        questions.save("a query", "SELECT 1", questions.Chart(), actor="person:1", owner="ann")
    assert everything() == before


def test_p58_the_head_alone_may_fail_too(team, exchange, raise_margin, monkeypatch):
    change = raise_margin()
    before = everything()
    monkeypatch.setattr(AuditHead, "save", lambda *_, **__: connection.cursor().execute("no sql"))
    with pytest.raises(Refused):
        withdraw.withdraw(change, by=team.operator, now=NOON)
    monkeypatch.undo()
    assert everything() == before and audit.verify().whole


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(PLAIN, PLAIN)
@tries(max_examples=2_000)
def test_p50_no_two_values_are_signed_as_one(one, other):
    try:
        same = plain_bytes(one) == plain_bytes(other)
    except UnicodeEncodeError:
        return
    assert same == (json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True))
    if same:
        assert one == other


@pytest.mark.parametrize(
    ("one", "other"),
    [(["ab", "c"], ["a", "bc"]), (["", "a"], ["a", ""]), ([None], [""]), ([], [None]), ([], ""),
     ({"a": None}, {}), ("1", 1), (True, 1), ("true", True), ({"a": {"b": 1}}, {"a": 1, "b": 1}),
     (["a,b"], ["a", "b"]), (['a","b'], ["a", "b"]), ("\u0041\u030a", "\u00c5")],
)  # fmt: skip
def test_p50_joined_absent_and_empty_parts_differ(one, other):
    assert plain_hash(one) != plain_hash(other)


@pytest.mark.parametrize("value", [{1: "a"}, {None: 1}, {True: 1}, ["\ud83d\ude00"], float("nan")])
def test_p50_what_would_be_written_as_another_is_refused(value):
    with pytest.raises((TypeError, ValueError)):
        plain_hash(value)


def test_p50_fields_of_an_audit_row_do_not_run_into_each_other(db):
    words = {"actor": "a", "deed": "b", "subject": "c", "sentence": "d"}
    kept = set()
    for name in words:
        for piece in ('","', "x", "", "|", "\\"):
            row = AuditRow(number=1, at=NOON, before_hash="", **(words | {name: piece}))
            kept.add(audit.row_hash(row))
    assert len(kept) == 4 * 5
