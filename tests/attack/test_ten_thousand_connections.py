"""10,000 connections at the door of a whole exchange that runs: who trades is served as before."""

import contextlib
import os

import pytest

from pilothouse.gate import descriptors
from tests.attack.served import ask, connect, request
from tests.faults.client import Client, judge
from tests.faults.whole import Whole, health, until

pytestmark = [pytest.mark.world, pytest.mark.timeout(3_600)]
CONNECTIONS, BETWEEN = 10_000, 1_000
ADDRESSES = 40
TIME = "/0/public/Time"
KINDS = (
    b"GET / HTTP/1.1\r\nhost: a\r\nx-a: ",
    b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nhalf",
    request(TIME),
    b"",
)
"""Half a head, half a body, a whole request that is kept open, and silence."""


def files_of(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def test_10000_connections_leave_room_for_everybody_else(tmp_path):
    files = descriptors.raise_limit()
    if files < CONNECTIONS + descriptors.RESERVED:
        pytest.skip(f"this machine grants {files:,} open files; {CONNECTIONS:,} are to be opened")
    whole = Whole(tmp_path / "home").up()
    gateway, most, opened = whole.pid("gateway"), 0, 0
    with Client(whole, "crowd") as client, contextlib.ExitStack() as held:
        client.goes_on()
        for number in range(CONNECTIONS):
            address = f"127.0.1.{number % ADDRESSES + 1}"
            held.enter_context(connect(whole.trading, KINDS[number % len(KINDS)], address))
            opened += 1
            if number % BETWEEN == BETWEEN - 1:
                most = max(most, files_of(gateway))
                client.goes_on()
                assert ask(whole.trading, TIME)[0] == 200
        until(lambda: files_of(gateway) < most, "who gives nothing is let go")
        client.goes_on(20)
        for _ in range(20):
            assert ask(whole.trading, TIME)[0] == 200
        assert health(whole.console)["ready"] and health(whole.trading)["ready"]
        assert whole.pid("gateway") == gateway
    failed = [one for one in client.answers if "sendStatus" not in one]
    assert opened == CONNECTIONS and not failed, failed[:3]
    print(f"{opened} connections, at most {most} files of the door at once; {judge(client)}")
    assert whole.stop() == 0
