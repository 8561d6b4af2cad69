"""The page of a change whose rows were exchanged: nobody reads, or signs, another preview."""

from dataclasses import replace

import pytest
from django.test import Client

from pilothouse.control import approve, recorded, reject
from pilothouse.control.canonical import plain_hash
from pilothouse.control.models import Change, ChangeStep, Preview
from pilothouse.control.moves import State
from pilothouse.control.refusals import NOT_AS_RECORDED, Refused
from tests.attack.reconciling import team
from tests.control.conftest import NOON, exchange, previewed, raise_margin

__all__ = ["exchange", "previewed", "raise_margin", "team"]


def shown_to(person, change, accept="text/html"):
    client = Client()
    client.force_login(person)
    return client.get(f"/changes/{change.pk}", headers={"accept": accept})


def hide_the_impact():
    for one in Preview.objects.all():
        body = {**one.body, "newly_below_maintenance": 0, "newly_below_initial": 0}
        Preview.objects.filter(pk=one.pk).update(body=body, hash=plain_hash(body))
    Change.objects.update(predicted={})
    ChangeStep.objects.update(predicted={})


@pytest.mark.parametrize("what", ["all", "body"])
def test_no_other_preview_is_shown_or_signed(team, exchange, previewed, what):
    impact = exchange.impact
    exchange.impact = lambda *asked: replace(impact(*asked), most_affected=())
    change = previewed()
    honest = dict(Preview.objects.values_list("pk", "body"))
    assert shown_to(team.risk, change).status_code == 200
    if what == "all":
        hide_the_impact()
    else:
        Preview.objects.update(body={"outcome": 0, "position": 100})
    for accept in ("text/html", "application/json"):
        page = shown_to(team.risk, change, accept)
        assert page.status_code == 409 and "not as the audit recorded it" in page.content.decode()
        said = page.content.decode().lower()
        assert "newly_below" not in said and "newly below" not in said, "nothing of it is shown"
    part = Client()
    part.force_login(team.risk)
    assert part.get(f"/changes/{change.pk}/effects/shocks").status_code == 409
    with pytest.raises(Refused) as refused:
        approve.approve(change, change.fingerprint, by=team.risk, now=NOON)
    assert refused.value.reason is NOT_AS_RECORDED
    assert list(recorded.differences())
    if what == "body":
        for pk, body in honest.items():
            Preview.objects.filter(pk=pk).update(body=body)
        signed = approve.approve(change, change.fingerprint, by=team.risk, now=NOON)
        assert signed.state == State.APPROVED, "put back as it was, it is as recorded"


def test_an_odd_change_can_be_rejected_on_its_page(team, exchange, previewed):
    exchange.accounts.clear()
    change = previewed()
    Change.objects.update(title="harmless")
    assert "moves/reject" in shown_to(team.risk, change).content.decode()
    assert "moves/approve" not in shown_to(team.risk, change).content.decode()
    assert reject.reject(change, "x", by=team.risk, now=NOON).state == State.REJECTED
    Change.objects.update(state="a state that is none")
    assert shown_to(team.risk, change).status_code == 409


def test_a_deed_that_ends_while_a_page_is_read_makes_nothing_odd(
    team, exchange, previewed, monkeypatch
):
    exchange.accounts.clear()
    change = previewed()
    digest, seen = recorded.digest, []

    def ends_in_between(number):
        made = digest(number)
        if not seen:
            seen.append(number)
            approve.approve(change, change.fingerprint, by=team.risk, now=NOON)
        return made

    monkeypatch.setattr(recorded, "digest", ends_in_between)
    assert recorded.is_as_recorded(change) and seen
