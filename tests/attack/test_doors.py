"""Attacks at the writer's sockets: each door says what is its own, and no door stops another."""

import contextlib
import os
import resource
import socket
import stat
import threading
from dataclasses import fields
from functools import partial

import numpy as np
import pytest

from pilothouse.language.doors import DOORS, GOVERNED, WRITERS_OWN, Doorway, door_of
from pilothouse.language.kinds import CauseKind
from pilothouse.language.names import NO_CAUSE, SENDERS_MAX, Cause, Name, Sender
from pilothouse.language.refusals import (
    COMMAND_IS_NOT_OF_THIS_DOOR,
    MALFORMED_COMMAND,
    SENDER_IS_NOT_OF_THIS_DOOR,
)
from pilothouse.language.rows import Message, to_rows
from pilothouse.language.schema import COMMANDS, ROW_WORDS
from pilothouse.venue import door_side
from pilothouse.venue.client import FrameRefused, VenueClient
from pilothouse.venue.door_side import CONNECTIONS_MAX
from pilothouse.venue.doors import Doors
from pilothouse.venue.sockets import connect, read_counts, socket_path
from pilothouse.venue.wire import FRAME_ROWS_MAX, HEAD, RECEIPT_BYTES, refusal_at
from pilothouse.watch import doors as watch_doors
from tests.venue.counter import order, order_rows
from tests.venue.running import running_writer

FOUNDS = {"CreateExchange", "OpenAccount"}
CHANGE = Cause(CauseKind.CHANGE, 777)
PATIENCE_S = 120


def head(number, sender, cause=NO_CAUSE):
    row = np.zeros((1, ROW_WORDS), np.int64)
    row[0, :7] = number, 1, sender, 1, 1, cause.kind, cause.id
    return row


def test_every_command_has_its_doors_and_every_sender_at_most_one():
    said = {number for powers in DOORS.values() for number in powers.commands}
    assert said | WRITERS_OWN == set(COMMANDS) and not said & WRITERS_OWN
    assert set(DOORS) == set(Doorway)
    for sender in range(SENDERS_MAX):
        assert sum(sender in powers.senders for powers in DOORS.values()) <= 1
    assert door_of(Sender.WRITER) is None and door_of(Sender.REHEARSAL) is None


def test_what_moves_money_or_governs_has_the_one_door_it_is_meant_for():
    for number, command in COMMANDS.items():
        doors = {door for door, powers in DOORS.items() if number in powers.commands}
        if command.__name__ in FOUNDS:
            assert doors == {Doorway.FOUNDING}, command
        if command.__name__ == "Deposit":
            # Invented traffic brings invented money; its door is shut where money is real.
            assert doors == {Doorway.FOUNDING, Doorway.TRAFFIC}
        if number in GOVERNED:
            assert doors <= {Doorway.FOUNDING, Doorway.IMPORT, Doorway.CONSOLE}, command
    assert DOORS[Doorway.CONSOLE].commands == GOVERNED
    assert DOORS[Doorway.CONSOLE].causes == {CauseKind.CHANGE}
    for door in (Doorway.FOUNDING, Doorway.IMPORT):
        assert DOORS[door].causes == {CauseKind.GENESIS}


@pytest.mark.parametrize("door", Doorway)
def test_the_whole_matrix_of_senders_and_commands(door):
    powers = DOORS[door]
    for sender in range(-1, SENDERS_MAX + 2):
        for number in [*COMMANDS, 0, -1, 10**6]:
            for cause in (NO_CAUSE, CHANGE, Cause(CauseKind.GENESIS, 1)):
                said = refusal_at(powers, head(number, sender, cause))
                if sender not in powers.senders:
                    assert said == SENDER_IS_NOT_OF_THIS_DOOR
                elif number not in powers.commands or (
                    number in GOVERNED and powers.causes and cause.kind not in powers.causes
                ):
                    assert said == COMMAND_IS_NOT_OF_THIS_DOOR
                else:
                    assert said == 0


def made(number):
    """A command of a number with words that mean nothing."""
    command = COMMANDS[number]
    kinds = {slot.name: slot for slot in command.layout.slots}
    plain = {one.name: 1 for one in fields(command)}
    for name, slot in kinds.items():
        if slot.of is not None:
            plain[name] = ()
        elif slot.words > 1 or slot.kind is str:
            plain[name] = "x"
    return command(**plain)


def test_the_gateway_cannot_make_money_govern_or_speak_for_others(tmp_path):
    refused = 0
    with running_writer(tmp_path) as writer:
        watched = watch_doors.Doors([], partial(read_counts, tmp_path), clock=lambda: 0)
        assert watched.heard().at_sockets == 0
        client = VenueClient(tmp_path, PATIENCE_S, door=Doorway.GATEWAY)
        for number in sorted(set(COMMANDS) - DOORS[Doorway.GATEWAY].commands):
            message = Message(made(number), Name(Sender.GATEWAY, 1, 1), CHANGE)
            with pytest.raises(FrameRefused, match="1023 command is not of this door"):
                client.submit([order(1), message])
            refused += 1
        for sender in (Sender.CONTROL, Sender.GENESIS, Sender.INDEX, Sender.WRITER, 32, 63):
            with pytest.raises(FrameRefused, match="1022 sender is not of this door"):
                client.submit([order(1, sender=sender)])
        # A frame is refused whole, and what is allowed goes on afterwards.
        assert writer.machine.position == 0
        assert client.submit([order(1)])[0].accepted
        counted = writer.doors.counts()["gateway"]
        assert counted[str(int(COMMAND_IS_NOT_OF_THIS_DOOR))] == refused
        assert counted[str(int(SENDER_IS_NOT_OF_THIS_DOOR))] == 6
        while read_counts(tmp_path).get("gateway") != counted:
            client.submit([order(1)])
        assert watched.heard().at_sockets == refused + 6
        assert any("the doors refused so far" in one for one in writer.said)
        client.close()


def test_a_gateway_that_was_taken_over_finds_no_other_words_at_any_rate(tmp_path):
    with running_writer(tmp_path) as writer, connect(tmp_path, Doorway.GATEWAY, 60) as link:
        rows = to_rows(Message(made(150), Name(Sender.GATEWAY, 1, 1)))
        link.sendall(b"".join(HEAD.pack(k, 0, 1) + rows.tobytes() for k in range(1_000)))
        heads = [HEAD.unpack(receive(link, HEAD.size)) for _ in range(1_000)]
        assert {one[1] for one in heads} == {int(COMMAND_IS_NOT_OF_THIS_DOOR)}
        assert [one[0] for one in heads] == list(range(1_000))
        assert writer.machine.position == 0


def receive(link, size):
    raw = bytearray()
    while len(raw) < size:
        raw += link.recv(size - len(raw)) or pytest.fail("the writer closed the connection")
    return bytes(raw)


def test_c7_five_thousand_malformed_frames_end_nothing(tmp_path):
    rows = order_rows(1, 1)
    rows[0, 1] = 5
    burst = b"".join(HEAD.pack(k, 0, 1) + rows.tobytes() for k in range(5_000))
    with running_writer(tmp_path) as writer, connect(tmp_path, Doorway.GATEWAY, 60) as link:
        sending = threading.Thread(target=link.sendall, args=(burst,))
        sending.start()
        for k in range(5_000):
            assert HEAD.unpack(receive(link, HEAD.size)) == (k, MALFORMED_COMMAND, 0)
        sending.join()
        client = VenueClient(tmp_path, PATIENCE_S)
        assert client.submit([order(1)])[0].position == 1
        assert writer.machine.total == 1
        client.close()


def test_frames_without_rows_are_answered_and_end(tmp_path):
    with running_writer(tmp_path), connect(tmp_path, Doorway.GATEWAY, 60) as link:
        link.sendall(b"".join(HEAD.pack(k, 0, 0) for k in range(3_000)))
        assert [HEAD.unpack(receive(link, HEAD.size))[0] for _ in range(3_000)] == [*range(3_000)]


def test_a_door_that_is_flooded_leaves_others_their_share(tmp_path):
    doors = Doors(tmp_path)
    flood = connect(tmp_path, Doorway.TRAFFIC)
    flood.setblocking(False)
    quiet = connect(tmp_path, Doorway.GATEWAY)
    prices = order_rows(1, FRAME_ROWS_MAX)
    prices[:, 2] = Sender.SIMULATION
    large = memoryview(HEAD.pack(1, 0, FRAME_ROWS_MAX) + prices.tobytes())
    sent = 0
    try:
        side = {str(one.door): one for one in doors.sides}
        while side["traffic"].arrived < 3 * len(large):
            doors.wait(0)
            with contextlib.suppress(BlockingIOError):
                sent += flood.send(large[sent % len(large) :])
        small = [HEAD.pack(k, 0, 1) + order_rows(k, 1).tobytes() for k in range(500)]
        quiet.sendall(b"".join(small))
        while side["gateway"].arrived < 500 * 144:
            doors.wait(1)
        taken = doors.frames(16_384)
        of = [client.side.door for client, _ in taken]
        assert of.count(Doorway.GATEWAY) == 500 and of.count(Doorway.TRAFFIC) >= 1
    finally:
        flood.close(), quiet.close(), doors.close()


def test_what_waits_behind_one_door_is_bounded_and_nobody_is_locked_in(tmp_path, monkeypatch):
    monkeypatch.setattr(door_side, "DOOR_WAITING_BYTES_MAX", 1 << 20)
    doors = Doors(tmp_path, [Doorway.GATEWAY])
    raw = HEAD.pack(1, 0, 1_000) + order_rows(1, 1_000).tobytes()
    links = [connect(tmp_path, Doorway.GATEWAY) for _ in range(20)]
    left = dict.fromkeys(range(20), raw * 10)
    try:
        for _ in range(400):
            doors.wait(0)
            for k, link in enumerate(links):
                link.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    left[k] = left[k][link.send(left[k]) :] if left[k] else b""
        side = doors.sides[0]
        assert side.arrived <= (1 << 20) + 20 * (door_side.FRAME_BYTES_MAX + (1 << 18))
        taken = 0
        while taken < 200:
            doors.wait(0)
            taken += len(doors.frames(16_384))
            for k, link in enumerate(links):
                with contextlib.suppress(BlockingIOError):
                    left[k] = left[k][link.send(left[k]) :] if left[k] else b""
        assert not any(left.values()) and side.arrived == 0
    finally:
        for link in links:
            link.close()
        doors.close()


def test_a_door_full_of_idle_connections_still_opens(tmp_path):
    with running_writer(tmp_path) as writer:
        idle = [connect(tmp_path, Doorway.CONSOLE) for _ in range(3 * CONNECTIONS_MAX)]
        client = VenueClient(tmp_path, PATIENCE_S)
        assert client.submit([order(1)])[0].accepted
        late = connect(tmp_path, Doorway.CONSOLE, 60)
        late.sendall(HEAD.pack(9, 0, 1) + order_rows(1, 1).tobytes())
        assert HEAD.unpack(receive(late, HEAD.size))[1] == SENDER_IS_NOT_OF_THIS_DOOR
        assert len(writer.doors.sides[2].clients) <= CONNECTIONS_MAX
        assert writer.doors.counts()["console"]["let_go"] >= 2 * CONNECTIONS_MAX
        for one in [*idle, late]:
            one.close()
        client.close()


def test_a_process_of_another_user_is_a_stranger(tmp_path, monkeypatch):
    monkeypatch.setattr("pilothouse.venue.sockets.os.geteuid", lambda: os.getuid() + 1)
    doors = Doors(tmp_path, [Doorway.GATEWAY])
    link = connect(tmp_path, Doorway.GATEWAY, 60)
    try:
        while not doors.sides[0].strangers:
            doors.wait(1)
        assert link.recv(1) == b"" and not doors.sides[0].clients
    finally:
        link.close(), doors.close()


def test_sockets_are_the_owners_alone(tmp_path):
    with running_writer(tmp_path):
        for door in Doorway:
            path = socket_path(tmp_path, door)
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="no descriptors as paths here")
def test_a_home_with_a_path_longer_than_an_address_works(tmp_path):
    home = tmp_path / ("long" * 30) / ("ä" * 40)
    home.mkdir(parents=True)
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    with running_writer(home):
        client = VenueClient(home, PATIENCE_S)
        assert client.submit([order(1)])[0].accepted
        client.close()
        plain = socket.socket(socket.AF_UNIX)
        with plain, pytest.raises(OSError, match="too long"):
            plain.connect(str(socket_path(home, Doorway.GATEWAY)))
    assert not socket_path(home, Doorway.GATEWAY).exists()
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == before


def test_answers_are_as_long_as_their_receipts(tmp_path):
    with running_writer(tmp_path), connect(tmp_path, Doorway.GATEWAY, 60) as link:
        link.sendall(HEAD.pack(1, 0, 2) + order_rows(1, 2).tobytes())
        assert HEAD.unpack(receive(link, HEAD.size)) == (1, 0, 2)
        assert len(receive(link, 2 * RECEIPT_BYTES)) == 2 * RECEIPT_BYTES
