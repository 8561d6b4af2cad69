"""P11: what follows the journal is killed again and again under load, and equals it at the end.

A follower that does not commit its cursor together with its effect loses rows or has them twice.
`PILOTHOUSE_KILLS` says how often; a thousand take some hours.
"""

import os
import random
import sqlite3
import time
from contextlib import closing
from dataclasses import replace

import pytest

from pilothouse.journal.durable import DurableMark
from pilothouse.journal.storage import Files
from pilothouse.language.events import MarketStatusSet
from pilothouse.language.rows import from_event_row
from pilothouse.records.archive.exchange_tables import JOURNAL_TABLES
from pilothouse.records.history import History
from pilothouse.records.kept import kept, recalled
from pilothouse.venue.follower import Follower
from tests.faults.client import Client, judge
from tests.faults.whole import AT_ONCE, WAIT_S, Whole, health, until
from tests.records.archive_worlds import Judge
from tests.records.test_archive_equals_journal import archived_blocks, in_files

KILLS = int(os.environ.get("PILOTHOUSE_KILLS", "25"))
SEED = int(os.environ.get("PILOTHOUSE_SEED", "1"))

pytestmark = [pytest.mark.world, pytest.mark.timeout(3_600 + 60 * KILLS)]


def test_p11_followers_killed_again_and_again_equal_the_journal(tmp_path, table):
    whole, chance = Whole(tmp_path / "home", rate=100, command=AT_ONCE).up(), random.Random(SEED)
    with Client(whole, "p11") as client:
        client.goes_on()
        for turn in range(KILLS):
            (kill_a_gateway if turn % 4 == 3 else kill_a_console)(whole, chance)
        for part in ("gateway", "console"):
            whole.back(part, 0)
        client.goes_on()
    judged = judge(client)
    assert whole.stop() == 0, "".join(whole.said)
    spans = told_from_the_start(whole.home)
    counts = [one(whole.home, spans) for one in (archive, alerts, statuses, kept_orders)]
    code, said = whole.verify()
    assert code == 0, said
    print("; ".join([f"{whole.tried} kills", *counts]))
    table(whole.tried, judged)


def kill_a_console(whole, chance):
    """Kill it at its start, or after it archived more than the one before."""
    before = archived_blocks(whole.home)
    until(lambda: whole.pid("console") != 0, "a console runs")
    if chance.random() < 0.3:
        time.sleep(chance.uniform(0, 5))
    else:
        until(lambda: archived_blocks(whole.home) > before, "more is archived")
        time.sleep(chance.uniform(0, 0.5))
    replaced(whole, "console")


def kill_a_gateway(whole, chance):
    until(lambda: health(whole.trading).get("ready", False), "a gateway is ready")
    time.sleep(chance.uniform(0, 0.5))
    replaced(whole, "gateway")


def replaced(whole, part):
    before = whole.hurt(part)
    until(lambda: whole.pid(part) not in (0, before), f"{part} is another process")


def told_from_the_start(home):
    """Return every block of the journal and what it did, stepped anew."""
    spans, follower = [], Follower(home)
    follower.listen(
        lambda one: spans.append(
            replace(
                one, rows=one.rows.copy(), receipts=one.receipts.copy(), events=one.events.copy()
            )
        )
    )
    follower.start()
    try:
        end = DurableMark(Files(home)).block
        until(lambda: follower.fault or len(spans) == end, "the journal is stepped", 4 * WAIT_S)
        assert not follower.fault, follower.fault
    finally:
        follower.stop()
    return spans


def archive(home, spans):
    """Every table of the archive has the rows and the sums of the journal, up to its cursor."""
    blocks = archived_blocks(home)
    judge = Judge(spans[:blocks])
    rows, sums = in_files(home, judge.sums)
    assert {one.name: rows.get(one.name, 0) for one in JOURNAL_TABLES} == {
        one.name: judge.rows[one.name] for one in JOURNAL_TABLES
    }
    assert sums == {where: total for where, total in judge.sums.items() if where in sums}
    assert all(where in sums or not total for where, total in judge.sums.items())
    return f"{blocks} blocks archived, {rows['fills']} fills"


def asked(home, question):
    with closing(sqlite3.connect(home / "pilothouse.sqlite3")) as database:
        return database.execute(question).fetchall()


def alerts(home, spans):
    """Each turn of an alert was told once, and nothing was told of no turn."""
    told = asked(
        home,
        "SELECT a.escalations, a.resolved_at IS NOT NULL, "
        "coalesce(sum(n.event = 'alert.raise'), 0), coalesce(sum(n.event = 'alert.escalate'), 0), "
        "coalesce(sum(n.event = 'alert.resolve'), 0) FROM watch_alert a "
        "LEFT JOIN desk_notice n ON n.subject = 'alert:' || a.id GROUP BY a.id",
    )
    wrong = [one for one in told if one[2:] != (1, one[0], one[1])]
    assert told and not wrong, wrong
    return f"{len(told)} alerts told once"


def statuses(home, spans):
    """Every move of a market's status that the journal has is kept once."""
    number = MarketStatusSet.number
    happened = [
        from_event_row(row).event
        for one in spans
        for row in one.events[one.events[:, 0] == number]
    ]
    there = asked(home, "SELECT market, version FROM desk_statusrow ORDER BY 1, 2")
    assert there == sorted({(one.market, one.version) for one in happened})
    assert not asked(home, "SELECT 1 FROM control_reconciled WHERE verdict = 'differs'")
    return f"{len(there)} moves of statuses"


def kept_orders(home, spans):
    """What the gateway kept is the fold of the journal up to the block it names."""
    found, history = kept(Files(home)), History()
    assert found is not None
    for one in spans[: found.block]:
        history.fold(one)
    assert recalled(found).remembered() == history.remembered()
    return f"{len(found.orders)} orders kept"
