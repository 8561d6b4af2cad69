"""Trying a rule on what was recorded: the very evaluation that runs live, over the last day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from pilothouse.control.kinds import alert_rule
from pilothouse.language.numbers import DAY_US, SECOND_US
from pilothouse.venue.clock import wall_clock_us
from pilothouse.watch import rules
from pilothouse.watch.evaluation import STEP_MAX_US, Firing, Terms, firings, observed_us
from pilothouse.watch.history import BEAT, History, Samples, recorded
from pilothouse.watch.rules import EXCHANGE, Rule
from pilothouse.watch.watchman import Watchman

BACK_US: Final = DAY_US
TOLD_MOST: Final = 50
"""Firings whose times are told; the count has all of them."""
MINUTE_US: Final = 60 * SECOND_US


class Trial:
    """What change control asks when a rule is previewed; `wiring` connects it."""

    def __init__(self, watchman: Watchman) -> None:
        self._watchman = watchman

    def __call__(self, key: str, body: Mapping[str, Any] | None) -> dict[str, Any]:
        """Return how often a rule of this body would have fired in the last 24 hours, and when."""
        reading = self._watchman.reading
        if body is None or reading is None:
            return {}
        rule = rules.rule_of(key, 0, body)
        scopes = rules.scopes_ever(rule, reading.markets, rules.products())
        return tried(rule, scopes, self._watchman.history, wall_clock_us())


def tried(rule: Rule, scopes: Iterable[str], history: History, now_us: int) -> dict[str, Any]:
    """Return the firings of a rule over what was recorded of its scopes, and how much that was."""
    beat = (BEAT, EXCHANGE)
    keys = [(rule.measure.name, scope) for scope in scopes]
    found = recorded(history, [beat, *keys], now_us - BACK_US, now_us)
    looks = [at_us for at_us, _ in found[beat]]
    fired = [
        (scope, one)
        for name, scope in keys
        if found[name, scope]
        for one in _fired(rule.terms, looks, found[name, scope])
    ]
    fired.sort(key=lambda one: -one[1].from_us)
    return {
        "times_fired": len(fired),
        "minutes_recorded": len({at_us // MINUTE_US for at_us in looks}),
        "rule": {"kind": alert_rule.NAME, "measure": rule.measure.name},
        "alerts": [
            {"scope": scope, "from_us": one.from_us, "until_us": one.until_us or 0}
            for scope, one in fired[:TOLD_MOST]
        ],
    }


def _fired(terms: Terms, looks: list[int], samples: Samples) -> list[Firing]:
    return firings(terms, _worth_a_look(terms, looks, dict(samples)))


def _worth_a_look(
    terms: Terms, looks: list[int], values: dict[int, int]
) -> Iterator[tuple[int, int | None]]:
    # A calm value is within both limits. After enough calm looks in a row the rule is quiet and
    # stays so, whatever came before: of the looks that follow in that run the last alone counts.
    calm_us, before_us = 0, looks[0] if looks else 0
    settled_us = max(terms.clear_us, terms.absent_us) + STEP_MAX_US
    held: tuple[int, int | None] | None = None
    for at_us in looks:
        value = values.get(at_us)
        passed_us, before_us = observed_us(before_us, at_us), at_us
        if value is None or terms.is_beyond(value) or not terms.is_within(value):
            if held is not None:
                yield held
            calm_us, held = 0, None
            yield at_us, value
        elif calm_us <= settled_us:
            calm_us += passed_us
            yield at_us, value
        else:
            held = (at_us, value)
    if held is not None:
        yield held
