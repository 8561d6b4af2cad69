"""A notice route says before it is signed whether its target is one that can be told."""

from pilothouse.control import ports, preview, propose
from pilothouse.desk import routes
from pilothouse.desk.models import Target
from tests.desk.conftest import NOON

ROUTE = {"title": "All", "severity": "medium", "owner": "any", "target": "ops_mail"}


def predicted(team, key):
    ports.connect_trial("notice_route", routes.trial)
    fields = {"key": key, "body": ROUTE}
    change = propose.propose("notice_route", fields, by=team.operator, why="tell us", now=NOON)
    preview.first(change, by=team.operator, now=NOON)
    return change.steps.get().predicted


def test_a_route_to_no_address_counts_no_target(team, exchange):
    assert predicted(team, "night") == {"targets_set": 0}


def test_a_route_to_an_address_counts_it(team, exchange):
    Target.objects.create(
        key="ops_mail", sealed_address=b"", masked="", drops_repeats=False, set_at=NOON
    )
    assert predicted(team, "night") == {"targets_set": 1}


def test_taking_a_route_out_asks_for_no_target(db):
    assert routes.trial("night", None) == {"targets_set": 0}
