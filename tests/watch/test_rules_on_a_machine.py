"""Every rule on a real machine: what it is for raises it, and something like it does not."""

import pytest

from pilothouse.control import register
from pilothouse.control.watched import MEASURES
from pilothouse.records.archive.turns import TURNS
from pilothouse.watch.models import Alert
from pilothouse.watch.rules import rules
from pilothouse.wiring.first_rules import RULES
from tests.watch.causes import CAUSES, PROBES
from tests.watch.conftest import NOON
from tests.watch.world import World

FOUNDED = {key for _, key, _ in RULES}


@pytest.fixture
def world(founded):
    register.found([("alert_rule", key, body) for key, body in PROBES.items()], NOON)
    made = World()
    made.insure(1_000)
    made.quote()
    yield made
    TURNS._waiting.clear()


def raised(key):
    return [(one.scope, one.about) for one in Alert.objects.filter(rule=key)]


def test_every_rule_and_every_measure_has_what_fires_it_and_what_must_not():
    assert set(CAUSES) == FOUNDED | set(PROBES)
    bodies = {key: body for _, key, body in RULES} | PROBES
    assert {bodies[key]["measure"] for key in CAUSES} == set(MEASURES)
    for key, one in CAUSES.items():
        assert one.fires is not one.must_not, key


@pytest.mark.parametrize("key", CAUSES)
def test_what_a_rule_is_for_raises_it_once(world, key):
    cause = CAUSES[key]
    world.live(cause.calm_s)
    assert not Alert.objects.exists(), "a calm market raises nothing"
    world.live(cause.seconds, cause.fires)
    assert raised(key) == [(cause.scope, "value")]


@pytest.mark.parametrize("key", CAUSES)
def test_something_like_it_does_not_raise_it(world, key):
    cause = CAUSES[key]
    world.live(cause.calm_s)
    world.live(cause.seconds, cause.must_not)
    assert raised(key) == []


def test_a_calm_market_raises_nothing_though_everything_is_measured(world):
    world.live(330)
    assert not Alert.objects.exists()
    history = world.watchman.history
    for rule in rules():
        scope = CAUSES[rule.key].scope
        assert len(history.samples((rule.measure.name, scope))) > 10, rule.key
