"""The deeds on an alert: raised once while it lasts, acknowledged, escalated, resolved.

Each is one transaction with its audit row and with whatever the listeners of `ports` write.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import F, Q

from pilothouse.access.models import Person
from pilothouse.access.one_look import anew
from pilothouse.access.rights import may
from pilothouse.access.roles import Right
from pilothouse.control.deed import actor
from pilothouse.control.refusals import Reason, Refused
from pilothouse.control.said import said
from pilothouse.control.severity import ORDER, Severity, raised
from pilothouse.records import audit
from pilothouse.watch import ports, refusals
from pilothouse.watch.models import OF_SOURCE, Alert
from pilothouse.watch.moves import OPEN, State, Verb, target
from pilothouse.watch.rules import Rule, scope_of

About = Alert.About
RAISED_AGAIN_S: Final = 600
"""How long after a person resolved it an alert is raised again whose rule fired all the time."""
WHY_MOST: Final = 300
"""Letters of why an alert is over: it stands in its row."""


@transaction.atomic
def raise_alert(rule: Rule, scope: str, about: About, value: int | None, now: datetime) -> Alert:
    """Raise an alert, or return the one that lasts already: it is raised once."""
    lasting = open_alert(rule.key, scope, about)
    if lasting is not None:
        return lasting
    alert = Alert.objects.create(
        rule=rule.key,
        rule_version=rule.version,
        scope=scope,
        about=about,
        title=rule.title if about == About.VALUE else f"No data: {rule.measure.title}",
        measure=rule.measure.name,
        value=value,
        limit=rule.terms.limit,
        runbook=rule.runbook,
        severity=rule.severity,
        owner=rule.owner,
        raised_at=now,
        escalate_at=now + timedelta(seconds=rule.escalate_s),
    )
    _note(alert, Verb.RAISE, None, now, {"value": value, "limit": rule.terms.limit})
    return alert


def acknowledge(alert: Alert, *, by: Person, now: datetime) -> Alert:
    """Take an alert: it is theirs now and escalates no more. Raises Refused."""
    with _by_person(Verb.ACKNOWLEDGE, alert, by, now) as held:
        held.acknowledged_by, held.acknowledged_at, held.escalate_at = by, now, None
        _move(held, Verb.ACKNOWLEDGE, by, now)
    return held


@transaction.atomic
def escalate(alert: Alert, escalate_to: str, again_after_s: int, now: datetime) -> Alert:
    """Give an alert that nobody took to the next owner, one severity worse.

    It is done again while there is a worse severity; at the worst, with that owner, it stays.
    """
    held = _locked(alert)
    if held.state != State.RAISED:
        return held
    held.severity, held.owner = raised(Severity(held.severity)), escalate_to
    held.escalations += 1
    ended = held.severity == ORDER[0]
    held.escalate_at = None if ended else now + timedelta(seconds=again_after_s)
    facts = {"severity": held.severity, "owner": held.owner}
    _move(held, Verb.ESCALATE, None, now, facts)
    return held


def resolve(alert: Alert, why: str, *, by: Person | None, now: datetime) -> Alert:
    """End an alert: by itself when it cleared (`by=None`), or by a person with a reason."""
    if by is None:
        with transaction.atomic():
            return _resolve(_locked(alert), why, None, now)
    with _by_person(Verb.RESOLVE, alert, by, now) as held:
        return _resolve(held, said(why, refusals.REASON_IS_MISSING, WHY_MOST), by, now)


def _resolve(held: Alert, why: str, by: Person | None, now: datetime) -> Alert:
    if not held.is_open:
        return held
    held.resolved_by, held.resolved_at, held.resolved_why = by, now, why
    held.escalate_at = None
    _move(held, Verb.RESOLVE, by, now, {"why": held.resolved_why})
    return held


def open_alerts() -> list[Alert]:
    """Return the alerts that last, by severity; those nobody has taken first, then the oldest."""
    lasting = Alert.objects.filter(state__in=OPEN).select_related("acknowledged_by")
    return sorted(
        lasting,
        key=lambda one: (
            ORDER.index(Severity(one.severity)) if one.severity in ORDER else 0,
            one.state != State.RAISED,
            one.raised_at,
        ),
    )


def about_markets(symbols: Iterable[str]) -> list[Alert]:
    """Return every alert about one of these markets, or about a source of its index."""
    fitting = Q(pk__in=())
    for scope in map(scope_of, symbols):
        fitting |= Q(scope=scope) | Q(scope__startswith=f"{scope}{OF_SOURCE}")
    return list(Alert.objects.filter(fitting))


def open_alert(rule: str, scope: str, about: About) -> Alert | None:
    """Return the alert of a rule that lasts for a scope, if one does."""
    return Alert.objects.filter(rule=rule, scope=scope, about=about, state__in=OPEN).first()


def not_due_again(now: datetime) -> set[tuple[str, str, str]]:
    """Return rule, scope and what it is about of the alerts that last or were over just now.

    Whatever else still fires was resolved by a person a while ago, and is due again.
    """
    since = now - timedelta(seconds=RAISED_AGAIN_S)
    # What was over in the future was so by a clock that went back: it holds nothing up.
    just_over = Q(resolved_at__gt=since, resolved_at__lte=now)
    found = Alert.objects.filter(Q(state__in=OPEN) | just_over)
    return set(found.values_list("rule", "scope", "about"))


def due_to_escalate(now: datetime) -> list[Alert]:
    """Return the alerts that nobody has taken in time."""
    return list(Alert.objects.filter(state=State.RAISED, escalate_at__lte=now))


def put_off(by: timedelta) -> int:
    """Move the times at which alerts escalate, for the clock jumped; return of how many."""
    waiting = Alert.objects.filter(state=State.RAISED, escalate_at__isnull=False)
    return waiting.update(escalate_at=F("escalate_at") + by)


def why_not(verb: Verb, alert: Alert, person: Person, now: datetime) -> Reason | None:
    """Return why a person may not use a verb on an alert now, or nothing if they may."""
    if not may(person, Right.RESPOND, now):
        return refusals.NO_RIGHT
    return None if target(verb, State(alert.state)) else refusals.WRONG_STATE


@contextmanager
def _by_person(verb: Verb, alert: Alert, by: Person, now: datetime) -> Iterator[Alert]:
    try:
        with anew(), transaction.atomic():
            held = _locked(alert)
            reason = why_not(verb, held, by, now)
            if reason is not None:
                raise Refused(reason)
            yield held
    except Refused as refused:
        sentence = f"{verb} was refused: {refused}"
        audit.write_refusal(
            actor(by), f"alert.{verb}", alert.subject, sentence, {"reason": refused.reason.name}
        )
        raise


def _locked(alert: Alert) -> Alert:
    return Alert.objects.select_for_update().get(pk=alert.pk)


def _move(
    held: Alert,
    verb: Verb,
    by: Person | None,
    now: datetime,
    facts: dict[str, Any] | None = None,
) -> None:
    where = target(verb, State(held.state))
    assert where is not None, f"{verb} leads nowhere from {held.state}"
    held.state = where
    held.save()
    _note(held, verb, by, now, facts or {})


def _note(
    held: Alert, verb: Verb, by: Person | None, now: datetime, facts: dict[str, Any]
) -> None:
    who = str(by) if by else "the machine"
    sentence = f"{verb} by {who}: {held}, {held.severity}"
    named = {"rule": held.rule, "scope": held.scope, "about": held.about}
    audit.write(actor(by), f"alert.{verb}", held.subject, sentence, facts=named | facts, at=now)
    ports.tell(held, verb, by, now)
