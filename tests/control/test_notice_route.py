"""Who is told less is a loosening, and signed by more than anyone."""

import pytest

from pilothouse.control import approve, preview, propose, register
from pilothouse.control.kinds import KINDS
from pilothouse.control.kinds.kind import Direction, Unreadable
from pilothouse.control.refusals import Refused
from tests.control.conftest import NOON

KIND = KINDS["notice_route"]
HELD = {"title": "night", "severity": "high", "owner": "operator", "target": "chat"}


@pytest.fixture
def held(db):
    register.found([("notice_route", "night", HELD)], NOON)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (HELD | {"severity": "medium"}, ("B", Direction.PROTECTS)),
        (HELD | {"owner": "any"}, ("B", Direction.PROTECTS)),
        (HELD | {"severity": "critical"}, ("C", Direction.LOOSENS)),
        (HELD | {"owner": "risk"}, ("C", Direction.LOOSENS)),
        (HELD | {"target": "mail"}, ("C", Direction.LOOSENS)),
        (None, ("C", Direction.LOOSENS)),
    ],
)
def test_its_class_is_who_is_told_less(held, exchange, body, expected):
    weight = KIND.weight({"key": "night", "body": body}, exchange)
    assert (weight.change_class, weight.direction) == expected


def test_a_new_route_is_class_b(db, exchange):
    assert KIND.weight({"key": "day", "body": HELD}, exchange).change_class == "B"


def test_a_form_is_read_or_refused(db):
    form = {"entry": "new", "key": "day"} | HELD
    assert KIND.parse(form) == {"key": "day", "body": HELD}
    for name, value in (("severity", "dire"), ("owner", "nobody"), ("target", "")):
        with pytest.raises(Unreadable, match=name):
            KIND.parse(form | {name: value})


def test_an_operator_alone_does_not_silence_the_night(held, team, exchange):
    wish = {"key": "night", "body": None}
    change = propose.propose("notice_route", wish, by=team.operator, why="noise", now=NOON)
    change = preview.first(change, by=team.operator, now=NOON)
    with pytest.raises(Refused, match="cannot sign their own"):
        approve.approve(change, change.fingerprint, by=team.operator, now=NOON)
    approve.approve(change, change.fingerprint, by=team.risk, now=NOON)
