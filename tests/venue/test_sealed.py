"""A span of the journal is stepped by the release that wrote it, whatever runs now."""

import inspect
import shutil
from functools import partial

import pytest

from pilothouse.journal.durable import DurableMark
from pilothouse.journal.releases import ReleaseIsMissing, keep_release
from pilothouse.journal.storage import Files
from pilothouse.journal.trust import trust
from pilothouse.release import HOUSE, digest_of
from pilothouse.venue import recovery, sealed
from pilothouse.venue.follower import Follower, ReplicaIsSealed
from pilothouse.venue.machine import Release
from pilothouse.venue.past import Past, PastIsSealed
from pilothouse.venue.progress import Progress, under_way
from pilothouse.venue.recovery import header_of, recover
from pilothouse.venue.replica import ReleaseCannotTakeOver
from pilothouse.venue.snapshotter import Snapshotter
from pilothouse.venue.verify import verify
from tests.venue import counter
from tests.venue.counter import RELEASE, Counter, order
from tests.venue.running import client_of, running_writer

ORDERS = 12


class Doubling(Counter):
    """The next release: each order counts twice."""

    def _one(self, rows, events):
        before = self.total
        made = super()._one(rows, events)
        self.total += self.total - before
        return made


class Estranged(Counter):
    """A release that cannot read the state of the one before."""

    @classmethod
    def from_bytes(cls, raw):
        raise ValueError("the table orders has other fields")


PRESENT = Release(b"p" * 32, Doubling.empty, Doubling.from_bytes)


@pytest.fixture
def package(tmp_path):
    """Sources of an older release: the language of today and the counter as its engine."""
    made = tmp_path / "older"
    shutil.copytree(HOUSE / "language", made / "language")
    for room in ("rules", "engine"):
        (made / room).mkdir()
        (made / room / "__init__.py").touch()
    (made / "__init__.py").touch()
    source = inspect.getsource(counter)
    start, end = source.index("TOO_SMALL ="), source.index("RELEASE =")
    head = (
        "import json\nfrom dataclasses import dataclass\nimport numpy as np\nimport xxhash\n"
        "from pilothouse.language.commands import PlaceOrder\n"
        "from pilothouse.language.rows import split\n"
        "from pilothouse.language.schema import ROW_WORDS\n"
    )
    (made / "engine" / "machine.py").write_text(head + source[start:end] + "\nMachine = Counter\n")
    return made


@pytest.fixture
def home(tmp_path, package):
    """A home whose journal was written by the older release, whose sources it keeps."""
    home = tmp_path / "home"
    older = Release(digest_of(package), RELEASE.empty, RELEASE.from_bytes)
    with running_writer(home, older):
        trade(home, 1)
    assert keep_release(home, package) == older.digest
    trust(older.digest.hex(), "a test wrote it")
    return home


def trade(home, first):
    with client_of(home) as client:
        for number in range(first, first + ORDERS):
            client.submit([order(number)])


def test_an_older_span_is_stepped_by_its_own_release(home):
    report = verify(home, release=PRESENT)
    assert report.good, report.faults
    assert report.fingerprints_agreed >= 1
    found = recover(home, Files(home), PRESENT, lambda sentence: None)
    assert isinstance(found.replica.machine, Doubling)
    assert found.replica.machine.total == ORDERS


def test_whoever_waits_for_an_older_span_hears_who_steps_it_and_how_far(home, monkeypatch):
    monkeypatch.setattr(recovery, "Progress", partial(Progress, every_s=0))
    said = []
    recover(home, Files(home), PRESENT, said.append)
    (older,) = [one.name[:16] for one in (home / "engines").iterdir()]
    heard = list(filter(None, map(under_way, said)))
    assert f"engine release {older} wrote the journal from command 1 on" in heard[0]
    blocks = DurableMark(Files(home)).block
    steps = [one for one in heard[1:] if "is at work" not in one]
    for number, sentence in enumerate(steps, 1):
        assert sentence.startswith(f"recovery, at block {number} of {blocks}, command ")
        assert sentence.endswith(f", stepped by engine release {older}")
    assert len(steps) == blocks


def test_an_older_release_that_compiles_itself_says_that_it_is_at_work(home, monkeypatch):
    """The child answers nothing for a while, and that is not silence."""
    monkeypatch.setattr(sealed, "PROGRESS_S", 0.01)
    child = home / "slow_child.py"
    slow = "import sys\nimport time\n\ntime.sleep(0.2)\n"
    child.write_text(sealed.CHILD.read_text().replace("import sys\n", slow, 1))
    monkeypatch.setattr(sealed, "CHILD", child)
    (kept,) = (home / "engines").iterdir()
    said = []
    machine = sealed.SealedMachine(home, bytes.fromhex(kept.name), None, said.append)
    try:
        machine.fingerprint()
    finally:
        machine.close()
    heard = list(map(under_way, said))
    at_work = f"engine release {kept.name[:16]} is at work behind command 0, for 0 s so far"
    assert heard and heard[0].startswith(at_work)


def test_the_next_release_goes_on_from_a_seal(home):
    with running_writer(home, PRESENT) as writer:
        trade(home, 100)
        assert writer.machine.total == 3 * ORDERS
        with client_of(home) as client:
            assert client.submit([order(1)])[0].repeated
    report = verify(home, release=PRESENT)
    assert report.good, report.faults
    assert len(report.releases) == 2 and report.snapshots_agreed == 1
    shutil.rmtree(home / "engines")
    with running_writer(home, PRESENT) as writer:
        assert any("Starts from the snapshot" in one for one in writer.said)
        assert writer.machine.total == 3 * ORDERS


def test_a_moment_within_an_older_span_is_not_shown_by_the_present_release(home):
    with running_writer(home, PRESENT):
        trade(home, 100)
    within = header_of(Files(home), 3).time
    with pytest.raises(PastIsSealed, match="decided this"):
        Past(home, release=PRESENT).as_of(within, within)


def test_a_follower_tells_the_events_of_both_releases(home):
    spans = []
    with running_writer(home, PRESENT) as writer:
        trade(home, 100)
        follower = Follower(home, release=PRESENT)
        follower.listen(spans.append)
        follower.start()
        assert follower.wait_for(writer.machine.position, 60), follower.fault
        with follower.machine() as machine:
            assert isinstance(machine, Doubling) and machine.total == 3 * ORDERS
        follower.stop()
    assert sum(len(one.events) for one in spans) == 2 * ORDERS


def test_what_an_older_release_left_is_read_from_the_first_block_of_the_next_on(home):
    follower = Follower(home, release=PRESENT)
    follower.start()
    try:
        assert follower.wait_for(ORDERS, 60), follower.fault
        assert follower.is_sealed and follower.fault is None
        unread = pytest.raises(ReplicaIsSealed, match="Start it with `pilothouse up`")
        with unread, follower.machine():
            pass
        said = []
        assert Snapshotter(follower, say=said.append).take() is None
        with running_writer(home, PRESENT) as writer:
            trade(home, 100)
            assert follower.wait_for(writer.machine.position, 60), follower.fault
            with follower.machine() as machine:
                assert machine.total == 3 * ORDERS
    finally:
        follower.stop()


def test_without_the_sources_it_is_refused_and_said(home):
    shutil.rmtree(home / "engines")
    with pytest.raises(ReleaseIsMissing, match="Put that folder back"):
        recover(home, Files(home), PRESENT, lambda sentence: None)
    report = verify(home, release=PRESENT)
    assert not report.good and "Put that folder back" in report.faults[0]


def test_a_state_that_cannot_be_taken_over_is_refused_and_said(home):
    estranged = Release(b"e" * 32, Estranged.empty, Estranged.from_bytes)
    with pytest.raises(ReleaseCannotTakeOver, match="other fields"):
        recover(home, Files(home), estranged, lambda sentence: None)
