"""The one evaluation of a rule: its terms, where it stands, one look at its measure. Pure.

Time is what was observed: a step too long to have been observed counts as one look, and none
when the clock went back. So neither a jump of the clock nor an hour without a watch is taken for
an hour of a bad value, of a good one, or of none. The same function runs live and over history.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from pilothouse.language.numbers import SECOND_US

LOOK_US: Final = SECOND_US
"""How far apart two looks are."""
STEP_MAX_US: Final = 5 * LOOK_US
"""A longer step was not observed: a jump of the clock, or a time without a watch."""


@dataclass(frozen=True)
class Terms:
    """When a rule fires. Limits in the unit of its measure, durations in microseconds.

    It fires when the value has been beyond the limit for `for_us`, and clears when it has been
    within `clear_limit` for `clear_us`; between the two limits it stays as it is. A look without a
    value counts towards neither and stops neither. Once `absent_us` more was unseen than seen, its
    data are missing, which is an alert of its own; it ends when as much was seen again.
    """

    above: bool
    limit: int
    clear_limit: int
    for_us: int
    clear_us: int
    absent_us: int

    def is_beyond(self, value: int) -> bool:
        """Tell whether a value is beyond the limit."""
        return value > self.limit if self.above else value < self.limit

    def is_within(self, value: int) -> bool:
        """Tell whether a value is within the limit at which the rule clears."""
        return value <= self.clear_limit if self.above else value >= self.clear_limit


@dataclass(frozen=True)
class Standing:
    """Where a rule stands for one scope. Durations are observed time; None is not counting."""

    at_us: int
    beyond_us: int | None = None
    within_us: int | None = None
    unseen_us: int = 0
    firing: bool = False
    missing: bool = False

    @property
    def is_quiet(self) -> bool:
        """Tell whether nothing is under way: what need not be remembered."""
        return not (self.firing or self.missing or self.unseen_us) and self.beyond_us is None


def observed_us(before_us: int, at_us: int) -> int:
    """Return how much of the time between two looks counts as observed."""
    passed_us = max(0, at_us - before_us)
    return passed_us if passed_us <= STEP_MAX_US else LOOK_US


def look(terms: Terms, before: Standing | None, at_us: int, value: int | None) -> Standing:
    """Return where a rule stands after one look at its measure."""
    was = before or Standing(at_us)
    passed_us = observed_us(was.at_us, at_us)
    if value is None:
        return _unseen(terms, was, at_us, passed_us)
    # Time that was seen takes back as much of the unseen: a value now and then hides no gap.
    unseen_us = max(0, was.unseen_us - passed_us)
    missing = was.missing and unseen_us > 0
    seen = replace(was, at_us=at_us, unseen_us=unseen_us, missing=missing)
    if was.firing:
        return _while_firing(terms, seen, value, passed_us)
    return _while_quiet(terms, seen, value, passed_us)


def _unseen(terms: Terms, was: Standing, at_us: int, passed_us: int) -> Standing:
    # What cannot be seen neither fires nor clears. What was counted so far waits for the next
    # value, until the data are missing: then it begins anew.
    unseen_us = min(was.unseen_us + passed_us, terms.absent_us)
    missing = was.missing or unseen_us >= terms.absent_us
    if missing:
        return Standing(at_us, unseen_us=unseen_us, firing=was.firing, missing=True)
    return replace(was, at_us=at_us, unseen_us=unseen_us)


def _while_quiet(terms: Terms, seen: Standing, value: int, passed_us: int) -> Standing:
    if not terms.is_beyond(value):
        return replace(seen, beyond_us=None, within_us=None)
    beyond_us = 0 if seen.beyond_us is None else seen.beyond_us + passed_us
    if beyond_us < terms.for_us:
        return replace(seen, beyond_us=beyond_us)
    return replace(seen, beyond_us=None, within_us=None, firing=True)


def _while_firing(terms: Terms, seen: Standing, value: int, passed_us: int) -> Standing:
    if not terms.is_within(value):
        return replace(seen, within_us=None)
    within_us = 0 if seen.within_us is None else seen.within_us + passed_us
    if within_us < terms.clear_us:
        return replace(seen, within_us=within_us)
    return replace(seen, within_us=None, firing=False)


@dataclass(frozen=True)
class Firing:
    """One time a rule fired: from when until when it cleared, None if it had not by the end."""

    from_us: int
    until_us: int | None


def firings(terms: Terms, samples: Iterable[tuple[int, int | None]]) -> list[Firing]:
    """Return the times a rule would have fired over samples (time, value) in the order of time."""
    made: list[Firing] = []
    standing: Standing | None = None
    for at_us, value in samples:
        was_firing = standing is not None and standing.firing
        standing = look(terms, standing, at_us, value)
        if standing.firing and not was_firing:
            made.append(Firing(at_us, None))
        elif was_firing and not standing.firing:
            made[-1] = replace(made[-1], until_us=at_us)
    return made
