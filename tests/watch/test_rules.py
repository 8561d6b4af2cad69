"""Every rule of the founding fires on what it is for, once, and never on what it is not for."""

import pytest

from pilothouse.control.watched import MEASURES, Taken
from pilothouse.watch import rules
from pilothouse.watch.models import Alert, StandingRow
from pilothouse.wiring.first_rules import RULES
from tests.watch.conftest import CONTRACT, FAMILIES, PAIR, Looks, read

KEYS = [key for _, key, _ in RULES]
BOTH = read(CONTRACT, PAIR)
BY_KEY = {key: body for _, key, body in RULES}


def quiet():
    """A value for every measure and scope that no rule minds."""
    made = {}
    for key in KEYS:
        rule = rules.rule_of(key, 1, BY_KEY[key])
        calm = rule.terms.clear_limit
        for scope in rules.scopes(rule, BOTH, {}):
            made[rule.measure.name, scope] = calm
    return made


def at(key):
    """The rule, the place it is tried at, and a value just beyond its limit."""
    rule = rules.rule_of(key, 1, BY_KEY[key])
    scope = rules.scopes(rule, BOTH, {})[0]
    beyond = rule.terms.limit + (1 if rule.terms.above else -1)
    return rule, (rule.measure.name, scope), beyond


@pytest.mark.parametrize("key", KEYS)
def test_a_rule_fires_once_while_it_lasts_and_resolves_by_itself(founded, key):
    rule, place, beyond = at(key)
    looks = Looks()
    looks.look(quiet() | {place: beyond}, times=BY_KEY[key]["for_s"])
    assert not Alert.objects.exists(), "not before its time"
    looks.look(quiet() | {place: beyond}, times=30)
    alert = Alert.objects.get()
    assert (alert.rule, alert.scope, alert.about) == (key, place[1], "value")
    assert (alert.value, alert.limit, alert.runbook) == (beyond, rule.terms.limit, rule.runbook)
    looks.look(quiet(), times=BY_KEY[key]["clear_s"] + 1)
    alert.refresh_from_db()
    assert (alert.state, alert.resolved_why) == ("resolved", "it cleared")
    assert not StandingRow.objects.exists(), "what is quiet has no row"


@pytest.mark.parametrize("key", KEYS)
def test_a_rule_does_not_fire_at_its_limit_nor_for_a_moment(founded, key):
    rule, place, beyond = at(key)
    looks = Looks()
    looks.look(quiet() | {place: rule.terms.limit}, times=40)
    for _ in range(5):
        looks.look(quiet() | {place: beyond}, times=max(0, BY_KEY[key]["for_s"] - 1))
        looks.look(quiet(), times=2)
    assert not Alert.objects.exists()


@pytest.mark.parametrize("key", KEYS)
def test_a_measure_that_stays_away_is_an_alert_of_its_own(founded, key):
    rule, place, _ = at(key)
    looks = Looks()
    away = quiet() | {place: None}
    looks.look(quiet())
    looks.look(away, times=BY_KEY[key]["absent_s"] - 1)
    assert not Alert.objects.filter(rule=key).exists()
    looks.look(away, times=20)
    alert = Alert.objects.get(rule=key)
    assert (alert.about, alert.value) == ("no_data", None)
    assert alert.title == f"No data: {rule.measure.title}"
    looks.look(quiet(), times=BY_KEY[key]["absent_s"])
    alert.refresh_from_db()
    assert (alert.state, alert.resolved_why) == ("resolved", "the data are back")


def scopes_of(**body):
    rule = rules.rule_of("any", 1, BY_KEY["price_runs"] | body)
    products = {key: frozenset(markets) for key, _, markets in FAMILIES}
    return rules.scopes(rule, BOTH, products)


def test_a_scope_is_the_markets_it_names():
    both = ("market:PF_XBTUSD", "market:XXBTZUSD")
    assert scopes_of(scope="markets") == both
    assert scopes_of(scope="perpetuals") == both[:1]
    assert scopes_of(scope="spot") == both[1:]
    assert scopes_of(scope="market:XXBTZUSD") == both[1:]
    assert scopes_of(scope="product:perpetuals") == both[:1]
    assert scopes_of(scope="product:nosuch") == ()
    sources = tuple(f"market:PF_XBTUSD/{number}" for number in (1, 2, 3))
    assert scopes_of(scope="markets", measure="index_age") == sources
    assert scopes_of(scope="market:PF_XBTUSD", measure="index_deviation") == sources
    assert scopes_of(scope="exchange", measure="reject_rate") == ("exchange",)


def test_every_measure_of_the_exchange_and_of_markets_has_a_place():
    assert {one.taken for one in MEASURES.values()} == set(Taken)
