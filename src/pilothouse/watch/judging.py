"""Judging every rule once: what follows is an alert raised or resolved, with its standing's row.

One rule and scope is one transaction: what fails there is tried again at the next look, and holds
up no other.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import structlog
from django.db import transaction

from pilothouse.control import register
from pilothouse.watch import alerts
from pilothouse.watch.evaluation import Standing, look
from pilothouse.watch.measuring import Values
from pilothouse.watch.models import Alert
from pilothouse.watch.rules import EXCHANGE, Rule, products, rules, scopes
from pilothouse.watch.standings import Place, Standings, turned
from pilothouse.watch.taking import Reading

log = structlog.get_logger()
About = Alert.About
CLEARED = "it cleared"
SEEN_AGAIN = "the data are back"
JUDGED_NO_MORE = "its rule or its subject is no longer monitored"


class Judge:
    """Knows the rules that hold and where they stand."""

    def __init__(self) -> None:
        self._standings = Standings()
        self._standings.load()
        self._rules: tuple[Rule, ...] = ()
        self._products: Mapping[str, frozenset[str]] = {}
        self._read_at = -1

    def judge(self, reading: Reading | None, values: Values, at_us: int, now: datetime) -> None:
        """Judge every rule where it applies. Without a reading, those of the exchange alone: it
        is they that tell that nothing can be read.
        """
        self._read_rules()
        places = self._places(reading)
        for (_key, scope), rule in places.items():
            self._judge_one(rule, scope, values.get((rule.measure.name, scope)), at_us, now)
        if reading is not None:
            self._let_go(set(places), now)
        self._raise_again(places, values, now)
        self._standings.save_what_goes_on()
        self._escalate(now)

    def _read_rules(self) -> None:
        position = register.position()
        if position != self._read_at:
            self._rules, self._products, self._read_at = rules(), products(), position

    def _places(self, reading: Reading | None) -> dict[Place, Rule]:
        markets = reading.markets if reading else ()
        return {
            (rule.key, scope): rule
            for rule in self._rules
            for scope in scopes(rule, markets, self._products)
            if reading is not None or scope == EXCHANGE
        }

    def _judge_one(
        self, rule: Rule, scope: str, value: int | None, at_us: int, now: datetime
    ) -> None:
        place = (rule.key, scope)
        before = self._standings.at(place)
        try:
            after = look(rule.terms, before, at_us, value)
        except TypeError:
            # Its row holds what no release writes: it begins anew, and no other rule with it.
            before, after = None, look(rule.terms, None, at_us, value)
        if turned(before, after):
            try:
                with transaction.atomic():
                    self._follow(rule, scope, before, after, value, now)
                    self._standings.save(place, after)
            except Exception:
                log.exception("alert_failed", rule=rule.key, scope=scope)
                return
        self._standings.put(place, after)

    def _follow(
        self,
        rule: Rule,
        scope: str,
        before: Standing | None,
        after: Standing,
        value: int | None,
        now: datetime,
    ) -> None:
        was = before or Standing(after.at_us)
        for about, fell, rose, why in (
            (About.VALUE, was.firing, after.firing, CLEARED),
            (About.NO_DATA, was.missing, after.missing, SEEN_AGAIN),
        ):
            if rose and not fell:
                alerts.raise_alert(rule, scope, about, value, now)
            elif fell and not rose:
                lasting = alerts.open_alert(rule.key, scope, about)
                if lasting is not None:
                    alerts.resolve(lasting, why, by=None, now=now)

    def _let_go(self, places: set[Place], now: datetime) -> None:
        for alert in alerts.open_alerts():
            if (alert.rule, alert.scope) not in places:
                alerts.resolve(alert, JUDGED_NO_MORE, by=None, now=now)
        self._standings.forget(places)

    def _raise_again(self, places: dict[Place, Rule], values: Values, now: datetime) -> None:
        # A person said that it is over, and it is not: nobody would hear of it any more.
        resting = alerts.not_due_again(now)
        for (key, scope), rule in places.items():
            for about in self._lasting((key, scope)):
                if (key, scope, about) in resting:
                    continue
                try:
                    value = values.get((rule.measure.name, scope))
                    alerts.raise_alert(rule, scope, about, value, now)
                except Exception:
                    log.exception("alert_failed", rule=key, scope=scope)

    def _lasting(self, place: Place) -> list[About]:
        stands = self._standings.at(place)
        if stands is None:
            return []
        both = ((About.VALUE, stands.firing), (About.NO_DATA, stands.missing))
        return [about for about, lasts in both if lasts]

    def _escalate(self, now: datetime) -> None:
        known = {rule.key: rule for rule in self._rules}
        for alert in alerts.due_to_escalate(now):
            rule = known.get(alert.rule)
            if rule is not None:
                alerts.escalate(alert, rule.escalate_to, rule.escalate_s, now)
