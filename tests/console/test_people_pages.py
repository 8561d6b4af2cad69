"""The pages of people: who may see and do what, an invitation used once, sessions that end."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth import authenticate
from django.test import Client
from django.utils import timezone

from pilothouse.access.invitations import path_for
from pilothouse.access.models import Person, SignedIn
from pilothouse.access.rights import grant, roles_of
from pilothouse.access.roles import Role
from pilothouse.control.models import Change
from pilothouse.records.models import AuditRow

PASSWORD = "a long enough one"
BEFORE = timezone.now() - timedelta(days=1)


@pytest.fixture
def admin(team):
    people = [Person.objects.create_user(f"admin{number}") for number in range(3)]
    for one in people:
        grant(one, Role.ADMINISTRATOR, now=BEFORE)
    for number in range(2):
        grant(Person.objects.create_user(f"other{number}"), Role.MANAGER, now=BEFORE)
        grant(Person.objects.create_user(f"third{number}"), Role.SENIOR_OPERATOR, now=BEFORE)
    return people[0]


def facts(client, address):
    return client.get(address, headers={"Accept": "application/json"}).json()


def test_everybody_sees_who_holds_which_role_and_managers_alone_the_buttons(
    team, exchange, at, admin
):
    line = next(
        one for one in facts(at(team.viewer), "/people")["people"] if one["name"] == "risk"
    )
    assert (line["roles"], line["access"]) == (["risk"], "no password")
    page, managed = (at(one).get("/people/risk").content.decode() for one in (team.viewer, admin))
    assert "Disable" not in page and "Open sessions" not in page
    assert "Disable" in managed and "Open sessions" in managed


def test_people_are_found_by_name_and_by_role(team, exchange, at, admin):
    found = facts(at(admin), "/people?q=senior operator")
    assert [one["name"] for one in found["people"]] == ["third0", "third1"]
    assert facts(at(admin), "/people?q=nobody at all") == {"people": [], "count": 0}


@pytest.mark.parametrize("verb", ["end_role", "disable", "end_sessions", "invite"])
@pytest.mark.parametrize("who", ["operator", "manager", "viewer", "auditor"])
def test_nobody_else_does_anything_about_people(team, exchange, at, admin, verb, who):
    form = {"role": "risk", "why": "for no reason"}
    at(getattr(team, who)).post(f"/people/risk/moves/{verb}", form)
    assert roles_of(team.risk) == {Role.RISK}
    team.risk.refresh_from_db()
    assert team.risk.is_active
    assert AuditRow.objects.filter(outcome="refused").exists()


def test_a_role_ends_at_the_press_of_a_button_with_its_reason(team, exchange, at, admin):
    at(admin).post("/people/risk/moves/end_role", {"role": "risk", "why": "left the team"})
    assert not roles_of(team.risk)
    change = Change.objects.get()
    assert (change.kind, change.why, change.change_class) == ("role", "left the team", "A")
    refused = at(admin).post("/people/operator/moves/disable", {"why": ""})
    assert refused.status_code == 302 and Change.objects.count() == 1


def test_what_leaves_too_few_waits_for_a_second_person(team, exchange, at, admin):
    for name in ("other0", "other1", "third0", "third1", "manager"):
        at(admin).post(f"/people/{name}/moves/disable", {"why": "all of them"})
    assert Person.objects.get(username="manager").is_active
    (waiting,) = Change.objects.filter(state="previewed")
    assert waiting.change_class == "C" and "manager" in waiting.title


def test_an_invitation_sets_a_password_once_and_signs_nobody_in(team, exchange, at, admin):
    page = at(admin).post("/people/risk/moves/invite").content.decode()
    path = re.search(r"(/sign-in/invited/[^\"]+)", page)[1]
    assert AuditRow.objects.filter(deed="person.invite", subject=f"person:{team.risk.pk}").exists()
    stranger = Client()
    assert "Welcome, risk" in stranger.get(path).content.decode()
    short = stranger.post(path, {"new_password1": "short", "new_password2": "short"})
    assert (
        short.status_code == 422 and not Person.objects.get(pk=team.risk.pk).has_usable_password()
    )
    done = stranger.post(path, {"new_password1": PASSWORD, "new_password2": PASSWORD})
    assert done.status_code == 302 and "_auth_user_id" not in stranger.session
    assert authenticate(username="risk", password=PASSWORD)
    again = stranger.post(path, {"new_password1": PASSWORD + "2", "new_password2": PASSWORD + "2"})
    assert again.status_code == 404 and authenticate(username="risk", password=PASSWORD)


def test_an_invitation_is_over_with_the_person_and_never_another_ones(team, exchange, at, admin):
    path = path_for(team.risk)
    moved = path.replace(path.split("/")[3], path_for(team.manager).split("/")[3])
    assert Client().get(moved).status_code == 404
    team.risk.is_active = False
    team.risk.save()
    assert Client().get(path).status_code == 404
    for odd in ("!!!/x", "MQ/", "LTE/abc-def", f"{'9' * 60}/abc-def"):
        assert Client().get(f"/sign-in/invited/{odd}/").status_code == 404


def test_nobody_who_has_a_password_is_invited(team, exchange, at, admin):
    team.risk.set_password(PASSWORD)
    team.risk.save()
    assert at(admin).post("/people/risk/moves/invite").status_code == 302
    assert not AuditRow.objects.filter(deed="person.invite", outcome="done").exists()


def test_people_see_and_end_their_own_sessions(team, exchange, at):
    here, there = at(team.viewer), at(team.viewer)
    assert here.get("/").status_code == there.get("/").status_code == 200
    sessions = facts(here, "/people/viewer")["sessions"]
    assert [one["mine"] for one in sessions].count(True) == 1 and len(sessions) == 2
    other = next(one["number"] for one in sessions if not one["mine"])
    here.post("/people/viewer/moves/end_sessions", {"session": other})
    assert here.get("/").status_code == 200 and there.get("/").status_code == 302
    foreign = SignedIn.objects.get().pk
    at(team.operator).post("/people/viewer/moves/end_sessions", {"session": foreign})
    assert here.get("/").status_code == 200
    at(team.operator).post("/people/operator/moves/end_sessions", {"session": foreign})
    assert here.get("/").status_code == 200


def test_a_page_that_asks_by_itself_keeps_nobody_signed_in(
    team, exchange, at, settings, monkeypatch
):
    client = at(team.viewer)
    client.get("/")
    seen = SignedIn.objects.get().seen_at
    later = timezone.now() + timedelta(seconds=settings.PILOTHOUSE_SESSION_IDLE_S - 60)
    monkeypatch.setattr("pilothouse.access.sessions.passing_now", lambda: later)
    assert client.get("/panels/waiting", headers={"X-Feed": "1"}).status_code == 200
    assert SignedIn.objects.get().seen_at == seen
    later += timedelta(seconds=120)
    assert client.get("/", headers={"X-Feed": "1"}).status_code == 302


def test_who_manages_people_proposes_no_change_of_a_market_and_the_reverse(
    team, exchange, at, admin
):
    assert at(admin).get("/changes/propose?kind=price_band").status_code == 403
    assert at(team.operator).get("/changes/propose?kind=role").status_code == 403
    page = at(admin).get("/changes/propose").content.decode()
    assert "Sign-in" in page and "Price band" not in page
    assert at(team.viewer).get("/changes/propose").status_code == 403
