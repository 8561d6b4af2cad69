"""A request that is refused, with a body that is none: one answer, and nothing in the log."""

import pytest

from pilothouse.console.gate import gate_of as console_gate
from pilothouse.gate.entry import Gate
from pilothouse.gate.limits import limits_for
from tests.attack.served import connect, echo, read_answer, served
from tests.attack.test_bodies import traders

HEAD = b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n"
NO_CHUNK = b"\r\nzz\r\n"
REFUSED = {
    "a socket": HEAD + b"upgrade: websocket\r\n" + NO_CHUNK,
    "a slow cookie": HEAD + b"cookie: a=" + b"\\" * 8_000 + b"\r\n" + NO_CHUNK,
    "a tunnel": b"CONNECT /a HTTP/1.1\r\nhost: a\r\n\r\n",
    "only the body": HEAD + NO_CHUNK,
}


def console() -> Gate:
    return console_gate(echo, limits_for(400))


@pytest.mark.parametrize("how", REFUSED)
@pytest.mark.parametrize("made", [console, traders])
def test_a_request_that_is_refused_twice_is_answered_once(made, how, caplog):
    with served(made()) as door:
        for _ in range(20):
            with connect(door.port, REFUSED[how]) as plug:
                assert read_answer(plug)[0] == 400
        with connect(door.port, b"GET /a HTTP/1.1\r\nhost: a\r\n\r\n") as plug:
            assert read_answer(plug)[0] == 200
    assert not [one for one in caplog.records if one.exc_info]
