"""One operator proposes changes without end: the list everybody reads stays short."""

import re
from datetime import timedelta

import pytest

from pilothouse.console.pages.changes.reading import A_PAGE
from pilothouse.control import many, propose
from pilothouse.control.models import Change
from pilothouse.control.moves import State
from pilothouse.control.refusals import TOO_MANY_OPEN, TOO_MANY_TODAY, Refused
from pilothouse.records.models import AuditRow
from tests.control.conftest import NOON, wish


def another(team, now=NOON, by="operator"):
    fields = wish(4, 2)
    return propose.propose("margin_schedule", fields, by=getattr(team, by), why="x", now=now)


def copies(change, count, **more):
    plain = {one.attname: getattr(change, one.attname) for one in Change._meta.concrete_fields}
    del plain["id"]
    Change.objects.bulk_create([Change(**(plain | more)) for _ in range(count)])


@pytest.mark.django_db
def test_open_changes_of_one_person_are_bounded(team, stage):
    copies(another(team), many.OPEN_MOST - 1)
    with pytest.raises(Refused, match="withdraw one") as refused:
        another(team)
    assert refused.value.reason is TOO_MANY_OPEN and "50 are open" in str(refused.value)
    assert Change.objects.count() == many.OPEN_MOST
    assert AuditRow.objects.filter(deed="propose", outcome="refused").count() == 1
    another(team, by="manager")
    last = Change.objects.filter(proposer=team.operator).order_by("pk").last()
    Change.objects.filter(pk=last.pk).update(state=State.WITHDRAWN)
    assert another(team).pk


@pytest.mark.django_db
def test_changes_of_a_day_are_bounded(team, stage):
    copies(another(team), many.A_DAY_MOST - 1, state=State.WITHDRAWN)
    with pytest.raises(Refused) as refused:
        another(team)
    assert refused.value.reason is TOO_MANY_TODAY
    assert another(team, now=NOON + timedelta(days=1, seconds=1)).pk


@pytest.mark.django_db
def test_a_stop_has_room_where_others_have_none(team, stage):
    made = another(team)
    copies(made, many.OPEN_MOST)
    made.change_class, made.direction = "A", "protects"
    many.refuse_too_many(made, team.operator, NOON)
    copies(made, many.OPEN_MOST)
    with pytest.raises(Refused):
        many.refuse_too_many(made, team.operator, NOON)


@pytest.mark.django_db
def test_the_list_of_changes_comes_in_pages(at, team, stage):
    copies(propose.propose("margin_schedule", wish(4, 2), by=team.operator, why="x"), 119)
    viewer, addresses, seen = at(team.viewer), ["/changes"], set()
    for address in addresses:
        page = viewer.get(address).content.decode()
        found = set(re.findall(r'href="/changes/(\d+)"', page))
        assert len(found) <= 2 * A_PAGE and "120 open" in page
        seen |= found
        older = re.search(r'href="\?before=(\d+)"', page)
        addresses += [f"/changes?before={older[1]}"] if older else []
    assert len(addresses) == 3 and len(seen) == 120
    facts = viewer.get("/changes", headers={"Accept": "application/json"}).json()
    assert len(facts["waiting"]) == A_PAGE and facts["waiting_count"] == 120
    second = viewer.get(f"/changes?waiting_before={facts['waiting_older']}")
    assert second.status_code == 200
