"""The ledger's loose ends: what a person does with a notice that is unknown or dead."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from pilothouse.access.models import Person
from pilothouse.access.rights import may
from pilothouse.access.roles import Right
from pilothouse.control.deed import actor, moment
from pilothouse.control.refusals import NO_RIGHT, Refused
from pilothouse.control.said import shortened
from pilothouse.desk.deed import deed
from pilothouse.desk.models import Delivery, Target
from pilothouse.desk.notices import LASTS
from pilothouse.desk.outbox import DEAD_AFTER
from pilothouse.desk.refusals import NOTICE_IS_NOT_LOOSE
from pilothouse.desk.told import SEND_AGAIN, refuse_too_many_told
from pilothouse.records import audit

At = Delivery.At
IT_ARRIVED: Final = "notice.it_arrived"
GIVE_UP: Final = "notice.give_up"
LOOSE = (At.UNKNOWN, At.DEAD)
"""What waits for a person."""


def loose_ends() -> list[Delivery]:
    """Return the notices of which it is not known that they arrived, newest first."""
    loose = Delivery.objects.filter(state__in=LOOSE).select_related("notice")
    return list(loose.order_by("-id"))


def dead_targets() -> list[Target]:
    """Return the targets that failed so often that they count as dead."""
    return list(Target.objects.filter(failures__gte=DEAD_AFTER))


def send_again(delivery: Delivery, *, by: Person, now: datetime | None = None) -> Delivery:
    """Let it be tried again, though it may have arrived. Raises Refused."""
    now = moment(now)
    with deed(SEND_AGAIN, by, delivery.subject):
        held = _loose(delivery, by, now)
        refuse_too_many_told(SEND_AGAIN, held.notice.severity, by, now)
        held.last_chance, held.ended_at = now + LASTS, None
        return _decide(SEND_AGAIN, held, At.WAITING, "is sent again", by, now)


def it_arrived(delivery: Delivery, *, by: Person, now: datetime | None = None) -> Delivery:
    """Say that it arrived: somebody has seen it there. Raises Refused."""
    now = moment(now)
    with deed(IT_ARRIVED, by, delivery.subject):
        return _decide(IT_ARRIVED, _loose(delivery, by, now), At.ARRIVED, "has arrived", by, now)


def give_up(delivery: Delivery, *, by: Person, now: datetime | None = None) -> Delivery:
    """Say that it need not arrive any more. Raises Refused."""
    now = moment(now)
    with deed(GIVE_UP, by, delivery.subject):
        return _decide(GIVE_UP, _loose(delivery, by, now), At.GIVEN_UP, "is given up", by, now)


def _loose(delivery: Delivery, by: Person, now: datetime) -> Delivery:
    if not may(by, Right.RESPOND, now):
        raise Refused(NO_RIGHT)
    held = Delivery.objects.select_for_update().select_related("notice").get(pk=delivery.pk)
    if held.state not in LOOSE:
        raise Refused(NOTICE_IS_NOT_LOOSE, held.state)
    return held


def _decide(
    verb: str, delivery: Delivery, state: At, words: str, by: Person, now: datetime
) -> Delivery:
    before, delivery.state = delivery.state, state
    delivery.reason = shortened(f"{by} says it {words}; {delivery.reason}")
    delivery.save()
    facts = {"from": before, "to": state, "target": delivery.target}
    sentence = f"{delivery} {words}, says {by}"
    audit.write(actor(by), verb, delivery.subject, sentence, facts=facts, at=now)
    return delivery
