"""The reconciler: every command of the journal that takes a power, compared as it comes.

The follower's thread only queues; a worker compares, and writes its rows, the audit rows of what
differs and the cursor in one transaction. So nothing is compared twice or passed over, whenever
this process dies. A difference is an alert and is on the page of the audit.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from pilothouse.control import audited, authority, cursor, reconcile, rounds
from pilothouse.control.audited import Noted, Verb
from pilothouse.control.models import Reconciled, ReconcilerCursor
from pilothouse.control.reconcile import AGREES, WAITS, Difference, Found
from pilothouse.language.kinds import CauseKind
from pilothouse.language.names import Cause
from pilothouse.language.schema import COMMANDS
from pilothouse.language.texts import shown
from pilothouse.records import audit
from pilothouse.records.checking import CHECKING
from pilothouse.records.held import is_passing
from pilothouse.venue import allowed
from pilothouse.venue.watched_commands import Watched, markets_in_use, watched_in

NUMBERS: Final = np.array(sorted(allowed.WATCHED))
QUEUED_MOST: Final = 10_000
"""Watched commands that wait in memory; beyond it the follower waits a moment, then lets go."""
LISTED_MOST: Final = 1_000
"""Differences that have a row of their own; further ones are counted."""
WAITS_FOR: Final = timedelta(minutes=2)
"""How long a change may take to write down the receipt of what the journal has."""
AUTHORITY_EVERY: Final = timedelta(minutes=10)
LATER_S: Final = 1.0
_V: Final = Reconciled.Verdict
_without_row: Final[list[int]] = []
"""How many rows differed at the last look for which no row was left."""


@dataclass(frozen=True)
class Heard:
    """What was heard since the last round: up to which block and position, and the commands."""

    block: int
    position: int
    watched: tuple[Watched, ...]
    in_use: frozenset[int]


class Reconciler:
    """Compares what a follower tells. One of it works in a process."""

    def __init__(self) -> None:
        with transaction.atomic():
            _note_moved(cursor.hold(None), timezone.now())
            list_further()
            begun = cursor.read()
            self._written = cursor.seal()
        self.since = begun.block
        self._queue: deque[Watched] = deque()
        self._in_use: set[int] = set()
        self._heard = (begun.block, begun.position)
        self._room = threading.Condition()
        self._looked_at: datetime | None = None
        self._settled = 0
        self.fault = ""

    def hear(self, span: Any) -> None:
        """Queue what takes a power in a block. Called by the follower's thread, in order."""
        at = span.first_position, span.block, span.time
        found = list(watched_in(span.rows, NUMBERS, *at, span.receipts))
        used = markets_in_use(span.rows)
        with self._room:
            full = len(self._queue) + len(found) > QUEUED_MOST and self._queue
            if full and not self._room.wait(LATER_S):
                self.fault = f"it stopped before block {span.block:,}: nobody compares"
            if self.fault:
                # The next start goes on from the cursor: nothing is passed over.
                return
            self._queue.extend(found)
            self._in_use |= used
            last = span.first_position + len(span.receipts) - 1
            self._heard = (span.block, last)

    def tick(self, now: datetime) -> None:
        """Compare what was heard, what waited, and now and then the records with the audit."""
        try:
            self._compare(now)
        except Exception as error:
            if not is_passing(error):
                # What cannot be compared is no agreement: somebody may have seen to it.
                rounds.compared(1)
            raise

    def _compare(self, now: datetime) -> None:
        heard = self._take()
        try:
            with self._held(now):
                _put_back()
                _write_down(heard, now)
                _look_again(now)
        except BaseException:
            self._give_back(heard)
            raise
        # A new settlement is looked at at once: what is gone already it does not cover.
        settled = len(audited.said().signed)
        due = self._looked_at is None or now - self._looked_at >= AUTHORITY_EVERY
        if due or settled != self._settled:
            look_at_authority(now)
            self._looked_at, self._settled = now, settled
        rounds.compared(count() + bool(self.fault) + (not CHECKING.verdict().whole))

    @contextmanager
    def _held(self, now: datetime) -> Iterator[None]:
        # One transaction, from the cursor as this process left it to the cursor as it leaves it.
        with transaction.atomic():
            _note_moved(cursor.hold(self._written), now)
            yield
            written = cursor.seal()
        self._written = written

    def _give_back(self, heard: Heard) -> None:
        # What was not written down is compared in the next round.
        with self._room:
            self._queue.extendleft(reversed(heard.watched))
            self._in_use |= heard.in_use

    def _take(self) -> Heard:
        with self._room:
            watched, self._queue = tuple(self._queue), deque()
            used, self._in_use = frozenset(self._in_use), set()
            self._room.notify_all()
            return Heard(*self._heard, watched, used)


def _write_down(heard: Heard, now: datetime) -> None:
    row = cursor.read()
    if heard.block <= row.block:
        return
    in_use, charged = set(row.in_use), set(row.charged)
    for one in heard.watched:
        if one.block <= row.block:
            continue
        note(one, reconcile.judge(one, in_use, charged), now)
        charged |= {reconcile.charged_by(one)} - {0}
        if one.cause != Cause() and COMMANDS[one.number].governed and _is_peoples(one):
            in_use.add(int(getattr(one.command, "market", 0)))
    _not_in_the_journal(row.position + 1, heard.position, now)
    row.in_use = sorted(in_use | heard.in_use)
    row.charged = sorted(charged)
    row.block, row.position = heard.block, heard.position
    row.save(update_fields=["in_use", "charged", "block", "position"])


def _is_peoples(one: Watched) -> bool:
    return one.cause.kind != CauseKind.GENESIS


def note(one: Watched, found: Found, now: datetime) -> None:
    """Write down what a comparison said; what differs has an audit row as well."""
    if found.verdict == AGREES and not COMMANDS[one.number].governed:
        return
    if found.verdict in (AGREES, WAITS):
        Reconciled.objects.create(
            position=one.position,
            verdict=_V.AGREED if found.verdict == AGREES else _V.WAITING,
            sentence=found.sentence,
            change=one.cause.id,
            said=one.said,
            noted_at=now,
        )
        return
    _differs(one.position, one.cause.id, found, now, one.said)


def _differs(position: int, change: int, found: Found, now: datetime, said: str = "") -> None:
    if not _noted(position, change, found, now, said):
        ReconcilerCursor.objects.filter(pk=1).update(unlisted=F("unlisted") + 1)


def _noted(position: int, change: int, found: Found, now: datetime, said: str = "") -> bool:
    """Write a difference down once; tell whether there was a row left for it."""
    sentence = shown(found.sentence)
    known = audited.said()
    noted = Noted(position, str(found.verdict), sentence)
    if noted in known.noted:
        return True
    if len(known.open()) >= LISTED_MOST:
        return False
    _list(noted, change, said, now)
    facts = {"difference": found.verdict, "position": position, "change": change}
    audit.write("machine", audited.NOTED, f"command:{position}", sentence, facts=facts, at=now)
    return True


def _list(noted: Noted, change: int, said: str, now: datetime) -> None:
    # A row of an earlier appearance gives way to this one's.
    words = {
        "position": noted.position,
        "difference": noted.difference,
        "sentence": noted.sentence,
        "verdict": _V.DIFFERS,
    }
    Reconciled.objects.filter(**words).delete()
    Reconciled.objects.create(**words, change=change, said=said, noted_at=now)


def _note_moved(sentence: str, now: datetime) -> None:
    if sentence:
        _differs(0, 0, Found(Difference.MOVED, sentence), now)


def note_archive(why: str) -> None:
    """Note that somebody moved the archive's cursor, and why it is not believed."""
    note_moved(f"the archive was found moved, and is made anew from the journal: {why}")


def note_moved(what: str) -> None:
    """Note that somebody moved the cursor of another part, and what became of it.

    The comparison's own cursor stays as it is: only its thread counts what has no row.
    """
    with transaction.atomic():
        found = Found(Difference.MOVED, cursor.moved(what))
        _noted(0, 0, found, timezone.now())


def _put_back() -> None:
    # What was noted stays listed: a row that was removed or changed with SQL is made again.
    rows = Reconciled.objects.filter(verdict=_V.DIFFERS)
    listed = set(rows.values_list("position", "difference", "sentence"))
    known = audited.said()
    for one in known.open():
        if (one.position, one.difference, one.sentence) not in listed:
            row = known.noted[one]
            change = row.facts.get("change")
            _list(one, change if isinstance(change, int) else 0, "", row.at)


def _not_in_the_journal(first: int, last: int, now: datetime) -> None:
    seen = Reconciled.objects.filter(position__gte=first, position__lte=last)
    for found in reconcile.missing(set(seen.values_list("position", flat=True)), first, last):
        _differs(first, 0, found, now)


def _look_again(now: datetime) -> None:
    # A change writes its receipt a moment after the journal has the command.
    for row in Reconciled.objects.filter(verdict=_V.WAITING):
        if reconcile.is_written_down(row.position, row.change, row.said):
            row.verdict, row.sentence = _V.AGREED, ""
            row.save()
        elif now - row.noted_at > WAITS_FOR:
            found = reconcile.not_written_down(row.position, row.change)
            row.delete()
            _differs(row.position, row.change, found, now, row.said)


def look_at_authority(now: datetime) -> None:
    """Compare signatures, grants and entries with the audit; note what differs, and end the
    settlement of what is gone.
    """
    # It reads much and takes a while: nobody is kept from writing meanwhile.
    found = [shown(one) for one in authority.differences()]
    with transaction.atomic():
        _end_settled(set(found), now)
        said = (Found(Difference.NOT_SIGNED, sentence) for sentence in found)
        # Each look finds them all again: what has no row is counted anew, not once more.
        _without_row[:] = [sum(not _noted(0, 0, one, now) for one in said)]


def _end_settled(found: set[str], now: datetime) -> None:
    known = audited.said()
    gone = sorted(
        one.sentence
        for one in known.noted
        if (one.position, one.difference) == (0, Difference.NOT_SIGNED)
        and one.sentence in known.settled
        and one.sentence not in found
    )
    if gone:
        sentence = f"{len(gone)} settled differences are gone: their settlement has ended"
        facts = {"sentences": gone}
        audit.write("machine", Verb.END, "settlements", sentence, facts=facts, at=now)


def differences() -> list[Reconciled]:
    """Return what differs and is not settled, newest first."""
    known = set(audited.said().open())
    rows = Reconciled.objects.filter(verdict=_V.DIFFERS).order_by("-pk")
    return [one for one in rows if Noted(one.position, one.difference, one.sentence) in known]


def count() -> int:
    """Return how many differences are not settled, those without a row included.

    They are counted in the audit: no other row takes one away.
    """
    unlisted = ReconcilerCursor.objects.filter(pk=1).values_list("unlisted", flat=True).first()
    return len(audited.said().open()) + (unlisted or 0) + sum(_without_row)


def list_further() -> None:
    """Compare from the beginning again where differences were only counted and all that have a
    row are settled: the next ones get rows.
    """
    row = cursor.read()
    if row.unlisted and not audited.said().open():
        cursor.begin_anew()
