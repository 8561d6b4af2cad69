"""Who changes rows with SQL cannot end the alert that tells of it with another row."""

import json
from datetime import timedelta

import pytest
from django.db import connection

from pilothouse.control import record_rules, rounds
from pilothouse.control.kinds.alert_rule import KIND
from pilothouse.control.refusals import LOOSER_ABOUT_RECORDS
from pilothouse.watch import alerts
from pilothouse.watch.models import Alert, StandingRow
from pilothouse.watch.rules import rules
from pilothouse.wiring import first_rules
from tests.control.conftest import exchange
from tests.watch.conftest import NOON, Looks

__all__ = ["exchange"]
HELD = {
    "journal_differs": ("journal_differences", 1),
    "heads_old": ("heads_age", 31 * 60_000),
}
FIRST = {key: body for kind, key, body in first_rules.RULES}


def sql(text, *values):
    with connection.cursor() as cursor:
        cursor.execute(text, values)


def loosened(**rest):
    def change(key):
        body = json.dumps(FIRST[key] | rest)
        sql(
            "UPDATE control_registerrow SET body = %s, id = (SELECT max(id) + 1 FROM "
            "control_registerrow) WHERE kind = 'alert_rule' AND key = %s",
            body,
            key,
        )

    return change


def taken_out(key):
    sql(
        "INSERT INTO control_registerrow (kind, key, version, body, at) "
        "VALUES ('alert_rule', %s, 2, NULL, '2026-11-23 12:00:00')",
        key,
    )


def deleted(key):
    sql("DELETE FROM control_registerrow WHERE kind = 'alert_rule'")


def another_is_no_json(key):
    sql("PRAGMA ignore_check_constraints = ON")
    sql("UPDATE control_registerrow SET body = '{' WHERE key = 'price_runs'")
    sql("PRAGMA ignore_check_constraints = OFF")


def another_is_no_rule(key):
    sql("UPDATE control_registerrow SET body = '{}' WHERE key = 'accounts_near'")


def a_product_is_none(key):
    sql("UPDATE control_registerrow SET body = '[]' WHERE kind = 'product'")


SILENCES = {
    "its limit": loosened(limit=10**9),
    "where it clears": loosened(limit=10**9, clear_limit=10**9),
    "how long": loosened(for_s=10**6),
    "what it measures": loosened(measure="queries_waiting"),
    "where": loosened(scope="market:NONE"),
    "which way": loosened(test="below"),
    "how bad": loosened(severity="low"),
    "whose turn": loosened(owner="viewer", escalate_to="viewer", escalate_s=10**6),
    "no body": loosened(limit=None),
    "taken out": taken_out,
    "deleted": deleted,
    "another is no JSON": another_is_no_json,
    "another is no rule": another_is_no_rule,
    "a product is none": a_product_is_none,
}


VALUES = {(measure, "exchange"): value for measure, value in HELD.values()}
LONG = 45
"""Looks: longer than it takes to clear."""


def lasting():
    return {one.rule: one for one in alerts.open_alerts() if one.about == "value"}


@pytest.mark.parametrize("how", SILENCES)
def test_an_alert_about_the_records_stays_whatever_the_register_says(founded, how):
    looks = Looks()
    looks.look(VALUES, times=12)
    for key in HELD:
        SILENCES[how](key)
    looks.look(VALUES, times=LONG)
    looks.restart()
    looks.look(VALUES, times=LONG)
    assert set(lasting()) == set(HELD)
    assert Alert.objects.filter(about="value").count() == len(HELD), "each was raised once"


@pytest.mark.parametrize("how", SILENCES)
def test_nor_does_it_fail_to_be_raised(founded, how):
    for key in HELD:
        SILENCES[how](key)
    looks = Looks()
    looks.look(VALUES, times=12)
    assert set(lasting()) == set(HELD)
    for key, found in lasting().items():
        assert (found.severity, found.owner) == (FIRST[key]["severity"], FIRST[key]["owner"])
        escalates = timedelta(seconds=FIRST[key]["escalate_s"])
        assert found.escalate_at - found.raised_at == escalates


def test_a_row_of_where_another_rule_stands_ends_no_monitoring(founded):
    StandingRow.objects.create(rule="accounts_near", scope="market:PF_XBTUSD", at_us=1)
    sql("UPDATE watch_standingrow SET at_us = 'x', unseen_us = 'y'")
    looks = Looks()
    looks.look({("journal_differences", "exchange"): 1}, times=2)
    assert [one.rule for one in alerts.open_alerts()] == ["journal_differs"]


def stands_at(**counts):
    StandingRow.objects.create(rule="journal_differs", scope="exchange", at_us=1, **counts)
    return Looks()


def fired(about):
    return {one.rule for one in alerts.open_alerts() if one.about == about}


def test_a_rule_waits_for_no_count_that_no_watch_makes(founded):
    looks = stands_at(beyond_us=-(10**15))
    looks.look({("journal_differences", "exchange"): 1}, times=2)
    assert "journal_differs" in fired("value")


def test_nor_does_it_wait_so_until_its_data_are_missing(founded):
    looks = stands_at(unseen_us=-(10**15))
    looks.look({}, times=40)
    assert "journal_differs" in fired("no_data")


def test_an_odd_severity_of_an_alert_ends_no_monitoring(founded):
    looks = Looks()
    looks.look({("journal_differences", "exchange"): 1}, times=2)
    sql("UPDATE watch_alert SET severity = 'none'")
    looks.look({("journal_differences", "exchange"): 1}, times=2)
    assert len(alerts.open_alerts()) == 1


def test_what_people_signed_may_be_stricter_and_told_to_others(founded):
    body = FIRST["heads_old"] | {"limit": 60_000, "clear_limit": 0, "owner": "risk"}
    assert record_rules.at_least("heads_old", body) == body
    assert not record_rules.is_looser("heads_old", body)
    (rule,) = [one for one in rules() if one.key == "heads_old"]
    assert (rule.version, rule.terms.limit) == (1, FIRST["heads_old"]["limit"])


LOOSER = [
    {"limit": 1},
    {"clear_limit": 1, "limit": 1},
    {"for_s": 1},
    {"clear_s": 0},
    {"severity": "high"},
    {"escalate_s": 61},
    {"absent_s": 31},
    {"measure": "heads_age"},
]


@pytest.mark.parametrize("rest", LOOSER)
def test_no_change_makes_it_looser_or_takes_it_out(founded, exchange, rest):
    fields = {"key": "journal_differs", "body": FIRST["journal_differs"] | rest}
    assert KIND.check(fields, exchange, NOON) is LOOSER_ABOUT_RECORDS
    gone = {"key": "journal_differs", "body": None}
    assert KIND.check(gone, exchange, NOON) is LOOSER_ABOUT_RECORDS


def test_every_rule_about_what_counts_differences_is_one_of_these(founded):
    about = {"journal_differences", "heads_age"}
    assert {key for key, body in FIRST.items() if body["measure"] in about} == set(HELD)
    assert set(record_rules.FIRST) == set(HELD)


@pytest.fixture(autouse=True)
def nothing_differs_afterwards():
    yield
    rounds.forget()
