"""The console's matrix: actor x address x verb x malformation, and its forms filled with junk."""

from __future__ import annotations

import os
import re
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from pilothouse.access.models import Grant, Person, StoredKey
from pilothouse.access.rights import rights_of, roles_of
from pilothouse.access.roles import Role
from pilothouse.console.live import view as live_view
from pilothouse.console.live.places import Places
from pilothouse.console.pages.change.move import MOVES
from pilothouse.console.pages.incident.move import MOVES as INCIDENT_MOVES
from pilothouse.control import preview, propose
from pilothouse.control.models import Change, Signature
from pilothouse.control.severity import Severity
from pilothouse.desk.opening import open_incident
from tests.attack.matrix.console_cells import CELLS, OPEN, SIGNED_IN, routes
from tests.attack.matrix.console_cells import INCIDENT_MOVES as INCIDENT_MOVES_CELL
from tests.attack.matrix.malformed import LONG_DIGITS, NUMBERS, VERBS, Draw
from tests.control.conftest import wish

ROLES = ("none", "viewer", "operator", "risk", "auditor")
FORM_ROUNDS, ROUNDS_OF_A_WORLD = 2, 12
QUERY = [
    "q", "before", "purpose", "kind", "market", "cause", "number", "question", "sql", "part",
    "subject", "order", "position", "client_order_id", "change", "status", "next", "clients",
    "chosen", "entry", "deed",
]  # fmt: skip
NUMERIC = ("before", "q", "position", "order", "market", "cause", "number")


@pytest.fixture
def people(team: Any, at: Any) -> dict[str, Client]:
    """Return a client for each actor; `none` is signed in without any role."""
    stranger = Person.objects.create_user("stranger")
    persons = {"none": stranger, **{name: getattr(team, name) for name in ROLES[1:]}}
    made = {name: at(one, raise_request_exception=False) for name, one in persons.items()}
    return made | {"anonymous": Client(raise_request_exception=False)}


@pytest.fixture
def work(team: Any, stage: Any, monkeypatch: pytest.MonkeyPatch) -> tuple[Change, Any]:
    """Return a previewed change and an open incident: numbers that exist."""
    monkeypatch.setattr(live_view, "PLACES", Places(0, 0))
    proposed = propose.propose("margin_schedule", wish(4, 2), by=team.operator, why="x")
    change = preview.first(proposed, by=team.operator)
    incident = open_incident(
        "Index is stale", Severity.HIGH, by=team.operator, affected=["market:PF_XBTUSD"], what="x"
    )
    return change, incident


def tried(work: tuple[Change, Any]) -> list[tuple[str, str]]:
    """Return every address that is tried, with its cell's name; moves for every verb."""
    change, incident = work
    made = [(name, f"/{one}") for name, cell in CELLS.items() for one in cell.tried]
    made = [(name, re.sub(r"/(changes|incidents)/1\b", r"/\g<1>/{}", one)) for name, one in made]
    numbers = {"changes": change.pk, "incidents": incident.pk}
    made = [
        (name, one.format(numbers[one.split("/")[1]]) if "{}" in one else one)
        for name, one in made
    ]
    for verb in MOVES:
        made.append(
            ("changes/<int:number>/moves/<str:verb>", f"/changes/{change.pk}/moves/{verb}")
        )
    for verb in INCIDENT_MOVES:
        address = f"/incidents/{incident.pk}/moves/{verb}"
        made.append((INCIDENT_MOVES_CELL, address))
    return made


def test_every_address_has_its_cell_and_every_cell_its_address() -> None:
    assert sorted(routes()) == sorted(CELLS), "classify the address in console_cells"


@pytest.mark.django_db
def test_nobody_reaches_what_is_not_theirs(people: Any, work: Any) -> None:
    faults = []
    for name, address in tried(work):
        for actor, client in people.items():
            for verb in VERBS:
                if not _is_tried(actor, verb) or "logout" in address:
                    continue
                status, away = _asked(client, verb, address)
                if not _expected(name, actor, verb, status, away):
                    faults.append((actor, verb, address, status))
    assert not faults, faults[:20]


def _is_tried(actor: str, verb: str) -> bool:
    # What others may post is tried with junk, below; and a verb that is none is none for anybody.
    if verb == "POST":
        return actor in ("anonymous", "none", "viewer")
    return verb == "GET" or actor == "anonymous"


def _asked(client: Client, verb: str, address: str) -> tuple[int, str]:
    answer = client.generic(verb, address)
    if getattr(answer, "streaming", False):
        answer.close()
    return answer.status_code, answer.headers.get("Location", "")


def _expected(name: str, actor: str, verb: str, status: int, away: str) -> bool:
    cell = CELLS[name]
    if status >= 500:
        # Health is 503 before the first pulse; a feed without a place says so.
        return status == 503 and name in ("healthz", "live")
    if cell.who == OPEN or status == 405:
        return True
    if actor == "anonymous":
        return status == 302 and away.startswith("/sign-in/")
    if cell.who == SIGNED_IN:
        return True
    role = None if actor == "none" else Role(actor)
    if role is None or cell.who not in rights_of(frozenset({role})):
        return status == 403
    return True


@pytest.mark.django_db
def test_strangers_and_viewers_change_nothing(people: Any, work: Any, stage: Any) -> None:
    before = _everything(stage)
    change, _ = work
    form = {"fingerprint": change.fingerprint, "why": "x", "accounts": "1", "kind": "price_band"}
    for _, address in tried(work):
        if address.startswith(("/sign-in", "/theme")):  # these change the actor alone
            continue
        for actor in ("anonymous", "none", "viewer"):
            people[actor].post(address, form)
    assert _everything(stage) == before


def _everything(stage: Any) -> tuple[Any, ...]:
    changes = list(Change.objects.values_list("pk", "state", "fingerprint"))
    counts = [model.objects.count() for model in (Grant, Person, StoredKey, Signature)]
    return changes, counts, len(stage.sent)


@pytest.mark.django_db
@pytest.mark.parametrize("actor", ["anonymous", "operator"])
def test_malformed_queries_and_numbers_are_no_fault(people: Any, work: Any, actor: str) -> None:
    draw, faults = Draw(1), []
    for _, address in tried(work):
        query = urlencode(draw.fields(QUERY), errors="replace")
        answer = people[actor].get(address.partition("?")[0], QUERY_STRING=query)
        if answer.status_code >= 500 and answer.status_code != 503:
            faults.append((address, query[:300], answer.status_code))
        for number in NUMBERS:
            moved = re.sub(r"/\d+", f"/{number}", address)
            if moved != address:
                answer = people[actor].get(moved)
                if answer.status_code >= 500:
                    faults.append((moved, "", answer.status_code))
    assert not faults, faults[:10]


@pytest.mark.django_db
def test_p39_long_digits_in_every_number_of_every_address(people: Any, work: Any) -> None:
    faults = []
    for name, cell in CELLS.items():
        page = "/" + cell.tried[0].partition("?")[0]
        answer = people["operator"].get(page, dict.fromkeys(NUMERIC, "9" * 1_900))
        if answer.status_code >= 500 and name not in ("healthz", "live"):
            faults.append(name)
    form = {"why": "x", "fingerprint": LONG_DIGITS, "number": LONG_DIGITS}
    for _, address in tried(work):
        answer = people["operator"].post(address, form)
        if answer.status_code >= 500 and address not in ("/healthz", "/live"):
            faults.append(address)
    assert not faults, faults


class Forms(HTMLParser):
    """The forms of a page: address and names of fields."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str, list[str]]] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        """Note a form, and the fields that stand in it."""
        given = dict(attrs)
        if tag == "form":
            method = (given.get("method") or "get").lower()
            self.found.append((given.get("action") or "", method, []))
        elif tag in ("input", "textarea", "select", "button") and self.found and given.get("name"):
            self.found[-1][2].append(given["name"])


@pytest.mark.django_db
@pytest.mark.parametrize("actor", ["operator", "auditor"])
def test_forms_filled_with_junk_are_refused_never_a_fault(
    people: Any, work: Any, actor: str, seed: int
) -> None:
    _fill(people, work, actor, seed, FORM_ROUNDS)


@pytest.mark.world
@pytest.mark.django_db
@pytest.mark.parametrize("actor", ["operator", "risk", "auditor", "viewer"])
def test_forms_filled_with_junk_for_long(people: Any, work: Any, actor: str, seed: int) -> None:
    _fill(people, work, actor, seed, ROUNDS_OF_A_WORLD)


def _fill(people: Any, work: Any, actor: str, seed: int, rounds: int) -> None:
    client, draw, faults, filled = people[actor], Draw(seed), [], 0
    for address, method, names in _forms(client, work):
        send = client.post if method == "post" else client.get
        for _ in range(rounds):
            form = draw.fields(names)
            answer = send(address, form)
            filled += 1
            if answer.status_code >= 500:
                faults.append((address, {k: v[:60] for k, v in form.items()}, answer.status_code))
    assert filled > 15 * rounds or actor != "operator"
    assert not faults, faults[:10]


@pytest.fixture
def seed() -> int:
    """Return the seed of a run; `PILOTHOUSE_FUZZ_SEED` sets another."""
    return int(os.environ.get("PILOTHOUSE_FUZZ_SEED", "1"))


def _forms(client: Client, work: Any) -> list[tuple[str, str, list[str]]]:
    from pilothouse.control.kinds import KINDS

    pages = [one for _, one in tried(work) if "/moves/" not in one and one != "/live"]
    pages += [f"/changes/propose?kind={kind}" for kind in KINDS]
    pages += [f"/changes/propose?kind={kind}&market=1&subject=1" for kind in KINDS]
    made: dict[tuple[str, str], list[str]] = {}
    for page in pages:
        answer = client.get(page)
        if answer.status_code != 200 or getattr(answer, "streaming", False):
            continue
        forms = Forms()
        forms.feed(answer.content.decode())
        for action, method, names in forms.found:
            address = action or page
            if address.startswith("/") and "logout" not in address:
                kept = made.setdefault((address, method), [])
                kept += [name for name in names if name not in kept]
    return [(address, method, names) for (address, method), names in made.items()]


def test_the_actors_are_who_they_are_said_to_be(team: Any) -> None:
    for name in ROLES[1:]:
        assert roles_of(getattr(team, name)) == {Role(name)}
