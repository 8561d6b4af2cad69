"""One message to many browsers: replayed by number, dropped for the slow, ended for all."""

import asyncio

from pilothouse.console.live.broadcast import ENDED, QUEUED_MAX, Broadcast


async def _take(feed, many, after=None):
    taken = []
    async for message in feed.listen(after, heartbeat_s=5):
        taken.append(message)
        if len(taken) == many:
            return taken
    return taken


def _numbers(messages):
    return [int(message.split(b"\n")[0].removeprefix(b"id: ")) for message in messages]


def test_a_newcomer_gets_the_last_message_at_once():
    feed = Broadcast()
    for number in (1, 2, 3):
        feed.publish(number, "pulse", b"{}")
    assert _numbers(asyncio.run(_take(feed, 1))) == [3]


def test_who_comes_back_gets_what_was_missed():
    feed = Broadcast()
    for number in (1, 2, 3, 4):
        feed.publish(number, "pulse", b"{}")
    assert _numbers(asyncio.run(_take(feed, 2, after=2))) == [3, 4]


def test_every_listener_gets_the_very_same_bytes():
    feed = Broadcast()

    async def two():
        both = [asyncio.create_task(_take(feed, 1)) for _ in range(2)]
        await asyncio.sleep(0)
        feed.publish(1, "pulse", b'{"a":1}')
        return await asyncio.gather(*both)

    one, other = asyncio.run(two())
    assert one[0] is other[0]
    assert one[0] == b'id: 1\nevent: pulse\ndata: {"a":1}\n\n'


def test_a_slow_listener_loses_the_oldest_and_not_the_newest():
    feed = Broadcast()

    async def slow():
        listening = feed.listen(None, heartbeat_s=5)
        first = asyncio.create_task(anext(listening))
        await asyncio.sleep(0)
        for number in range(1, 21):
            feed.publish(number, "pulse", b"{}")
        await asyncio.sleep(0)
        return [await first] + [await anext(listening) for _ in range(QUEUED_MAX - 1)]

    assert _numbers(asyncio.run(slow()))[-1] == 20


def test_a_quiet_feed_beats():
    feed = Broadcast()

    async def beat():
        return await anext(feed.listen(None, heartbeat_s=0))

    assert asyncio.run(beat()) == b""


def test_a_closed_feed_ends_for_everyone():
    feed = Broadcast()

    async def closing():
        task = asyncio.create_task(_take(feed, 9))
        await asyncio.sleep(0)
        feed.close()
        return await task

    assert asyncio.run(closing()) == [ENDED]
    assert asyncio.run(_take(feed, 9)) == []
