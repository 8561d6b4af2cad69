"""A writer that takes a connection and never answers: every wait has an end and says why."""

import asyncio
import contextlib

import numpy as np
import pytest

from pilothouse.language.doors import Doorway
from pilothouse.language.schema import ROW_WORDS
from pilothouse.venue import async_client
from pilothouse.venue.client import AsyncVenueClient, VenueClient, WriterIsAway, WriterIsBusy
from pilothouse.venue.sockets import listen
from tests.venue.counter import order

PATIENCE_S = 0.3


@pytest.fixture
def hung(tmp_path):
    """A socket that takes connections and answers nobody, as a stopped process does."""
    with contextlib.ExitStack() as open_doors:
        for door in (Doorway.GATEWAY, Doorway.TRAFFIC):
            open_doors.enter_context(listen(tmp_path, door))
        yield tmp_path


def test_a_thread_that_sends_is_told_that_the_outcome_is_not_known(hung):
    client = VenueClient(hung, PATIENCE_S)
    with pytest.raises(WriterIsAway, match="may have been executed"):
        client.submit([order(1)])


def test_a_loop_that_sends_is_told_it_too_and_forgets_the_call(hung):
    async def send():
        client = AsyncVenueClient(hung, PATIENCE_S)
        told = await asyncio.gather(
            *(client.submit([order(k)]) for k in range(1, 20)), return_exceptions=True
        )
        waiting = len(client._pending), client._pending_bytes
        await client.close()
        return told, waiting

    told, waiting = asyncio.run(send())
    assert {type(one) for one in told} == {WriterIsAway}
    assert waiting == (0, 0)


def test_what_waits_for_a_hung_writer_is_bounded_and_the_rest_is_not_sent(hung, monkeypatch):
    monkeypatch.setattr(async_client, "PENDING_BYTES_MAX", 1_000)

    async def send():
        client = AsyncVenueClient(hung, PATIENCE_S)
        rows = np.zeros((2, ROW_WORDS), np.int64)
        told = await asyncio.gather(
            *(client.submit_rows(rows) for _ in range(50)), return_exceptions=True
        )
        await client.close()
        return told

    told = asyncio.run(send())
    busy = [one for one in told if isinstance(one, WriterIsBusy)]
    assert len(busy) == 47 and "nothing was executed" in str(busy[0])
