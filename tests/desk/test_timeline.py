"""The line of time fills itself: deeds, changes that touch its markets, statuses."""

from dataclasses import fields
from itertools import count
from types import SimpleNamespace

import pytest

from pilothouse.control import propose
from pilothouse.desk import progress, record, statuses, timeline
from pilothouse.desk.timeline import About
from pilothouse.language.events import MarketStatusSet
from pilothouse.language.kinds import CauseKind, MarketStatus
from pilothouse.watch import alerts
from pilothouse.watch.models import Alert
from pilothouse.watch.rules import rules
from pilothouse.wiring.founding import found_register
from tests.control.doubles import PERPETUAL, SPOT
from tests.desk.conftest import MINUTE, NOON


@pytest.fixture(autouse=True)
def silence():
    statuses.forget()
    yield
    statuses.forget()


VERSIONS = count(2)


def microseconds(at):
    return (at - statuses.EPOCH) // (MINUTE / 60_000_000)


def moved(market, status, before, minutes, change=0):
    cause = CauseKind.CHANGE if change else CauseKind.NONE
    words = {one.name: 0 for one in fields(MarketStatusSet)}
    said = {"market": market, "status": status, "before": before, "version": next(VERSIONS)}
    event = MarketStatusSet(**words | said | {"cause": int(cause), "cause_id": change})
    statuses.note(microseconds(NOON + minutes * MINUTE), event)


def told(incident, minutes=60):
    return timeline.of_incident(incident, NOON + minutes * MINUTE)


def test_deeds_changes_and_statuses_stand_in_one_line(team, exchange, incident):
    moved(PERPETUAL, MarketStatus.HALTED, MarketStatus.ONLINE, 2, change=9)
    progress.acknowledge(incident, by=team.operator, now=NOON + MINUTE)
    wish = {"market": PERPETUAL, "status": int(MarketStatus.CANCEL_ONLY)}
    change = propose.propose(
        "market_status", wish, by=team.operator, why="stop", now=NOON + 3 * MINUTE
    )
    record.note(incident, "clients were told", by=team.risk, now=NOON + 4 * MINUTE)
    assert [(one.about, one.title) for one in told(incident)] == [
        (About.INCIDENT, "Open"),
        (About.INCIDENT, "Acknowledge"),
        (About.STATUS, "PF_XBTUSD is halted"),
        (About.CHANGE, f"CH-{change.pk} propose"),
        (About.INCIDENT, "Note"),
    ]
    assert told(incident)[2].sentence == "before: online, by CH-9"
    assert told(incident)[-1].sentence == "risk: clients were told"


def test_alerts_about_the_market_and_about_a_source_of_its_index_stand_in_it(
    team, exchange, incident
):
    found_register()
    (rule,) = [one for one in rules() if one.measure.name == "index_age"]
    made = [
        alerts.raise_alert(rule, scope, Alert.About.VALUE, 9, NOON + MINUTE)
        for scope in ("market:PF_XBTUSD", "market:PF_XBTUSD/3", "market:PF_XBTUSDT/3")
    ]
    titles = {one.title for one in told(incident) if one.about is About.ALERT}
    assert titles == {f"AL-{one.pk} raise" for one in made[:2]}


def test_other_markets_and_other_times_are_left_out(team, exchange, incident):
    moved(SPOT, MarketStatus.HALTED, MarketStatus.ONLINE, 2)
    moved(PERPETUAL, MarketStatus.HALTED, MarketStatus.ONLINE, -4)
    assert [one.about for one in told(incident)] == [About.INCIDENT]


def test_after_its_end_nothing_more_belongs_to_it(team, exchange, incident):
    progress.acknowledge(incident, by=team.operator, now=NOON + MINUTE)
    progress.resolve(incident, "over", by=team.operator, now=NOON + 5 * MINUTE)
    moved(PERPETUAL, MarketStatus.HALTED, MarketStatus.ONLINE, 6)
    incident.refresh_from_db()
    assert About.STATUS not in {one.about for one in told(incident)}


def test_it_is_the_same_after_a_restart(team, exchange, incident):
    """What was kept is there, what was not is told again, and what is told twice stands once."""
    heard = []
    for minutes, status, before in ((2, MarketStatus.HALTED, MarketStatus.ONLINE),
                                    (3, MarketStatus.POST_ONLY, MarketStatus.HALTED)):  # fmt: skip
        moved(PERPETUAL, status, before, minutes)
        heard.append(statuses._waiting[-1])
    statuses.hear(SimpleNamespace(events=(), block=5, time=0))
    before_the_end = told(incident)
    assert statuses.keep(at_once=True) == 2
    assert told(incident) == before_the_end
    statuses.forget()
    assert told(incident) == before_the_end
    statuses._waiting.extend(heard)
    assert told(incident) == before_the_end
    assert statuses.keep(at_once=True) == 0
    assert told(incident) == before_the_end


def test_the_start_is_told_what_comes_after_what_was_kept(db):
    span = SimpleNamespace(events=(), block=41, time=0)
    statuses.hear(span)
    assert statuses.keep() == 0 and statuses.begin() == 0, "nothing moved: it can wait"
    statuses.hear(span)
    moved(PERPETUAL, MarketStatus.HALTED, MarketStatus.ONLINE, 2)
    statuses.keep()
    assert statuses.begin() == 41
    later = 41 + statuses.KEEP_EVERY_BLOCKS
    statuses.hear(SimpleNamespace(events=(), block=later, time=0))
    statuses.keep()
    assert statuses.begin() == later


def test_a_refused_deed_stands_in_the_line(team, exchange, incident):
    with pytest.raises(Exception, match="not in a state"):
        progress.resolve(incident, "over", by=team.operator, now=NOON + MINUTE)
    last = max(told(incident, minutes=10**7), key=lambda one: one.at)
    assert (last.title, last.refused) == ("Resolve refused", True)
