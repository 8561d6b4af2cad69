"""The writer takes rows, makes them durable, steps them and answers; and it cannot be forged."""

import asyncio
import errno
import os
import signal
import socket
import stat
import struct
import threading
import time
from collections import Counter

import numpy as np
import pytest

from pilothouse.journal import storage
from pilothouse.journal.appender import JournalFailed
from pilothouse.journal.crash import crash_point
from pilothouse.journal.storage import Files
from pilothouse.language.commands import RecordFingerprint
from pilothouse.language.doors import Doorway
from pilothouse.language.names import Name, Sender
from pilothouse.language.rows import Message, to_rows
from pilothouse.venue.client import AsyncVenueClient, FrameRefused, VenueClient, WriterIsAway
from pilothouse.venue.sockets import socket_path
from pilothouse.venue.wire import FRAME_ROWS_MAX, HEAD
from pilothouse.venue.writer import AnotherWriter, Writer, go_first, pen_of
from tests.journal.blocks import read
from tests.venue.counter import RELEASE, TOO_SMALL, order, order_rows
from tests.venue.running import client_of, running_writer


def test_every_command_is_answered_with_its_place_in_the_journal(tmp_path):
    with running_writer(tmp_path), client_of(tmp_path) as client:
        first, second = client.submit([order(1), order(2, quantity=0)])
        assert (first.position, first.outcome, first.made) == (1, 0, 1)
        assert (second.position, second.outcome) == (2, TOO_SMALL)
        assert client.submit([]) == []


def test_the_same_name_gets_its_first_receipt(tmp_path):
    with running_writer(tmp_path), client_of(tmp_path) as client:
        (first,) = client.submit([order(1)])
        (again,) = client.submit([order(1)])
        assert (again.position, again.made, again.repeated) == (first.position, first.made, True)


def test_an_answered_command_is_in_the_journal_already(tmp_path):
    with running_writer(tmp_path), client_of(tmp_path) as client:
        for number in range(1, 30):
            (receipt,) = client.submit([order(number)])
            assert read(Files(tmp_path))[-1].header.last_position >= receipt.position


def test_many_threads_share_a_client(tmp_path):
    receipts = []

    def send(client, turn):
        receipts.extend(client.submit([order(turn * 100 + k) for k in range(20)]))

    with running_writer(tmp_path) as writer, client_of(tmp_path) as client:
        threads = [threading.Thread(target=send, args=(client, turn)) for turn in range(8)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert sorted(one.position for one in receipts if not one.repeated) == sorted(
            {one.position for one in receipts}
        )
        assert len(receipts) == 160 and writer.machine.total == 160


def test_a_large_load_is_cut_into_frames_between_commands(tmp_path):
    with running_writer(tmp_path) as writer, client_of(tmp_path) as client:
        receipts = client.submit_rows(order_rows(1, 2 * FRAME_ROWS_MAX + 5))
        assert len(receipts) == 2 * FRAME_ROWS_MAX + 5
        assert writer.machine.total == len(receipts)


def test_an_event_loop_has_many_calls_under_way(tmp_path):
    async def send():
        client = AsyncVenueClient(tmp_path, 60)
        answers = await asyncio.gather(*[client.submit([order(k)]) for k in range(200)])
        with pytest.raises(FrameRefused):
            rows = order_rows(900, 1)
            rows[0, 1] = 7
            await client.submit_rows(rows)
        await client.close()
        return [one for (one,) in answers]

    with running_writer(tmp_path):
        receipts = asyncio.run(send())
    assert sorted(one.position for one in receipts) == sorted({one.position for one in receipts})
    assert len(receipts) == 200 and all(one.accepted for one in receipts)


def test_rows_that_are_no_commands_are_refused_and_not_journaled(tmp_path):
    rows = order_rows(1, 3)
    rows[1, 1] = 9
    with running_writer(tmp_path) as writer, client_of(tmp_path) as client:
        with pytest.raises(FrameRefused, match="nothing was executed"):
            client.submit_rows(rows)
        assert client.submit([order(1)])[0].position == 1
        assert writer.machine.total == 1


def test_nobody_else_sends_in_the_writers_name(tmp_path):
    forged = RecordFingerprint(position=1, hi=0, lo=0)
    with running_writer(tmp_path) as writer, client_of(tmp_path) as client:
        with pytest.raises(FrameRefused, match="1022 sender is not of this door"):
            client.submit([order(1), Message(forged, Name(Sender.WRITER, 1, 1))])
        assert writer.machine.position == 0


def test_a_word_of_a_continuation_row_is_no_sender(tmp_path):
    rows = to_rows(order(1))
    longer = np.concatenate([rows, np.full_like(rows, Sender.WRITER)])
    longer[0, 1] = 2
    with running_writer(tmp_path), client_of(tmp_path) as client:
        assert len(client.submit_rows(longer)) == 1


def test_two_writers_on_one_folder_are_impossible(tmp_path):
    with (
        running_writer(tmp_path),
        pytest.raises(AnotherWriter, match="another writer"),
        pen_of(tmp_path),
    ):
        pass
    with pen_of(tmp_path):
        pass


def test_only_the_owner_can_reach_the_socket(tmp_path):
    with running_writer(tmp_path):
        assert stat.S_IMODE(socket_path(tmp_path, Doorway.GATEWAY).stat().st_mode) == 0o600
    assert not socket_path(tmp_path, Doorway.GATEWAY).exists()


def test_a_client_that_announces_too_much_is_cut(tmp_path):
    with running_writer(tmp_path), socket.socket(socket.AF_UNIX) as rude:
        rude.connect(str(socket_path(tmp_path, Doorway.GATEWAY)))
        rude.sendall(HEAD.pack(1, 0, FRAME_ROWS_MAX + 1))
        assert rude.recv(1) == b""


def test_a_client_that_does_not_read_is_cut_and_others_go_on(tmp_path, monkeypatch):
    monkeypatch.setattr("pilothouse.venue.door_side.UNREAD_BYTES_MAX", 1 << 16)
    frame = HEAD.pack(1, 0, 1000) + order_rows(1, 1000).tobytes()
    with running_writer(tmp_path), client_of(tmp_path) as client:
        with socket.socket(socket.AF_UNIX) as slow:
            slow.connect(str(socket_path(tmp_path, Doorway.GATEWAY)))
            with pytest.raises((BrokenPipeError, ConnectionResetError)):
                for _ in range(200):
                    slow.sendall(frame)
        assert client.submit([order(5000)])[0].accepted


def test_time_passes_in_empty_blocks_while_nothing_comes(tmp_path):
    with running_writer(tmp_path) as writer, client_of(tmp_path) as client:
        client.submit([order(1)])
        ticks = writer.machine.ticks
        deadline = time.monotonic() + 20
        while writer.machine.ticks < ticks + 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert writer.machine.ticks >= ticks + 2
    assert 0 in [one.header.commands for one in read(Files(tmp_path))]


def test_the_next_writer_goes_on_where_the_last_one_stopped(tmp_path):
    with running_writer(tmp_path, now=lambda: 9_000), client_of(tmp_path) as client:
        client.submit([order(k) for k in range(10)])
    with running_writer(tmp_path, now=lambda: 5_000) as writer, client_of(tmp_path) as client:
        (receipt,) = client.submit([order(3)])
        assert receipt.repeated and receipt.position == 4
        assert client.submit([order(10)])[0].position > 10
        assert writer.machine.total == 11 and writer.machine.time >= 9_000
    terms = [one.header.term for one in read(Files(tmp_path))]
    assert set(terms) == {1, 2} and terms == sorted(terms)


def test_a_call_without_a_writer_says_that_it_is_away(tmp_path):
    with pytest.raises(WriterIsAway):
        VenueClient(tmp_path, patience_s=0.1).submit([order(1)])

    async def send():
        await AsyncVenueClient(tmp_path, patience_s=0.1).submit([order(1)])

    with pytest.raises(WriterIsAway):
        asyncio.run(send())


def test_calls_that_lose_their_writer_are_answered_by_the_next(tmp_path):
    client = AsyncVenueClient(tmp_path, patience_s=60)

    async def send(first):
        return await asyncio.gather(*[client.submit([order(first + k)]) for k in range(50)])

    async def through_a_restart():
        with running_writer(tmp_path):
            before = await send(1)
        waiting = asyncio.create_task(send(26))
        await asyncio.sleep(0.1)
        assert not waiting.done()
        with running_writer(tmp_path):
            after = await waiting
            await client.close()
        return before, after

    before, after = asyncio.run(through_a_restart())
    assert [one.position for (one,) in after[:25]] == [one.position for (one,) in before[25:]]
    assert [one.repeated for (one,) in after] == [True] * 25 + [False] * 25


@pytest.mark.parametrize("refusal", [None, PermissionError(errno.EPERM, "not for everybody")])
def test_the_writer_asks_to_go_first_and_runs_also_where_it_may_not(monkeypatch, refusal):
    asked = []

    def answer(*words):
        asked.append(words)
        if refusal:
            raise refusal

    monkeypatch.setattr(os, "sched_setscheduler", answer)
    go_first()
    ((thread, policy, given),) = asked
    assert (thread, policy) == (0, os.SCHED_RR | os.SCHED_RESET_ON_FORK)
    assert given.sched_priority == os.sched_get_priority_min(os.SCHED_RR)


def test_the_head_of_a_frame_is_sixteen_bytes():
    assert HEAD.size == 16 == struct.calcsize("<QII")


@pytest.mark.parametrize("call", ["write", "sync"])
@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC, errno.EROFS], ids=errno.errorcode.get)
def test_after_an_error_of_the_disk_the_writer_dies_and_nobody_is_answered(
    tmp_path, monkeypatch, call, number
):
    def broken(*_):
        raise OSError(number, os.strerror(number))

    with pen_of(tmp_path):
        writer = Writer(tmp_path, RELEASE)
        monkeypatch.setattr(storage._RealAppend, call, broken)
        asking = threading.Thread(target=ask_in_vain, args=(tmp_path, order(1), refused := []))
        asking.start()
        with pytest.raises(JournalFailed, match=f"block 1 is not durable.*{os.strerror(number)}"):
            writer.run()
        asking.join()
    assert refused and writer.machine.position == 0


def ask_in_vain(home, message, refused):
    with pytest.raises(WriterIsAway) as away:
        VenueClient(home, patience_s=0.5).submit([message])
    refused.append(away)


def test_a_crash_point_kills_only_when_it_is_asked_for_by_name_and_pass(monkeypatch):
    killed = []
    monkeypatch.setattr(os, "kill", lambda process, number: killed.append((process, number)))
    crash_point("fsync")
    monkeypatch.setenv("PILOTHOUSE_CRASH_AT", "fsync:2")
    monkeypatch.setattr("pilothouse.journal.crash._passed", Counter())
    crash_point("append")
    crash_point("fsync")
    assert not killed
    crash_point("fsync")
    crash_point("fsync")
    assert killed == [(os.getpid(), signal.SIGKILL)]
