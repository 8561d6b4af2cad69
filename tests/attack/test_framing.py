"""Where a request ends is said once, and its head is short, however it is cut into pieces."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
from collections.abc import Callable

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.console.gate import gate_of as console_gate
from pilothouse.gate.addresses import Proxies
from pilothouse.gate.entry import Gate
from pilothouse.gate.framing import (
    BARE,
    FOLDED,
    LENGTHS,
    METHOD,
    SHORTEN,
    TUNNEL,
    TWO_LENGTHS,
    VERSION,
    Framed,
)
from pilothouse.gate.limits import KIB, limits_for
from tests.attack.served import Served, connect, echo, read_answer, served, wait_until
from tests.attack.test_bodies import traders

SMALL = dataclasses.replace(limits_for(400), head_s=3_600, body_s=3_600)
LINE, HOST, CHUNKED = b"POST /a HTTP/1.1\r\n", b"host: a\r\n", b"transfer-encoding: chunked\r\n"
SECOND = b"GET /second HTTP/1.1\r\nhost: a\r\n\r\n"
LIMIT = SMALL.head_bytes
PIECES = (1 << 20, 7_000, LIMIT - 1)


def plain() -> Gate:
    return Gate(echo, SMALL, Proxies())


def console() -> Gate:
    return console_gate(echo, SMALL)


doors = pytest.mark.parametrize("made", [plain, traders, console])


def answered(door: Served, sent: bytes, piece: int = 1 << 20) -> tuple[int, bytes]:
    """Send bytes in pieces; return the first answer, and check that the connection ends after."""
    with connect(door.port) as plug:
        for at in range(0, len(sent), piece):
            try:
                plug.sendall(sent[at : at + piece])
            except OSError:
                break  # it was refused already
        status, body = read_answer(plug)
        assert b"/second" not in body
        with contextlib.suppress(ConnectionError):
            assert plug.recv(1) == b"", "the connection goes on"
    return status, body


@doors
@pytest.mark.parametrize(
    "lengths",
    [
        b"content-length: 4\r\n" + CHUNKED,
        CHUNKED + b"content-length: 4\r\n",
        b"Content-Length: 4\r\nTRANSFER-ENCODING: Chunked\r\n",
        b"content-length: 0\r\n" + CHUNKED,
        b"content-length: 0\r\ncontent-length: 40\r\n",
        b"content-length: 0, 40\r\n",
        b"content-length: 5\r\ncontent-length: 5, 6\r\n",
        CHUNKED + CHUNKED,
        b"transfer-encoding: chunked, chunked\r\n",
        b"transfer-encoding: xchunked\r\n",
        b"content-length: -1\r\n",
        b"content-length: +4\r\n",
    ],
)
def test_a_length_said_twice_is_refused_and_the_connection_ends(
    made: Callable[[], Gate], lengths: bytes
) -> None:
    with served(made()) as door:
        status, said = answered(door, LINE + HOST + lengths + b"\r\n0\r\n\r\n" + SECOND)
        assert status == 400 and door.gate.refused[400] == 1
        both = b"content" in lengths.lower() and b"transfer" in lengths.lower()
        assert not both or said.decode() == TWO_LENGTHS


def test_a_coding_of_http_1_0_is_refused() -> None:
    with served(plain()) as door:
        sent = b"POST /a HTTP/1.0\r\nhost: a\r\n" + CHUNKED + b"\r\n0\r\n\r\n" + SECOND
        status, said = answered(door, sent)
        assert status == 400 and b"Send Content-Length" in said


@pytest.mark.parametrize("length", [b"content-length: 4\r\n\r\nbody", CHUNKED + b"\r\n0\r\n\r\n"])
def test_one_length_is_enough_and_the_connection_goes_on(length: bytes) -> None:
    with served(plain()) as door, connect(door.port, LINE + HOST + length) as plug:
        assert read_answer(plug)[0] == 200
        plug.sendall(SECOND)
        status, body = read_answer(plug)
        assert status == 200 and b"/second" in body


@doors
@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("what", ["uri", "query", "header", "headers", "spaces"])
def test_a_long_head_is_refused_however_it_is_cut(
    made: Callable[[], Gate], what: str, piece: int
) -> None:
    long = 60 * KIB
    sent = {
        "uri": b"GET /" + b"a" * long + b" HTTP/1.1\r\n" + HOST,
        "query": b"GET /?" + b"a" * long + b" HTTP/1.1\r\n" + HOST,
        "header": LINE + HOST + b"x: " + b"a" * long + b"\r\n",
        "headers": LINE + HOST + b"x: a\r\n" * (long // 6),
        "spaces": LINE + HOST + b"x: " + b" " * long + b"a\r\n",
    }[what]
    with served(made()) as door:
        status, said = answered(door, sent + b"\r\n" + SECOND, piece)
        assert status in (400, 0), "it was cut, perhaps before the answer was read"
        assert piece <= LIMIT or not said or SHORTEN in said.decode()
        wait_until(lambda: door.gate.refused[400] == 1)


@pytest.mark.parametrize("piece", PIECES)
def test_a_head_up_to_the_limit_is_taken_with_any_body_behind_it(piece: int) -> None:
    body = b"b" * (200 * KIB)
    head = LINE + HOST + b"content-length: %d\r\nx: " % len(body)
    head += b"a" * (LIMIT - len(head) - 4) + b"\r\n\r\n"
    assert len(head) == LIMIT
    with served(plain()) as door, connect(door.port) as plug:
        for at in range(0, len(head + body), piece):
            plug.sendall((head + body)[at : at + piece])
        assert read_answer(plug)[0] == 200


@pytest.mark.parametrize(
    "rest",
    [
        b"0;" + b"a" * (60 * KIB) + b"\r\n\r\n",
        b"4;" + b"a" * (60 * KIB) + b"\r\nbody\r\n0\r\n\r\n",
        b"0\r\n" + b"x: y\r\n" * (10 * KIB) + b"\r\n",
    ],
    ids=["last extension", "extension", "trailers"],
)
def test_what_is_between_the_pieces_of_a_body_is_bounded(rest: bytes) -> None:
    with served(plain()) as door:
        assert answered(door, LINE + HOST + CHUNKED + b"\r\n" + rest + SECOND)[0] in (400, 0)
        wait_until(lambda: door.gate.refused[400] == 1)


FOUR, ENDS = b"content-length: 4\r\n", b"\r\nbody"
UNCLEAR = {
    "length twice": (LINE + HOST + FOUR + FOUR + ENDS, LENGTHS),
    "length in other capitals": (LINE + HOST + FOUR + FOUR.title() + ENDS, LENGTHS),
    "length as a list": (LINE + HOST + b"content-length: 4, 4\r\n" + ENDS, LENGTHS),
    "folded coding": (LINE + HOST + b"transfer-encoding:\r\n chunked\r\n\r\n0\r\n\r\n", FOLDED),
    "folded length": (LINE + HOST + b"content-length:\r\n\t4\r\n" + ENDS, FOLDED),
    "fold": (LINE + HOST + b"x: a\r\n b\r\n" + FOUR + ENDS, FOLDED),
    "line with a fold": (LINE + b" " + HOST + FOUR + ENDS, FOLDED),
    "bare lines": (b"GET /a HTTP/1.1\nhost: a\n\n", BARE),
    "a bare line": (LINE + HOST + b"x: a\n" + FOUR + ENDS, BARE),
    "bare end": (LINE + HOST + b"x: a\r\n\n", BARE),
    "other bare end": (LINE + HOST + b"x: a\n\r\n", BARE),
    "bare CR": (LINE + HOST + b"x: a\rb: c\r\n" + FOUR + ENDS, BARE),
    "bare trailer": (LINE + HOST + CHUNKED + b"\r\n0\r\nx: y\n\r\n", BARE),
    "bare end of all": (LINE + HOST + CHUNKED + b"\r\n0\r\n\n", BARE),
    "folded trailer": (LINE + HOST + CHUNKED + b"\r\n0\r\nx: y\r\n z\r\n\r\n", FOLDED),
    "bare CR in a piece": (LINE + HOST + CHUNKED + b"\r\n4;\ra\r\nbody\r\n0\r\n\r\n", BARE),
    "HTTP/2.0": (b"GET /a HTTP/2.0\r\n" + HOST + b"\r\n", VERSION),
    "HTTP/0.9": (b"GET /a HTTP/0.9\r\n" + HOST + b"\r\n", VERSION),
    "HTTP/1.2": (b"GET /a HTTP/1.2\r\n" + HOST + b"\r\n", VERSION),
    "small letters": (b"post /a HTTP/1.1\r\n" + HOST + FOUR + ENDS, METHOD),
    "a small letter": (b"PoST /a HTTP/1.1\r\n" + HOST + FOUR + ENDS, METHOD),
    "a tunnel": (b"CONNECT /a HTTP/1.1\r\n" + HOST + ENDS, TUNNEL),
}


@doors
@pytest.mark.parametrize("what", UNCLEAR)
def test_what_two_readers_could_take_otherwise_is_refused(
    made: Callable[[], Gate], what: str
) -> None:
    sent, why = UNCLEAR[what]
    with served(made()) as door:
        status, said = answered(door, sent + SECOND)
        assert (status, said.decode()) == (400, why) and door.gate.refused[400] == 1


def events(sent: bytes, cuts: list[int]) -> tuple[list[object], bytes]:
    """Return what a connection reads of bytes that come in pieces: its heads, and all bodies."""
    framed, heads, body = Framed(LIMIT), [], b""
    for begin, end in itertools.pairwise([0, *cuts, len(sent)]):
        if begin == end:
            continue
        framed.receive_data(sent[begin:end])
        try:
            while (event := framed.next_event()) is not h11.NEED_DATA:
                if isinstance(event, h11.Request):
                    heads.append((event.method, event.target, list(event.headers)))
                elif isinstance(event, h11.Data):
                    body += bytes(event.data)
                elif isinstance(event, h11.EndOfMessage):
                    return [*heads, "end"], body
        except h11.RemoteProtocolError:
            return [framed.fault], b""
    return [*heads, "waits"], body


HONEST = {
    "length": LINE + HOST + FOUR + ENDS,
    "chunked": LINE + HOST + CHUNKED + b"\r\n4;a=b\r\nbody\r\n0\r\nx: y\r\n\r\n",
    "no trailer": LINE + HOST + CHUNKED + b"\r\n1\r\n\n\r\n2\r\n\r\r\r\n0\r\n\r\n",
    "bare bytes in a body": LINE + HOST + b"content-length: 8\r\n\r\n\n\n\r\r\n a\r",
}
PARTS = [*HONEST.values(), *(sent for sent, _ in UNCLEAR.values())]


@given(st.sampled_from(PARTS), st.data())
def test_what_is_read_does_not_depend_on_the_pieces(sent: bytes, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(sent)), max_size=12)))
    whole, judged = events(sent, [])
    assert events(sent, cuts) == (whole, judged)
    assert (whole[-1] == "end") == (sent in HONEST.values())


@given(
    st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b" ", b"x: y", b":", FOUR, HOST, CHUNKED])),
    st.sampled_from([b"GET /a HTTP/1.1\r\n", LINE]),
)
def test_a_head_that_is_taken_has_lines_that_end_alike(pieces: list[bytes], line: bytes) -> None:
    head = line + HOST + b"".join(pieces) + b"\r\n\r\n"
    taken, _ = events(head, [])
    if isinstance(taken[0], tuple):
        assert len(taken[0][2]) == len(head.partition(b"\r\n\r\n")[0].split(b"\r\n")) - 1
        read = head.partition(b"\r\n\r\n")[0].replace(b"\r\n", b"")
        assert b"\n" not in read and b"\r" not in read
