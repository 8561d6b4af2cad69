"""The console's work against one person who asks for all they can, from many sessions: X4.

Everything is shown by events: an application that answers only when it is told to.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from typing import Any

from pilothouse.console.gate import (
    ONLY_POSTS,
    WAITING_OF_ONE,
    WORK,
    WORK_OF_ONE,
    WORK_WAITING,
    WORKING,
    gate_of,
)
from pilothouse.console.known import SAYS_WHOSE
from pilothouse.console.turns import Most, Turns

HELD = "/changes/1/effects/instead"
SESSIONS = 7
ASKED = 434


class Door:
    """A gate before an application that holds `/changes/…` until it is told to answer."""

    def __init__(self) -> None:
        self.ends = asyncio.Event()
        self.working: Counter[str] = Counter()
        self.gate = gate_of(self._answer)

    async def _answer(self, scope: Any, receive: Any, send: Any) -> None:
        who = session_of(scope)
        scope["state"][SAYS_WHOSE](int(who.partition("-")[0]))
        self.working[who] += 1
        if scope["path"] == HELD:
            await self.ends.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def ask(self, session: str, path: str = "/markets", method: str = "GET") -> int:
        told: list[int] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                told.append(message["status"])

        headers = [(b"cookie", b"sessionid=" + session.encode())]
        scope = {
            "type": "http", "path": path, "method": method, "headers": headers, "state": {},
            "client": ("10.0.0.1", 1), "scheme": "http",
        }  # fmt: skip
        await self.gate(scope, receive, send)
        return told[0]

    async def crowd(self, person: int) -> list[asyncio.Task[int]]:
        """Ask with every session of a person for more than anybody may have."""
        mine = [f"{person}-{number}" for number in range(SESSIONS)]
        for one in mine:
            assert await self.ask(one) == 200
        tasks = [
            asyncio.create_task(self.ask(mine[number % SESSIONS], HELD)) for number in range(ASKED)
        ]
        await settle()
        return tasks


def session_of(scope: Any) -> str:
    return str(scope["headers"][0][1].decode().partition("=")[2])


async def settle() -> None:
    """Let every task go as far as it can without anything being answered."""
    for _ in range(50):
        await asyncio.sleep(0)


async def all_of(tasks: list[asyncio.Task[int]], door: Door) -> Counter[int]:
    door.ends.set()
    return Counter(await asyncio.gather(*tasks))


def test_x4_one_person_with_seven_sessions_stops_nobody_else() -> None:
    async def story() -> None:
        door = Door()
        assert await door.ask("2-0") == 200
        tasks = await door.crowd(1)
        refused = [task for task in tasks if task.done()]
        assert len(refused) == ASKED - WORK_OF_ONE - WAITING_OF_ONE
        assert {task.result() for task in refused} == {503}
        for method in ("GET", "POST", "GET"):
            assert await door.ask("2-0", method=method) == 200
        assert not door.ends.is_set(), "all that while the first one's requests were held"
        assert await door.ask("1-0", method="POST") == 503
        told = await all_of(tasks, door)
        assert told[200] == WORK_OF_ONE + WAITING_OF_ONE

    asyncio.run(asyncio.wait_for(story(), 60))


def test_x4_a_decision_has_a_place_while_many_people_look() -> None:
    async def story() -> None:
        door = Door()
        assert await door.ask("9-0") == 200
        tasks = [one for person in range(1, 6) for one in await door.crowd(person)]
        look = asyncio.create_task(door.ask("9-0"))
        await settle()
        assert not look.done(), "every place for looks is taken"
        for _ in range(3):
            assert await door.ask("9-0", method="POST") == 200
        await all_of(tasks, door)
        assert await look == 200

    asyncio.run(asyncio.wait_for(story(), 60))


def test_x4_turns_go_round_by_person_and_not_by_who_came_first() -> None:
    async def story() -> list[str]:
        turns, order = Turns(Most(1, 100, 1, 40, 0)), []
        assert await turns.looks.enter("busy")

        async def one(who: str) -> None:
            assert await turns.looks.enter(who)
            order.append(who)
            turns.looks.leave(who)

        tasks = [asyncio.create_task(one("busy")) for _ in range(40)]
        await settle()
        tasks += [asyncio.create_task(one(who)) for who in ("a", "b", "a")]
        await settle()
        turns.looks.leave("busy")
        await asyncio.gather(*tasks)
        assert len(turns) == 0
        return order

    order = asyncio.run(asyncio.wait_for(story(), 60))
    assert sorted(order[:3]) == ["a", "b", "busy"] and order.index("a", 3) < 6


def test_x4_who_leaves_while_waiting_gives_the_place_back() -> None:
    async def story() -> None:
        turns = Turns(Most(1, 10, 1, 5, 0))
        assert await turns.posts.enter("one")
        waiting = [asyncio.create_task(turns.looks.enter("two")) for _ in range(3)]
        await settle()
        waiting[0].cancel()
        turns.posts.leave("one")  # before the cancelled one has run
        await settle()
        assert waiting[1].done() and not waiting[2].done()
        waiting[2].cancel()
        turns.looks.leave("two")
        with contextlib.suppress(asyncio.CancelledError):
            await waiting[2]
        given = asyncio.create_task(turns.looks.enter("three"))
        await settle()
        assert given.result() and len(turns) == 1
        last = asyncio.create_task(turns.looks.enter("four"))
        await settle()
        turns.looks.leave("three")
        last.cancel()  # it has its turn and never heard of it
        await settle()
        assert len(turns) == 0

    asyncio.run(asyncio.wait_for(story(), 60))


def test_x4_what_one_may_have_is_below_what_all_may() -> None:
    assert WORK_OF_ONE * 3 <= WORKING - ONLY_POSTS
    assert WAITING_OF_ONE * 8 <= WORK_WAITING
    assert (WORK.working, WORK.waiting) == (WORKING, WORK_WAITING)
