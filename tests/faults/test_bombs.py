"""What eats memory is ended before the exchange: P32.

The kernel killed a database because of one query, or of workers beside it. Here queries are the
first to go, then invented traffic, the console, the gateway, and the writer last.
"""

import os
import threading
import time
from pathlib import Path

import pytest

from pilothouse.records.archive.confine import OOM_SCORE
from pilothouse.records.archive.process import told_by_a_process
from pilothouse.records.archive.refusals import Refused
from pilothouse.wiring import victims
from pilothouse.wiring.parts import Part
from pilothouse.wiring.victims import SCORES
from tests.attack.sql_worlds import request
from tests.attack.test_sql_process import BOMBS
from tests.faults.whole import Whole, health, until

pytestmark = pytest.mark.timeout(900)
ALL_TOGETHER_BYTES = 2 << 30
"""What five queries at once may take, of a machine that has no more."""
ORDER = (Part.TRAFFIC, Part.CONSOLE, Part.GATEWAY, Part.WRITER)
"""Who is ended before whom."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    made = Whole(tmp_path_factory.mktemp("whole") / "home").up()
    yield made
    assert made.stop() == 0, "".join(made.said)


def score(pid):
    return int(Path(f"/proc/{pid}/oom_score_adj").read_text())


def test_p32_every_part_is_ended_before_the_writer_and_queries_before_every_part(whole):
    offered = {part: SCORES[part] for part in ORDER if part is not Part.WRITER}
    until(lambda: {part: score(whole.pid(part)) for part in offered} == offered, "all are offered")
    writer = score(whole.pid(Part.WRITER))
    assert writer <= score(os.getpid()), "and the writer is not"
    scores = [OOM_SCORE, *offered.values(), writer]
    assert scores == sorted(set(scores), reverse=True)


def test_p32_five_bombs_at_once_end_no_part_and_take_no_more_than_two_gigabytes(whole, client):
    before = {part: whole.pid(part) for part in ORDER}
    ended, most = [], 0

    def throw(sql):
        with pytest.raises(Refused) as refused:
            told_by_a_process(request(sql))
        ended.append(refused.value.refusal.number)

    crowd = [threading.Thread(target=throw, args=(BOMBS[k % 3],)) for k in range(5)]
    for one in crowd:
        one.start()
    while any(one.is_alive() for one in crowd):
        most = max(most, bytes_of_queries())
        time.sleep(0.02)
    # Of five at once one may run out of time before it runs out of memory.
    assert len(ended) == 5 and set(ended) <= {3005, 3011, 3012}
    assert 0 < most <= ALL_TOGETHER_BYTES
    assert {part: whole.pid(part) for part in ORDER} == before
    client.goes_on()
    assert health(whole.trading)["ready"]


def bytes_of_queries():
    """Return the memory that this process's queries have at this moment."""
    return sum(map(resident, children(os.getpid())))


def children(pid):
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(one) for task in tasks for one in task.read_text().split()]


def resident(pid):
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes()
        pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
    except (OSError, IndexError):
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE") if b"archive.child" in words else 0


def test_p32_a_part_without_the_right_to_be_spared_runs_all_the_same(monkeypatch, tmp_path):
    for kept in (tmp_path / "none" / "score", tmp_path):
        monkeypatch.setattr(victims, "SCORE", kept)
        victims.offer(Part.WRITER)
    monkeypatch.setattr(victims, "SCORE", tmp_path / "score")
    for part in Part:
        victims.offer(part)
        assert int((tmp_path / "score").read_text()) == SCORES.get(part, 0) < OOM_SCORE
