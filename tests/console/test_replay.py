"""The console says on every page that a replay leads an index, and what it knows of it."""

import time

import pytest

from pilothouse.console.live.ticker import PANELS
from pilothouse.venue.index_replay import run as files
from pilothouse.venue.index_replay.bars import read_bars
from pilothouse.venue.index_replay.begin import Present, Wish, begin
from pilothouse.venue.index_replay.run import Progress, State
from tests.control.conftest import Team
from tests.venue.bar_files import write_bars

JSON = {"Accept": "application/json"}
PRESENT = Present("PF_SOLUSD", 4, "SOL", 146 * 10**12, (1, 2, 3))


@pytest.fixture
def viewer(db, client, settings, tmp_path):
    backend = "django.contrib.auth.backends.ModelBackend"
    settings.AUTHENTICATION_BACKENDS = [*settings.AUTHENTICATION_BACKENDS, backend]
    settings.PILOTHOUSE_HOME = tmp_path
    client.force_login(Team().auditor, backend)
    return client


@pytest.fixture
def replayed(tmp_path):
    """Begin a replay of four minutes; return what lets it stand somewhere."""
    bars = read_bars(write_bars(tmp_path / "falling.csv"))
    begin(tmp_path, Wish(bars, instead=True, speed_milli=12_500), PRESENT, 1)

    def stand(told, state=State.RUNNING, silent_s=0):
        beat = time.time_ns() // 1_000 - silent_s * 1_000_000
        price = 96_360_000_000_000
        files.write(
            tmp_path,
            Progress(state, told=told, price_e12=price, speed_milli=12_500, beat_us=beat),
        )

    return stand


def test_every_page_says_that_a_replay_is_on(viewer, replayed):
    replayed(told=119)
    for address in ("/", "/audit", "/changes", "/replay"):
        page = viewer.get(address).content.decode()
        for words in ("Index replay running", "PF_SOLUSD", "falling.csv", "12.5× speed", "50 %"):
            assert words in page, f"{address} does not say {words}"


def test_its_page_answers_exact_facts(viewer, replayed):
    replayed(told=119)
    facts = viewer.get("/replay", headers=JSON).json()["replay"]
    assert facts["speed_milli"] == 12_500 and facts["done_ppm"] == 500_000
    assert facts["price_e12"] == 96_360_000_000_000
    assert facts["since_the_first_ppm"] == -340_000
    assert facts["sources"] == [1, 2, 3] and facts["steps"] == 240
    assert "−34 %" in viewer.get("/replay").content.decode()


def test_the_strip_is_drawn_anew_when_what_it_says_changes(viewer, replayed):
    replayed(told=0)
    before = PANELS["replay"](None)
    assert f'data-digest="{before}"' in viewer.get("/replay/banner").content.decode()
    for other in ({"told": 60}, {"told": 0, "state": State.PAUSED}, {"told": 0, "silent_s": 9}):
        replayed(**other)
        assert PANELS["replay"](None) not in (before, "")
    assert "interrupted" in viewer.get("/replay/banner").content.decode()


@pytest.mark.parametrize("end", [State.FINISHED, State.STOPPED])
def test_a_replay_that_is_over_has_a_page_and_no_strip(viewer, replayed, end):
    replayed(told=239, state=end)
    assert "replay-banner" not in viewer.get("/audit").content.decode()
    assert PANELS["replay"](None) == ""
    assert str(end) in viewer.get("/replay").content.decode()


def test_without_a_replay_nothing_is_said(viewer):
    assert "replay-banner" not in viewer.get("/audit").content.decode()
    assert "Nothing was replayed" in viewer.get("/replay").content.decode()
    assert viewer.get("/replay", headers=JSON).json() == {"replay": None}
