"""What the journal holds of the audit: what takes something back, at once, and that it is broken.

After a restart nothing else tells that the end of the audit was cut. So the journal is told from
the memory of the process that wrote: who holds or changes the database keeps nothing from it. A
break is told as well, for rows that were put back before the next start would look whole.
"""

from __future__ import annotations

import threading
from typing import Final

import structlog
from django.db import DatabaseError

from pilothouse.control import audited
from pilothouse.control.hearers import exchange
from pilothouse.control.moves import Verb
from pilothouse.control.ports import NotConnected, reach
from pilothouse.control.refusals import Refused
from pilothouse.control.revocations import GRANT, KEY
from pilothouse.records import audit
from pilothouse.records.checking import CHECKING
from pilothouse.records.held import is_passing
from pilothouse.records.models import AuditRow
from pilothouse.records.readable import readable
from pilothouse.records.seen import NOTHING, SEEN, Known

log = structlog.get_logger()
TAKES_BACK: Final = (
    *(Verb.REJECT, Verb.WITHDRAW, Verb.EXPIRE, Verb.GIVE_UP, Verb.CONFLICT, Verb.EDIT),
    *(Verb.SCHEDULE, Verb.PREVIEW, Verb.APPLY, Verb.VERIFY, Verb.REVERT),
    *(GRANT, KEY, audited.CREDENTIALS),
)
"""The deeds after which what was allowed before is not: the journal holds their rows at once.

Sending is among them, for a step that was sent must not be sent again; and previewing, which can
hold a change or find it stale.
"""
UNLIKE: Final = "the journal says that row {:,} is another one than there is now"
UNSETTLED: Final = "it was found broken before, and two people have not settled that"
REFUSED: Final = "the journal holds another hash of a row of the audit"
LOOKED_AT: Final = 100
"""The newest rows of others among which one with a seal is looked for."""


class Held:
    """What the journal holds, as far as this process knows. `newest` is a row and its hash."""

    def __init__(self) -> None:
        self._one_at_a_time = threading.Lock()
        self.newest = NOTHING
        self.is_compared = False
        """Whether the journal's newest head was compared with the audit since the start."""
        self._is_ours = False
        self._is_told = False
        self._refused = 0

    def compare(self) -> None:
        """Compare the journal's newest head with the audit, once. Raises NotConnected.

        What was cut while no process ran shows against the journal alone. The same row with the
        same hash gets its first receipt; with another hash it is refused.
        """
        if self.is_compared:
            return
        try:
            reach()
        except Refused as away:
            raise NotConnected(str(away)) from away
        row, is_broken = exchange.highest_head()
        told = _hash_of(row) if row and not is_broken else ""
        if told and exchange.record_head(row, told).accepted:
            self.newest = row, told
            SEEN.note_held(row, told)
        elif (row or is_broken) and not _is_settled(row, is_broken):
            why = UNSETTLED if is_broken else UNLIKE.format(row)
            # Of a stop that was proposed before this start nobody knows what the audit lost.
            at, unsure = max(1, min(row, audit.head()[0] + 1)), audit.end() + 1
            CHECKING.found_broken(at, why, unsure)
            self.is_compared, self._is_told = True, is_broken
            return
        self.is_compared = self._is_ours = True

    def hold(self) -> bool:
        """Tell the journal the newest row that takes back, from memory; tell whether it has it.

        It waits until the audit was compared: a row behind a cut would become the newest head.
        """
        number, told = SEEN.newest(TAKES_BACK)
        if number <= max(self.newest[0], self._refused) or self._is_told:
            return True
        # Where the audit is not the journal's, its break is told, and none of its rows.
        return self.record(number, told) if self._is_ours else self.is_compared

    def record(self, number: int, told: str) -> bool:
        """Tell the journal a row by its hash; tell whether that is the hash that it holds.

        Once it was told of a break it is told no row: the next start would compare that one.
        """
        with self._one_at_a_time:
            is_held = not self._is_told and exchange.record_head(number, told).accepted
            if is_held:
                self.newest = max(self.newest, (number, told))
                SEEN.note_held(number, told)
            else:
                self._refused = max(self._refused, number)
                log.warning("head_refused", row=number)
            return is_held

    @property
    def is_refused(self) -> bool:
        """Tell whether a row was refused and none behind it is held: a later one may be taken."""
        return self._refused > self.newest[0]

    def look(self) -> bool:
        """Compare, hold what this and other processes took back, and tell of a break.

        Returns whether all of it is held. Raises NotConnected or OSError while the writer is away.
        """
        self.compare()
        is_held = self.hold()
        if CHECKING.broken() is not None:
            return self._tell() and is_held
        number, told = self._of_others()
        return is_held and (not number or self.record(number, told))

    def _of_others(self) -> Known:
        # A command line revokes too. Without its seal anybody could have put a row there.
        after = max(self.newest[0], self._refused)
        rows = AuditRow.objects.filter(number__gt=after, outcome=audit.DONE, deed__in=TAKES_BACK)
        newest = readable(rows.order_by("-number"), LOOKED_AT)
        ours = (one for one in newest if audit.is_sealed(one))
        return next(((one.number, one.hash) for one in ours), NOTHING)

    def _tell(self) -> bool:
        # Its name comes after each head there is, so that the next start compares this one.
        with self._one_at_a_time:
            if not self._is_told:
                row, was_broken = exchange.highest_head()
                row = max(row + was_broken, self.newest[0])
                self._is_told = exchange.record_break(row).accepted
            return self._is_told


def _hash_of(row: int) -> str:
    try:
        told = AuditRow.objects.filter(number=row).values_list("hash", flat=True).first()
    except (DatabaseError, ValueError) as why:
        if is_passing(why):
            raise
        return ""
    is_hash = isinstance(told, str) and len(told) == len(audit.NO_HASH) and told.isascii()
    return str(told) if is_hash else ""


def _is_settled(row: int, is_broken: bool) -> bool:
    # After a database was restored or begun anew the comparison notes each head that it lacks.
    lacks = (audited.NO_ROW, audited.ANOTHER_ROW)
    said = (audited.BROKEN_BEHIND,) if is_broken else lacks
    ends = [f": {one.format(row)}." for one in said]
    return any(end in one for one in audited.said().settled for end in ends)
