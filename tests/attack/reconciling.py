"""A journal and a change that went the whole way, for the tests of reconciliation."""

from types import SimpleNamespace

import numpy as np
import pytest
from django.db import transaction

from pilothouse.access.models import Grant
from pilothouse.control import apply, reconciler, rounds, settling, verify
from pilothouse.control.refusals import Refused
from pilothouse.language.commands import SetPriceBand
from pilothouse.language.kinds import CauseKind
from pilothouse.language.names import Cause, Name, Sender
from pilothouse.language.rows import Message, to_rows
from pilothouse.records import audit
from pilothouse.venue.watched_commands import watched_in
from tests.control.conftest import NOON, Team, approved, exchange, previewed, raise_margin

__all__ = ["approved", "exchange", "previewed", "raise_margin"]
WHY = "a test of the sockets by the security team, 2026-11-23"


@pytest.fixture
def team(db):
    """People whose grants are in the audit, as `pilothouse person` writes them."""
    made = Team()
    with transaction.atomic():
        for one in Grant.objects.all():
            facts = {"grant": one.pk, "role": one.role, "until": None}
            audit.write("test", "person.added", f"person:{one.person_id}", "", facts=facts)
    return made


class Journal:
    """What a follower would tell: messages with their receipts, a block each."""

    def __init__(self, position=100):
        self.block, self.position = 0, position
        self.reconciler = reconciler.Reconciler()

    def say(self, message, outcome=0, repeated=False, at=None, receipt=None):
        self.block += 1
        self.position = at or self.position + 1
        receipts = np.array([[receipt or self.position, outcome, 0, int(repeated)]], np.int64)
        span = SimpleNamespace(
            rows=to_rows(message),
            receipts=receipts,
            first_position=self.position,
            block=self.block,
            time=0,
        )
        self.reconciler.hear(span)
        return self.position

    def tick(self, now=NOON):
        self.reconciler.tick(now)
        return [one.difference for one in reversed(reconciler.differences())]


@pytest.fixture
def journal(db):
    yield Journal()
    rounds.forget()


@pytest.fixture
def applied(team, exchange, approved, journal):
    """A change that went the whole way, and the journal that has it."""
    change = apply.apply(approved(), by=team.operator, now=NOON)
    change = verify.verify(change, now=NOON)
    journal.say(exchange.sent[-1], at=change.steps.get().position)
    return change


def band(change=777, **rest):
    words = SetPriceBand(market=1, band_ppm=500_000, base_version=1)
    return Message(words, Name(Sender.CONTROL, change, 1), Cause(CauseKind.CHANGE, change), **rest)


@pytest.fixture
def forged(journal, applied):
    """The number of a difference: a command that nobody signed."""
    journal.say(band())
    journal.tick()
    return reconciler.differences()[0].pk


def watched(message, position=1, block=1):
    """Return a message as a comparison takes it from the journal."""
    (one,) = watched_in(to_rows(message), reconciler.NUMBERS, position, block, 0)
    return one


def settle(team):
    """Let two people settle every difference that is open and listed."""
    numbers = [one.pk for one in reconciler.differences()]
    one = settling.propose(numbers, WHY, by=team.operator, now=NOON)
    return settling.sign(one.key, by=team.risk, now=NOON)


def refused(reason, verb, *given, **named):
    """Say that a verb of change control refuses, and why."""
    with pytest.raises(Refused) as why:
        verb(*given, **named)
    assert why.value.reason is reason


def records_nothing(*_, **__):
    """Stand for an audit whose rows cannot be written."""
    raise audit.NotRecorded("disk")
