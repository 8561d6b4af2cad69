"""Entries of the register go the way of everything else: proposed, signed, applied, undone."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from pilothouse.control import (
    apply,
    approve,
    draft,
    ports,
    preview,
    propose,
    register,
    revert,
    verify,
    worker,
)
from pilothouse.control.kinds import KINDS, price_band
from pilothouse.control.kinds.kind import Direction, Unreadable
from pilothouse.control.models import RegisterRow
from pilothouse.control.moves import State
from pilothouse.control.refusals import Refused
from pilothouse.records import audit
from pilothouse.records.fixed import RowIsFixed
from pilothouse.wiring.first_rules import RULES
from pilothouse.wiring.first_runbooks import RUNBOOKS
from pilothouse.wiring.founding import found_register
from tests.control.conftest import NOON
from tests.founding import founded_for_all

REGISTERED = ("alert_rule", "runbook", "product")
FAMILIES = [("perpetuals", "Perpetuals", ["PF_XBTUSD"]), ("spot", "Spot", ["XXBTZUSD"])]


@pytest.fixture(scope="module")
def founding(django_db_setup, django_db_blocker):
    with founded_for_all(django_db_blocker, FAMILIES) as made:
        yield made


@pytest.fixture
def founded(founding, db):
    return founding


def tuned(key="price_runs", **more):
    return {"key": key, "body": register.entry("alert_rule", key).body | more}


def proposed(team, fields, kind="alert_rule"):
    change = propose.propose(kind, fields, by=team.operator, why="tuning", now=NOON)
    return preview.first(change, by=team.operator, now=NOON)


def applied(team, fields, kind="alert_rule"):
    change = proposed(team, fields, kind)
    if change.state == State.PREVIEWED:
        change = approve.approve(change, change.fingerprint, by=team.risk, now=NOON)
    return apply.apply(change, by=team.operator, now=NOON)


def test_the_founding_is_signed_by_nobody_and_says_so(founded):
    assert founded == len(RULES) + len(RUNBOOKS) + len(FAMILIES)
    assert len(register.entries("alert_rule")) == len(RULES)
    held = register.entry("alert_rule", "price_runs")
    assert (held.version, held.change) == (1, None)
    (row,) = audit.rows_about("alert_rule:price_runs")
    assert row.actor == "genesis" and "signed by nobody" in row.sentence


def test_founding_again_changes_nothing_that_people_have_touched(team, exchange, founded):
    applied(team, {"key": "price_runs", "body": None})
    applied(team, tuned("depth_gone", for_s=1))
    assert found_register(FAMILIES) == 0
    assert register.entry("alert_rule", "price_runs") is None
    assert register.entry("alert_rule", "depth_gone").body["for_s"] == 1


@pytest.mark.parametrize(
    ("kind", "key", "body"), [*RULES, *RUNBOOKS], ids=lambda one: str(one)[:20]
)
def test_what_is_founded_is_what_its_own_form_reads_back(exchange, founded, kind, key, body):
    known = KINDS[kind]
    form = {one.name: one.value for one in known.describe(exchange, key)}
    fields = known.parse(form | {known.SUBJECT: key})
    assert fields == {"key": key, "body": body}
    assert known.holds(fields, exchange)
    assert known.check(fields, exchange, NOON).name == "nothing_to_change"
    assert known.check_body(body, exchange) is None


def test_a_change_of_an_entry_goes_all_the_way(team, exchange, founded):
    change = proposed(team, tuned(limit=50_000))
    assert change.state == State.PREVIEWED and change.change_class == "B"
    (told,) = [one for one in change.difference if one["effect"] != "same"]
    assert (told["before"], told["after"]) == ("3 %", "5 %")
    with pytest.raises(Refused):
        approve.approve(change, change.fingerprint, by=team.operator, now=NOON)
    change = approve.approve(change, change.fingerprint, by=team.risk, now=NOON)
    change = apply.apply(change, by=team.operator, now=NOON)
    assert change.state == State.APPLIED and not exchange.sent
    held = register.entry("alert_rule", "price_runs")
    assert (held.version, held.change, held.body["limit"]) == (2, change.pk, 50_000)
    assert verify.verify(change, now=NOON).state == State.VERIFIED
    rows = audit.rows_about("alert_rule:price_runs")
    assert [row.actor for row in rows] == ["genesis", f"change:{change.pk}"]
    assert audit.verify().whole


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"for_s": "99999999999"}, "above 86400"),
        ({"title": "x" * 201}, "longer than 200"),
        ({"owner": "viewer"}, "not one of the choices"),
        ({"escalate_to": "auditor"}, "not one of the choices"),
    ],
)
def test_a_rule_cannot_be_made_deaf_or_unreadable(exchange, founded, changed, said):
    known = KINDS["alert_rule"]
    form = {one.name: one.value for one in known.describe(exchange, "price_runs")}
    with pytest.raises(Unreadable, match=said):
        known.parse(form | {known.SUBJECT: "price_runs"} | changed)


@pytest.mark.parametrize(
    "changed",
    [{"owner": "support"}, {"escalate_to": "risk"}, {"clear_s": 1}, {"clear_limit": 30_000}],
)
def test_whose_turn_it_is_and_when_it_clears_are_signed_by_another(
    team, exchange, founded, changed
):
    assert proposed(team, tuned(**changed)).change_class == "B"


def test_a_rule_that_only_watches_more_needs_no_second_person(team, exchange, founded):
    change = proposed(team, tuned(limit=25_000, severity="critical"))
    assert (change.state, change.change_class) == (State.APPROVED, "A")
    assert change.direction == Direction.PROTECTS


def test_an_undo_brings_the_old_version_back_as_a_new_one(team, exchange, founded):
    change = verify.verify(applied(team, tuned(limit=50_000)), now=NOON)
    undo = revert.revert(change, "too deaf", by=team.operator, now=NOON)
    undo = preview.first(undo, by=team.operator, now=NOON)
    undo = verify.verify(apply.apply(undo, by=team.operator, now=NOON), now=NOON)
    change.refresh_from_db()
    assert (undo.state, change.state) == (State.VERIFIED, State.REVERTED)
    held = register.entry("alert_rule", "price_runs")
    assert (held.version, held.body["limit"]) == (3, 30_000)


def test_the_undo_of_a_new_entry_takes_it_out(team, exchange, founded):
    body = register.entry("alert_rule", "price_runs").body
    change = verify.verify(applied(team, {"key": "mine", "body": body}), now=NOON)
    undo = revert.revert(change, "", by=team.operator, now=NOON)
    undo = preview.first(undo, by=team.operator, now=NOON)
    if undo.state == State.PREVIEWED:
        undo = approve.approve(undo, undo.fingerprint, by=team.risk, now=NOON)
    apply.apply(undo, by=team.operator, now=NOON)
    assert register.entry("alert_rule", "mine") is None
    assert register.version("alert_rule", "mine") == 2


def test_another_version_than_what_was_signed_is_stale(team, exchange, founded):
    change = proposed(team, tuned(limit=50_000))
    change = approve.approve(change, change.fingerprint, by=team.risk, now=NOON)
    moved = register.Write("alert_rule", "price_runs", {"title": "x"}, 1)
    with transaction.atomic():
        register.write(moved, change=change.pk, step=99, now=NOON)
    assert apply.apply(change, by=team.operator, now=NOON).state == State.STALE
    assert register.version("alert_rule", "price_runs") == 2


def test_a_version_that_moves_while_it_is_written_is_stale_too(team, exchange, founded):
    words = register.Write("alert_rule", "price_runs", {"title": "x"}, base_version=0)
    with transaction.atomic():
        receipt = register.write(words, change=1, step=1, now=NOON)
    assert not receipt.accepted and register.version("alert_rule", "price_runs") == 1


def test_a_crash_between_the_two_writes_once(team, exchange, founded, monkeypatch):
    change = proposed(team, tuned(limit=25_000))
    with monkeypatch.context() as crash:
        crash.setattr(apply, "resume", lambda change, now: change)
        assert apply.apply(change, by=team.operator, now=NOON).state == State.APPLYING
    assert register.version("alert_rule", "price_runs") == 1
    worker.tick(NOON + timedelta(seconds=1))
    worker.tick(NOON + timedelta(seconds=2))
    change.refresh_from_db()
    assert change.state == State.VERIFIED
    assert register.version("alert_rule", "price_runs") == 2


def test_the_same_step_said_again_gets_its_first_receipt(team, exchange, founded):
    change = applied(team, tuned(limit=25_000))
    words = register.Write("alert_rule", "price_runs", {"title": "other"}, 2)
    with transaction.atomic():
        receipt = register.write(words, change=change.pk, step=1, now=NOON)
    assert receipt.repeated and register.version("alert_rule", "price_runs") == 2


def test_a_version_is_never_changed_or_taken_away(founded):
    row = RegisterRow.objects.first()
    for deed in (row.save, row.delete, RegisterRow.objects.all().delete):
        with pytest.raises(RowIsFixed):
            deed()
    with pytest.raises(IntegrityError), transaction.atomic():
        RegisterRow.objects.create(kind=row.kind, key=row.key, version=1, body={}, at=NOON)


def test_two_open_changes_of_one_entry_conflict_and_of_two_do_not(team, exchange, founded):
    proposed(team, tuned(limit=50_000))
    second = propose.propose("alert_rule", tuned(limit=60_000), by=team.risk, why="also", now=NOON)
    other = propose.propose(
        "alert_rule", tuned("depth_gone", for_s=2), by=team.risk, why="x", now=NOON
    )
    assert (second.state, other.state) == (State.CONFLICTED, State.PROPOSED)


def test_a_trial_joins_the_preview(team, exchange, founded):
    asked = []

    def trial(key, body):
        asked.append((key, body["limit"]))
        return {"times_fired": 3, "minutes_recorded": 60, "alerts": []}

    ports.connect_trial("alert_rule", trial)
    change = proposed(team, tuned(limit=50_000))
    assert asked == [("price_runs", 50_000)]
    assert change.predicted == {"1": {"times_fired": 3, "minutes_recorded": 60}}


FORM = {
    "entry": "new",
    "key": "mine",
    "title": "Mine",
    "measure": "spread",
    "scope": "perpetuals",
    "test": "above",
    "limit": "0.5",
    "clear_limit": "",
    "for_s": "10",
    "clear_s": "30",
    "absent_s": "30",
    "severity": "high",
    "owner": "operator",
    "escalate_s": "300",
    "escalate_to": "duty_manager",
    "runbook": "",
}


def test_a_limit_is_read_in_the_unit_of_its_measure(db):
    assert KINDS["alert_rule"].parse(FORM)["body"]["limit"] == 5_000
    dollars = KINDS["alert_rule"].parse(FORM | {"measure": "depth", "limit": "2500.5"})
    assert dollars["body"]["limit"] == 2_500_500_000
    seconds = KINDS["alert_rule"].parse(FORM | {"measure": "index_age", "limit": "1.5"})
    assert seconds["body"]["limit"] == 1_500


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("key", "Mine"),
        ("key", "new"),
        ("key", ""),
        ("title", " "),
        ("measure", "mood"),
        ("limit", "0.50001"),
        ("limit", ""),
        ("for_s", "-1"),
        ("absent_s", "0"),
        ("severity", "awful"),
        ("owner", "nobody"),
        ("runbook", "not_there"),
        ("test", "near"),
    ],
)
def test_what_cannot_be_read_names_its_field(db, field, text):
    with pytest.raises(Unreadable) as unreadable:
        KINDS["alert_rule"].parse(FORM | {field: text})
    assert unreadable.value.field == field


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"scope": "exchange"}, "the_measure_is_not_taken_in_this_scope"),
        ({"scope": "everywhere"}, "the_measure_is_not_taken_in_this_scope"),
        ({"measure": "index_age", "scope": "spot"}, "the_measure_is_not_taken_in_this_scope"),
        ({"measure": "reject_rate"}, "the_measure_is_not_taken_in_this_scope"),
        ({"scope": "market:NOSUCH"}, "unknown_market"),
        ({"scope": "product:nosuch"}, "it_names_an_entry_that_does_not_hold"),
        ({"limit": "-0.0001"}, "a_measure_is_never_negative"),
        ({"limit": "0", "clear_limit": "-1"}, "a_measure_is_never_negative"),
        ({"test": "below", "limit": "-1", "clear_limit": "1"}, "a_measure_is_never_negative"),
        ({"test": "below", "limit": "0"}, "a_measure_is_never_negative"),
        ({"clear_limit": "0.6"}, "a_rule_must_not_clear_beyond_its_limit"),
        (
            {"test": "below", "clear_limit": "0.4"},
            "a_rule_must_not_clear_beyond_its_limit",
        ),
    ],
)
def test_a_rule_is_refused_with_its_sentence(exchange, founded, given, name):
    fields = KINDS["alert_rule"].parse(FORM | given)
    reason = KINDS["alert_rule"].check(fields, exchange, NOON)
    assert reason is not None and reason.name == name


@pytest.mark.parametrize(
    "given",
    [
        {"limit": "0"},
        {"clear_limit": "0"},
        {"test": "below", "limit": "0.0001"},
        {"test": "below", "limit": "0.0001", "clear_limit": "0.0001"},
    ],
)
def test_the_least_limits_that_can_be_reached_are_taken(exchange, founded, given):
    fields = KINDS["alert_rule"].parse(FORM | given)
    assert KINDS["alert_rule"].check(fields, exchange, NOON) is None


def test_a_limit_that_means_nothing_is_refused_without_a_form_too(team, exchange, founded):
    with pytest.raises(Refused, match="fire and clear at 0 or more") as refused:
        proposed(team, tuned(limit=-1, clear_limit=None))
    assert refused.value.reason.name == "a_measure_is_never_negative"
    assert register.entry("alert_rule", "price_runs").body["limit"] >= 0
    (row,) = [one for one in audit.rows_about("kind:alert_rule") if one.outcome == "refused"]
    assert row.facts["reason"] == "a_measure_is_never_negative"


def test_a_forms_field_says_how_long_it_may_be_and_is_refused_beyond(exchange, founded):
    kind = KINDS["alert_rule"]
    described = {one.name: one.letters_most for one in kind.describe(exchange, "new")}
    assert (described["key"], described["title"], described["limit"]) == (48, 200, 0)
    assert kind.parse(FORM | {"title": "x" * 200})["body"]["title"] == "x" * 200
    with pytest.raises(Unreadable, match="longer than 200 characters"):
        kind.parse(FORM | {"title": "x" * 201})


def test_a_product_names_what_is_there(exchange, founded):
    kind, held = KINDS["product"], register.entry("product", "perpetuals").body
    for field, wrong in (("markets", "NOSUCH"), ("rules", "nosuch"), ("runbooks", "nosuch")):
        fields = {"key": "perpetuals", "body": held | {field: [wrong]}}
        assert kind.check(fields, exchange, NOON) is not None
    assert kind.check({"key": "more", "body": held}, exchange, NOON) is None


@pytest.mark.parametrize("key", [key for _, key, body in RUNBOOKS if body["proposes"]])
def test_a_runbook_drafts_a_change_that_may_be(exchange, founded, key):
    body = register.entry("runbook", key).body
    kind = KINDS[body["proposes"]]
    fields = draft.fields(kind, "1", body["template"], exchange)
    assert kind.check(fields, exchange, NOON) is None
    assert kind.weight(fields, exchange).direction == Direction.PROTECTS


def test_a_draft_is_rounded_away_from_what_holds(exchange):
    exchange.market(1).band_ppm = 33_333
    assert (
        draft.form(price_band, "1", {"band_percent": "x0.5"}, exchange)["band_percent"] == "1.6666"
    )
    assert draft.form(price_band, "1", {"band_percent": "x1.5"}, exchange)["band_percent"] == "5"


@pytest.mark.parametrize("template", [{"nothing": "1"}, {"band_*_x": "x2"}])
def test_a_draft_of_what_the_form_has_not_is_refused(exchange, template):
    with pytest.raises(draft.BadTemplate):
        draft.form(price_band, "1", template, exchange)


def test_a_rule_that_names_a_role_nobody_holds_says_so(team, exchange, founded):
    change = proposed(team, tuned("price_runs", owner="support", escalate_to="duty_manager"))
    warned = {one["name"] for one in change.difference if "nobody holds" in one["after"]}
    assert warned == {"owner", "escalates to"}
    held = proposed(team, tuned("depth_gone", owner="operator", escalate_to="manager"))
    assert not [one for one in held.difference if "nobody holds" in one["after"]]
