"""Whose a request is, the gate and Django say alike, whatever the Cookie header is made of."""

from __future__ import annotations

import asyncio
from importlib import import_module
from io import BytesIO
from typing import Any

import pytest
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.handlers.asgi import ASGIRequest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.access.session_store import SessionStore
from pilothouse.console.gate import (
    SIGNED_IN,
    STRANGER,
    UNJUDGED_MOST,
    Sessions,
    Visitors,
    gate_of,
    session_of,
)
from pilothouse.console.known import SAYS_WHOSE
from pilothouse.gate.entry import Gate

PAGE, SIGN_IN = "/runbooks", "/sign-in/login/"
NEIGHBOUR, ELSEWHERE = "10.0.0.2", "10.0.0.9"
CSRF = "a" * 32
ODD = [
    ["sessionid=KEY"],
    ["path=/; sessionid=KEY"],
    ["expires=never; sessionid=KEY"],
    ["$Version=1; sessionid=KEY"],
    ['prefs={"a": 1}; csrftoken=b; sessionid=KEY'],
    ['sessionid=KEY; prefs={"a": 1}'],
    ["a[]=1; b=\xe9; c@d=e; sessionid=KEY"],
    ["sessionid=another-session-key; sessionid=KEY"],
    ["sessionid=KEY; sessionid=another-session-key"],
    ['sessionid="KEY"'],
    ['sessionid="\\FIRST"'],
    ['a="b; sessionid=KEY'],
    [" sessionid = KEY "],
    ["sessionid=KEY,"],
    ["sessionid==KEY"],
    ["SessionID=KEY"],
    ["sessionid"],
    ["sessionid="],
    ['sessionid=""'],
    [";;;"],
    [""],
    [],
    ["KEY"],
    ["=KEY"],
    ["a=b", "sessionid=KEY"],
    ["sessionid=KEY", "a=b"],
    ["", "sessionid=KEY"],
    ["path=/", "sessionid=KEY; b"],
]


def scope_of(
    cookies: list[str], path: str = PAGE, address: str = NEIGHBOUR, **more: Any
) -> dict[str, Any]:
    """Return a request as a server hands it over."""
    headers = [(b"host", b"127.0.0.1"), *((b"cookie", one.encode("latin-1")) for one in cookies)]
    return {
        "type": "http", "path": path, "method": "GET", "headers": headers, "state": {},
        "client": (address, 1), "scheme": "http", "query_string": b"", **more,
    }  # fmt: skip


async def asked(gate: Gate, scope: dict[str, Any], body: bytes = b"") -> int:
    """Return the status of what is answered."""
    pieces = [{"type": "http.request", "body": body, "more_body": False}]
    told: list[int] = []

    async def receive() -> dict[str, Any]:
        if not pieces:
            await asyncio.Event().wait()
        return pieces.pop()

    async def send(message: Any) -> None:
        told.append(message.get("status", 0))

    await asyncio.wait_for(gate(scope, receive, send), 60)
    return told[0]


def filled(cookies: list[str], key: str) -> list[str]:
    first = f"{ord(key[0]):03o}{key[1:]}"
    return [one.replace("KEY", key).replace("FIRST", first) for one in cookies]


def signs_in(key: str) -> list[str]:
    return [f"sessionid={key}"]


@pytest.fixture
def console(at: Any) -> tuple[Gate, Visitors]:
    """Return the console's gate before Django, and what counts its visitors."""
    visitors = Visitors()
    gate = gate_of(get_asgi_application())
    gate._policy = visitors
    return gate, visitors


@pytest.mark.django_db(transaction=True)
def test_the_gate_and_django_agree_whose_a_request_is(at, team, stage, console):
    gate, visitors = console
    people = (team.viewer, team.risk)
    keys = {person.pk: at(person).cookies["sessionid"].value for person in people}

    async def story() -> int:
        known = 0
        for cookies in ODD:
            for person, key in keys.items():
                scope = scope_of(filled(cookies, key))
                status = await asked(gate, scope)
                expected = f"person:{person}" if status == 200 else ""
                assert visitors.known.person(session_of(scope)) == expected, cookies
                known += status == 200
            for cookies_of_nobody in ([], [""], ["path=/"], ["sessionid="], ["sessionid=KEY"]):
                assert visitors.known.person(session_of(scope_of(cookies_of_nobody))) == ""
        return known

    assert asyncio.run(story()) >= 2 * 12, "many of them are sessions"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("odd", ["path=/; sessionid=KEY", 'prefs={"a": 1}; sessionid=KEY'])
def test_no_cookie_makes_strangers_count_as_its_person(at, team, stage, console, odd):
    gate, visitors = console
    key = at(team.viewer).cookies["sessionid"].value
    person = f"person:{team.viewer.pk}"

    async def story() -> None:
        assert await asked(gate, scope_of(filled([odd], key))) == 200
        for _ in range(2 * int(STRANGER.limit)):
            visitors.admit(scope_of([], address=NEIGHBOUR), NEIGHBOUR)
        assert visitors.admit(scope_of([], address=NEIGHBOUR), NEIGHBOUR) == 429
        assert visitors.people.level(person) <= 1, "strangers cost the person nothing"
        assert await asked(gate, scope_of([], SIGN_IN, ELSEWHERE)) == 200
        # Whoever is signed in is not shut out by others at the same address, whatever is odd.
        assert await asked(gate, scope_of(filled([odd], key))) == 200
        visitors.people.add(person, 2 * SIGNED_IN.limit)
        assert await asked(gate, scope_of([], SIGN_IN, ELSEWHERE)) == 200

    asyncio.run(story())


def delete(key: str) -> None:
    SessionStore(key).delete()


def disable(person: Any) -> None:
    type(person).objects.filter(pk=person.pk).update(is_active=False)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("how", ["signed out", "deleted", "disabled"])
@pytest.mark.parametrize("host", [b"127.0.0.1", b"elsewhere.example"])
def test_a_session_that_has_ended_counts_by_address(at, team, stage, console, how, host):
    gate, visitors = console
    key = at(team.viewer).cookies["sessionid"].value

    async def see() -> None:
        assert await asked(gate, scope_of(signs_in(key))) == 200
        assert visitors.known.person(session_of(scope_of(signs_in(key))))
        if how == "signed out":
            scope = scope_of([f"sessionid={key}; csrftoken={CSRF}"], "/sign-in/logout/")
            scope |= {"method": "POST"}
            scope["headers"].append((b"x-csrftoken", CSRF.encode()))
            assert await asked(gate, scope) == 302

    async def try_it() -> None:
        scope = scope_of(signs_in(key))
        if how == "signed out":
            assert not visitors.known.person(session_of(scope)), "with the answer to signing out"
        scope["headers"][0] = (b"host", host)
        assert await asked(gate, scope) in (302, 400)
        assert not visitors.known.person(session_of(scope)), "the first request says so"

    asyncio.run(see())
    if how == "deleted":
        delete(key)
    elif how == "disabled":
        disable(team.viewer)
    asyncio.run(try_it())


@pytest.mark.django_db(transaction=True)
def test_clients_that_leave_at_once_use_up_no_persons_allowance(at, team, stage, console):
    gate, visitors = console
    key = at(team.viewer).cookies["sessionid"].value
    person = f"person:{team.viewer.pk}"
    asyncio.run(asked(gate, scope_of(signs_in(key))))
    delete(key)

    async def leave() -> None:
        pieces = [{"type": "http.request", "body": b"", "more_body": False}]

        async def receive() -> dict[str, Any]:
            return pieces.pop() if pieces else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            raise OSError("the client is gone")

        await asyncio.wait_for(gate(scope_of(signs_in(key)), receive, send), 60)

    async def story() -> None:
        for _ in range(2 * UNJUDGED_MOST):
            await leave()
        assert not visitors.known.person(session_of(scope_of(signs_in(key))))
        assert visitors.people.level(person) <= UNJUDGED_MOST < SIGNED_IN.limit

    asyncio.run(story())


def test_a_session_that_is_judged_again_and_again_stays_its_persons():
    visitors = Visitors()
    visitors.known.note(session_of(scope_of(signs_in("mine"))), 7)
    for number in range(3 * UNJUDGED_MOST):
        scope = scope_of(signs_in("mine"))
        assert visitors.admit(scope, NEIGHBOUR) == 0
        assert visitors.known.person(session_of(scope)) == "person:7"
        if number % (UNJUDGED_MOST // 2) == 0:
            scope["state"][SAYS_WHOSE](7)


@pytest.mark.django_db(transaction=True)
def test_the_session_before_signing_in_is_nobodys(at, team, stage, console):
    gate, visitors = console
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store["before"] = True
    store.create()
    team.viewer.set_password("a long enough password")
    team.viewer.save()
    scope = scope_of([f"sessionid={store.session_key}; csrftoken={CSRF}"], SIGN_IN)
    form = f"csrfmiddlewaretoken={CSRF}&login={team.viewer.username}"
    form += "&password=a+long+enough+password"
    scope |= {"method": "POST"}
    scope["headers"] += [
        (b"content-type", b"application/x-www-form-urlencoded"),
        (b"content-length", b"%d" % len(form)),
    ]

    assert asyncio.run(asked(gate, scope, form.encode())) == 302, "signed in"
    assert not visitors.known.person(session_of(scope))


def test_cookies_that_take_long_to_read_are_refused_before_they_are_read(monkeypatch):
    json = 'prefs="{' + '\\"theme\\"\\054 ' * 60 + '}"; sessionid=mine'
    assert Visitors().admit(scope_of([json]), NEIGHBOUR) == 0, "another program's JSON is not long"
    monkeypatch.setattr("django.core.handlers.asgi.parse_cookie", lambda cookie: pytest.fail())
    for cookies in (['a="' + "\\" * 16_000 + '"'], ['a="' + "\\a" * 800, "b" * 14_000 + '"']):
        assert Visitors().admit(scope_of(cookies), NEIGHBOUR) == 400


def test_nobody_is_remembered_and_the_table_is_bounded():
    sessions = Sessions(kept=3)
    sessions.note(b"", 7)
    assert sessions.person(b"") == ""
    for number in range(1, 5):
        sessions.note(b"%d" % number, number)
    assert [sessions.person(b"%d" % number) for number in (1, 2, 4)] == [
        "",
        "person:2",
        "person:4",
    ]
    sessions.note(b"2", 0)
    assert sessions.person(b"2") == "" and sessions.person(b"3") == "person:3"


KEYS = {"first-session-key": 1, "second-session-key": 2}
PIECES = [
    *KEYS, "sessionid", "=", ";", "; ", ",", " ", '"', "\\", "\\146", "{", "}", "path=/", "a",
    "sessionid=first-session-key", "sessionid=second-session-key", "\xe9", "\x01", "$", "\t",
]  # fmt: skip
cookie_headers = st.lists(
    st.one_of(
        st.lists(st.sampled_from(PIECES), max_size=9).map("".join),
        st.text(st.characters(max_codepoint=255, exclude_characters="\0\r\n"), max_size=30),
    ),
    max_size=3,
)


@given(st.lists(cookie_headers, min_size=1, max_size=12))
def test_whatever_is_sent_nobody_counts_as_another(requests):
    """After any requests, a session counts for the person whom Django reads in it, or nobody."""
    visitors = Visitors()

    def read_by_django(cookies: list[str]) -> int:
        request = ASGIRequest(scope_of(cookies), BytesIO())
        return KEYS.get(request.COOKIES.get(settings.SESSION_COOKIE_NAME, ""), 0)

    for cookies in requests:
        scope = scope_of(cookies)
        visitors.admit(scope, NEIGHBOUR)
        scope["state"][SAYS_WHOSE](read_by_django(cookies))
    for cookies in [*requests, [], [""], ["sessionid="], ["path=/"]]:
        counts = visitors.known.person(session_of(scope_of(cookies)))
        found = read_by_django(cookies)
        assert counts == (f"person:{found}" if found else "")
