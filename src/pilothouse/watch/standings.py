"""Where every rule stands for every scope: in memory while the watch runs, in rows for a restart.

Whether a rule fires is told by its row or by its alert that lasts, so that a crash between two
looks neither raises an alert again nor forgets one.
"""

from __future__ import annotations

from typing import Final

from django.db import transaction

from pilothouse.language.numbers import SECOND_US
from pilothouse.records.readable import readable
from pilothouse.watch.evaluation import Standing
from pilothouse.watch.models import Alert, StandingRow
from pilothouse.watch.moves import OPEN

SAVED_EVERY_US: Final = 5 * SECOND_US
"""How often what merely goes on is saved; whatever turns is saved at once."""
Place = tuple[str, str]
"""A rule's key and a scope."""


class Standings:
    """All standings. Quiet ones have no row."""

    def __init__(self) -> None:
        self._now: dict[Place, Standing] = {}
        self._saved_us: dict[Place, int] = {}

    def load(self) -> None:
        """Go on from the rows, and from the alerts that last."""
        for row in filter(_is_ours, readable(StandingRow.objects.all())):
            self._now[row.rule, row.scope] = Standing(
                row.at_us, row.beyond_us, row.within_us, row.unseen_us, row.firing, row.missing
            )
            self._saved_us[row.rule, row.scope] = row.at_us
        for alert in Alert.objects.filter(state__in=OPEN):
            self._lasts(alert)

    def _lasts(self, alert: Alert) -> None:
        place = (alert.rule, alert.scope)
        raised_us = int(alert.raised_at.timestamp()) * SECOND_US
        was = self._now.get(place, Standing(raised_us))
        value = alert.about == Alert.About.VALUE
        self._now[place] = Standing(
            was.at_us,
            None if value else was.beyond_us,
            was.within_us,
            was.unseen_us,
            was.firing or value,
            was.missing or not value,
        )

    def at(self, place: Place) -> Standing | None:
        """Return where a rule stands for a scope, None before its first look."""
        return self._now.get(place)

    def put(self, place: Place, now: Standing) -> None:
        """Remember where a rule stands; the caller saves it first if it turned."""
        self._now[place] = now

    def forget(self, kept: set[Place]) -> None:
        """Forget every place that is judged no more."""
        for place in set(self._now) - kept:
            _delete(place)
            self._now.pop(place)
            self._saved_us.pop(place, None)

    def save(self, place: Place, now: Standing) -> None:
        """Write a standing down, within the caller's transaction."""
        rule, scope = place
        if now.is_quiet:
            _delete(place)
            self._saved_us.pop(place, None)
            return
        StandingRow.objects.update_or_create(rule=rule, scope=scope, defaults=vars(now))
        self._saved_us[place] = now.at_us

    def save_what_goes_on(self) -> None:
        """Write down, in one transaction, what is under way and was not written for a while."""
        due = [
            (place, one)
            for place, one in self._now.items()
            if not one.is_quiet and self._is_due(place, one)
        ]
        if due:
            with transaction.atomic():
                for place, one in due:
                    self.save(place, one)

    def _is_due(self, place: Place, one: Standing) -> bool:
        return not 0 <= one.at_us - self._saved_us.get(place, 0) < SAVED_EVERY_US


def _is_ours(row: StandingRow) -> bool:
    # Durations only grow from zero. Below it a row put there with SQL would let a rule wait for
    # years before it fires; such a one begins anew, as if nothing had been under way.
    times = (row.at_us, row.beyond_us or 0, row.within_us or 0, row.unseen_us)
    return all(isinstance(one, int) and one >= 0 for one in times)


def turned(before: Standing | None, after: Standing) -> bool:
    """Tell whether more than the time went on: what must be written down at once."""
    if before is None:
        return not after.is_quiet
    return _shape(before) != _shape(after)


def _shape(one: Standing) -> tuple[bool, ...]:
    counting = (one.beyond_us is not None, one.within_us is not None, one.unseen_us > 0)
    return (one.firing, one.missing, *counting)


def _delete(place: Place) -> None:
    StandingRow.objects.filter(rule=place[0], scope=place[1]).delete()
