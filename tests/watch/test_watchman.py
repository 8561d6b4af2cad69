"""The watchman looks, keeps what it measured, and knows when clock or replica are off."""

from datetime import timedelta

import pytest

from pilothouse.watch import alerts, rules
from pilothouse.watch.history import BEAT, History, recorded
from pilothouse.watch.models import Alert
from pilothouse.watch.rules import EXCHANGE
from pilothouse.watch.trial import tried
from pilothouse.wiring.first_rules import RULES
from tests.watch.conftest import CONTRACT, SOURCES, read
from tests.watch.world import SCOPE, S, World


@pytest.fixture
def world(founded):
    return World((30_000,))


def test_it_keeps_what_it_measures_and_names_markets(world):
    world.look(3)
    samples = world.watchman.history.samples(("index_sources", SCOPE))
    assert [value for _, value in samples] == [3, 3, 3]
    assert world.watchman.history.samples(("spread", SCOPE)) == [], "absent is no sample"
    (named,) = world.watchman.named
    assert "no orders in the book" in [one.sentence for one in named.reasons]
    assert not world.watchman.is_stale
    world.steady_us += 6 * S
    assert world.watchman.is_stale


def test_a_watchman_that_never_looked_is_stale(world):
    assert world.watchman.is_stale and world.watchman.reading is None


def test_a_jump_of_the_clock_puts_off_what_would_escalate(world):
    world.look()
    rule = rules.rules()[0]
    alert = alerts.raise_alert(rule, SCOPE, Alert.About.VALUE, 1, world.watchman.looked_at)
    due = alert.escalate_at
    world.look(jump_us=7_200 * S)
    alert.refresh_from_db()
    assert alert.escalations == 0 and alert.escalate_at - due == timedelta(hours=2)


def test_a_replica_that_is_catching_up_is_not_judged(world):
    world.wall_us += 7_200 * S
    for _ in range(20):
        world.running.index(60_000)
        world.look()
    assert world.watchman.reading is None and not Alert.objects.exists()
    world.running.now = world.wall_us
    world.running.index(60_000)
    world.look()
    assert world.watchman.reading is not None


def test_d5_a_console_that_starts_while_the_clock_is_held_judges_all_the_same(world):
    """The wall clock is hours ahead and orders come: that is not a replica that is late."""
    world.clock_is_held = True
    world.wall_us += 7_200 * S
    for _ in range(4):
        world.running.index(60_000)
        world.look()
    assert Alert.objects.filter(rule="clock_held").exists()
    values = world.watchman.history.samples(("clock_held", EXCHANGE))
    assert values and values[-1][1] >= 7_190_000


def test_a_replica_that_pauses_for_a_moment_is_still_catching_up(world):
    world.wall_us += 7_200 * S
    world.running.index(60_000)
    for _ in range(10):
        world.watchman.look()
        world.steady_us += S // 10
    assert world.watchman.reading is None
    world.watchman.look()
    assert world.watchman.reading is not None


def test_a_replica_that_replays_an_older_release_is_not_judged(world):
    world.sealed = True
    world.look(60)
    assert world.watchman.looked_at is None and not Alert.objects.exists()
    world.sealed = False
    world.running.now = world.wall_us
    world.running.index(60_000)
    world.look()
    assert world.watchman.reading is not None


def test_a_replica_that_stands_still_is_judged_and_blocks_are_late(world):
    world.look(20)
    assert Alert.objects.get(rule="blocks_late").about == "value"


def test_a_replica_that_stopped_is_told_as_missing_data(world):
    world.look(2)
    world.gone = True
    world.look(40)
    alert = Alert.objects.get(rule="blocks_late")
    assert alert.about == "no_data" and alert.is_open
    world.gone = False
    world.look(31)
    alert.refresh_from_db()
    assert not alert.is_open


def body_of(key):
    return next(body for _, name, body in RULES if name == key)


def recorded_hour(price_moves, start=0):
    history = History(kept_us=10**15)
    for place, value in enumerate(price_moves):
        at_us = start + place * S
        history.keep(at_us, {(BEAT, EXCHANGE): 1, ("price_move", SCOPE): value})
    return history


def test_a_trial_tells_how_often_a_rule_would_have_fired_and_when():
    bad, calm = [40_000] * 30, [0] * 570
    history = recorded_hour((bad + calm) * 3)
    rule = rules.rule_of("x", 0, body_of("price_runs"))
    found = tried(rule, [SCOPE], history, now_us=1_800 * S)
    assert (found["times_fired"], found["minutes_recorded"]) == (3, 30)
    times = [(one["from_us"] // S, one["until_us"] // S) for one in found["alerts"]]
    assert times == [(1_205, 1_290), (605, 690), (5, 90)]
    deaf = rules.rule_of("x", 0, body_of("price_runs") | {"limit": 50_000})
    assert tried(deaf, [SCOPE], history, 1_800 * S)["times_fired"] == 0


def test_a_trial_finds_a_source_that_is_off_by_now():
    history = History(kept_us=10**15)
    for place in range(600):
        late = {("index_age", f"{SCOPE}/3"): 60_000} if place < 300 else {}
        history.keep(place * S, {(BEAT, EXCHANGE): 1, ("index_age", f"{SCOPE}/1"): 0, **late})
    (body,) = [body for _, _, body in RULES if body["measure"] == "index_age"]
    rule = rules.rule_of("x", 0, body)
    markets = read(CONTRACT)
    markets[0].sources = SOURCES[:1]
    found = tried(rule, rules.scopes_ever(rule, markets, {}), history, now_us=600 * S)
    assert [one["scope"] for one in found["alerts"]] == [f"{SCOPE}/3"]


def test_a_trial_over_a_time_without_data_says_how_much_was_recorded():
    rule = rules.rule_of("x", 0, body_of("price_runs"))
    found = tried(rule, [SCOPE], History(), now_us=1_800 * S)
    assert (found["times_fired"], found["minutes_recorded"], found["alerts"]) == (0, 0, [])


def test_the_memory_forgets_what_is_old():
    history = History(kept_us=100 * S)
    key = (BEAT, EXCHANGE)
    for place in range(300):
        history.keep(place * S, {key: place})
    kept = history.samples(key)
    assert 100 <= len(kept) <= 161 and kept[-1] == (299 * S, 299)
    assert history.samples(key, since_us=298 * S) == [(298 * S, 298), (299 * S, 299)]


def test_history_is_read_from_the_archive_and_then_from_memory(db, tmp_path):
    from pilothouse.records.archive import running
    from pilothouse.records.archive.archive import Archive
    from pilothouse.records.archive.keeper import Keeper

    archive, key = Archive(tmp_path), ("price_move", SCOPE)
    running.connect(Keeper(archive))
    try:
        old = recorded_hour([1, 2, 3])
        archive.flush()
        later = recorded_hour([4, 5], start=3 * S)
        found = recorded(later, [key, ("spread", SCOPE)], 0, 100 * S)
        assert [value for _, value in found[key]] == [1, 2, 3, 4, 5]
        assert found["spread", SCOPE] == []
        assert [value for _, value in recorded(old, [key], S, 2 * S)[key]] == [2, 3]
    finally:
        running.disconnect()
