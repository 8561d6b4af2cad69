"""The outbox: sends what waits, the most severe first, and keeps the ledger.

`SENDING` is committed before a notice leaves. What is known not to have arrived is tried again
with back-off; what may have arrived is tried again only where the receiver drops repeats, and is
`UNKNOWN` for a person everywhere else. So nothing is lost, and nothing that was acknowledged is
told twice.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Case, When

from pilothouse.access.roles import Role
from pilothouse.control.severity import ORDER, Severity
from pilothouse.desk import notices, sending
from pilothouse.desk.models import Delivery, Target
from pilothouse.desk.sending import Fate, Letter, Outcome
from pilothouse.desk.targets import address_of
from pilothouse.records import audit

At = Delivery.At
Send = Callable[[str, Letter], Outcome]
BACK_OFF_S: Final = 5
BACK_OFF_MAX_S: Final = 300
DEAD_AFTER: Final = 4
"""Failures in a row after which the other targets are told that this one is dead."""
TRIES_MOST: Final = 8
"""Tries in one tick. Each takes up to some seconds, and the tick's moment must not become old."""
_BADNESS: Final = Case(
    *(When(notice__severity=one, then=place) for place, one in enumerate(ORDER)),
    default=len(ORDER),
)


def recover(now: datetime) -> int:
    """Settle what a process that ended had begun to send; return how many. Called at the start."""
    begun = Delivery.objects.filter(state=At.SENDING).select_related("notice")
    for delivery in begun:
        _settle(delivery, Outcome(Fate.LOST), now)
    return len(begun)


def tick(now: datetime, send: Send = sending.send) -> int:
    """Send what waits for targets that are not backing off; return how many were tried.

    Before each try the most severe of all that waits is looked for, then the oldest, and after
    TRIES_MOST the caller looks at the clock again. So however much waits, what is severe is next;
    only what was told before of the same alert or incident goes ahead of it, for "over" is never
    told before "raised". A target that fails keeps what waits for it waiting.
    """
    for tried in range(TRIES_MOST):
        found = _next(now)
        if found is None:
            return tried
        delivery, target = found
        _begin(delivery, now)
        _settle(delivery, send(address_of(target), _letter(delivery)), now)
    return TRIES_MOST


def _next(now: datetime) -> tuple[Delivery, Target] | None:
    """Return what is to be sent now and where, if anything; what has no target ends at once."""
    targets = {one.key: one for one in Target.objects.all()}
    waiting = Delivery.objects.filter(state=At.WAITING)
    for delivery in waiting.exclude(target__in=targets).select_related("notice"):
        _end(delivery, At.DEAD, "there is no such target", now)
    open_to = [key for key, one in targets.items() if not _backs_off(one, now)]
    due = waiting.filter(target__in=open_to).select_related("notice")
    worst = due.order_by(_BADNESS, "id").first()
    if worst is None:
        return None
    about = due.filter(target=worst.target, notice__subject=worst.notice.subject)
    return about.earliest("id"), targets[worst.target]


def _backs_off(target: Target, now: datetime) -> bool:
    # No wait is longer than the longest: one that seems so was begun before the clock went back.
    if target.not_before is None:
        return False
    return timedelta(0) < target.not_before - now <= timedelta(seconds=BACK_OFF_MAX_S)


def _letter(delivery: Delivery) -> Letter:
    notice = delivery.notice
    return Letter(notice.title, notice.body, notice.severity, delivery.idempotency_key)


def _begin(delivery: Delivery, now: datetime) -> None:
    delivery.state, delivery.tried_at, delivery.tries = At.SENDING, now, delivery.tries + 1
    delivery.save()


@transaction.atomic
def _settle(delivery: Delivery, outcome: Outcome, now: datetime) -> None:
    target = Target.objects.select_for_update().filter(key=delivery.target).first()
    if outcome.fate is Fate.ARRIVED:
        _end(delivery, At.ARRIVED, "", now)
    elif outcome.fate is Fate.LOST and not (target and target.drops_repeats):
        _end(delivery, At.UNKNOWN, outcome.sentence, now)
    elif now >= delivery.last_chance:
        _end(delivery, At.DEAD, outcome.sentence, now)
    else:
        delivery.state, delivery.reason = At.WAITING, outcome.sentence
        delivery.save()
    if target is not None:
        _count(target, outcome, now)


def _end(delivery: Delivery, state: At, reason: str, now: datetime) -> None:
    delivery.state, delivery.reason, delivery.ended_at = state, reason, now
    delivery.save()
    if state is not At.ARRIVED:
        with transaction.atomic():
            sentence = f"{delivery} is {state}: {reason}"
            facts = {"target": delivery.target, "tries": delivery.tries}
            audit.write("machine", "notice.ended", delivery.subject, sentence, facts=facts, at=now)


def _count(target: Target, outcome: Outcome, now: datetime) -> None:
    if outcome.fate is Fate.ARRIVED:
        target.failures, target.not_before = 0, None
    else:
        target.failures += 1
        wait_s = min(BACK_OFF_MAX_S, BACK_OFF_S << min(target.failures - 1, 10))
        target.not_before = now + timedelta(seconds=wait_s)
    target.save()
    if target.failures == DEAD_AFTER:
        _tell_of_dead(target, outcome, now)


def _tell_of_dead(target: Target, outcome: Outcome, now: datetime) -> None:
    subject = f"target:{target.key}"
    sentence = f"{target} is dead: {outcome.sentence}, {target.failures} times in a row"
    audit.write("machine", "target.dead", subject, sentence, at=now)
    notices.write(
        "target.dead",
        subject,
        severity=Severity.HIGH,
        owner=Role.OPERATOR,
        title=f"[HIGH] notices do not reach {target.key}",
        body=f"{sentence}. They are tried for an hour each and then wait in the inbox.",
        now=now,
        but_not=target.key,
    )
