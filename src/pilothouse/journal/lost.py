"""Lost history: the journal ends before what witnesses name, in a damaged block, or unmarked.

It is refused with what is missing. Going on without it takes an explicit word that names exactly
this loss; then the fact is written into `journal/lost-….going` first, before anything else is
changed, so that a start that is killed goes on. Once the journal has its new end the file is
named `journal/lost-….json`, and stays for anyone who asks later.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from pilothouse.journal.blocks import NO_SEAL, Header
from pilothouse.journal.closed import closed_block
from pilothouse.journal.durable import mark_found, mark_is_lost, mark_is_there
from pilothouse.journal.mend import Damaged, Torn
from pilothouse.journal.reader import Reader
from pilothouse.journal.segments import FOLDER
from pilothouse.journal.storage import Storage
from pilothouse.journal.witnesses import Witness, beyond

BEGINNING: Final = "lost-"
ENDING: Final = ".json"
GOING: Final = ".going"
WORD_HASH: Final = 8
UNMARKED: Final = (
    "The durable mark, journal/durable, {}: nothing says whether blocks were cut off."
)
MISSING: Final = UNMARKED.format("is missing")
UNREADABLE: Final = UNMARKED.format("is damaged")
IS_ZERO: Final = UNMARKED.format("is 0, and a writer that found blocks or ended well sets more")
RECORD_MOST: Final = 1 << 20
"""Bytes of a record that are read."""
MOMENT_MOST_US: Final = 253_402_300_800_000_000
"""The end of the year 9999, behind which no date is written."""
NAMED_MAX: Final = 6
"""So many witnesses are named in a sentence; the others are counted."""


class HistoryIsMissing(Damaged):
    """The journal is shorter than it was. `loss` says by how much."""

    def __init__(self, loss: Loss, said: str = "") -> None:
        self.loss = loss
        wrong = f" `{said}` is not the word for this loss." if said else ""
        super().__init__(
            f"{loss.said()} Nothing was changed.{wrong} To recover: restore the journal from a "
            f"backup or a standby, and check it with `pilothouse verify`. To continue for good "
            f"without what is missing: `pilothouse up --accept-lost-history {loss.word}`"
        )


@dataclass(frozen=True)
class Loss:
    """What is missing behind the journal's last block, and who says so.

    `unmarked` says that the mark itself is lost; then it is not known whether anything is missing.
    """

    block: int
    position: int
    seal: str
    witnesses: tuple[Witness, ...]
    damaged: str = ""
    unmarked: str = ""

    @property
    def blocks(self) -> int:
        """Return how many blocks are missing at least, 0 where no witness counts blocks."""
        least = 1 if self.damaged else 0
        return max([least, *(one.block - self.block for one in self.witnesses)])

    @property
    def commands(self) -> int:
        """Return how many commands are missing at least, 0 where no witness knows."""
        return max([0, *(one.position - self.position for one in self.witnesses)])

    @property
    def word(self) -> str:
        """Return the word that accepts exactly this loss: how much, and a hash of it all."""
        words = json.dumps(asdict(self), sort_keys=True).encode()
        return f"{self.blocks or self.commands}-{hashlib.sha256(words).hexdigest()[:WORD_HASH]}"

    def said(self) -> str:
        """Return what is missing as a sentence or two."""
        end = f"block {self.block:,} (command {self.position:,})" if self.block else "nothing"
        named = [one.said() for one in self.witnesses[:NAMED_MAX]]
        if len(self.witnesses) > NAMED_MAX:
            named.append(f"{len(self.witnesses) - NAMED_MAX} more")
        more = f" More is known from {'; '.join(named)}." if named else ""
        counts = ((self.blocks, "block"), (self.commands, "command"))
        missing = " and ".join(
            f"{count:,} {what}{'s' * (count > 1)}" for count, what in counts if count
        )
        found = " ".join(filter(None, [f"The journal ends with {end}.{more}", *self._found()]))
        return f"{found} Missing at least: {missing}." if missing else found

    def _found(self) -> tuple[str, str]:
        return self.damaged, self.unmarked


def find_loss(
    storage: Storage, tail: Header | None, torn: Torn | None, witnesses: Sequence[Witness]
) -> Loss | None:
    """Return what is missing behind `tail`, None if nothing is or people went on without it."""
    left = [one for one in beyond(witnesses, tail) if not _is_known(storage, one, tail)]
    damaged = torn.said() if torn and torn.answered else ""
    unmarked = _unmarked(storage, tail)
    if not left and (not (damaged or unmarked) or _going(storage, tail)):
        return None
    ends = (tail.number, tail.last_position, tail.seal) if tail else (0, 0, NO_SEAL)
    ordered = sorted(left, key=lambda one: (-one.block, -one.position, one.name))
    return Loss(ends[0], ends[1], ends[2].hex(), tuple(ordered), damaged, unmarked)


def _unmarked(storage: Storage, tail: Header | None) -> str:
    """Return why the mark is no witness, "" where it is one."""
    if mark_is_lost(storage):
        return UNREADABLE if mark_is_there(storage) else MISSING
    return IS_ZERO if tail and mark_found(storage) == 0 and _has_ended(storage, tail) else ""


def _has_ended(storage: Storage, tail: Header) -> bool:
    """Tell whether a writer's term is over: at its end, or at the next start, the mark is synced.

    In the first term a mark of 0 is what a power cut may leave.
    """
    reader = Reader(storage)
    try:
        first = reader.header_of(1)
    finally:
        reader.close()
    return closed_block(storage) > 0 or (first is not None and first.term < tail.term)


def note_accepted(storage: Storage, loss: Loss, by: str, at_us: int) -> None:
    """Write durably that people go on without what is missing, before they do."""
    name = f"{FOLDER}/{BEGINNING}{loss.block:020d}-{loss.word}{GOING}"
    words = {"loss": asdict(loss), "word": loss.word, "by": by, "at_us": at_us}
    file = storage.open_append(name + ".part")
    try:
        file.cut(0)
        file.write(json.dumps(words | {"said": loss.said()}).encode())
        file.sync()
    finally:
        file.close()
    storage.rename(name + ".part", name)
    storage.sync_folder(FOLDER)


def conclude_accepted(storage: Storage) -> None:
    """Note that the journal has its new end: what was accepted excuses nothing any more."""
    for name in _names(storage, GOING):
        storage.rename(f"{FOLDER}/{name}", f"{FOLDER}/{name.removesuffix(GOING)}{ENDING}")
        storage.sync_folder(FOLDER)


def accepted(storage: Storage, *endings: str) -> list[dict[str, Any]]:
    """Return what people went on without, oldest first: `loss`, `word`, `by`, `at_us`, `said`."""
    names = [one for ending in endings or (GOING, ENDING) for one in _names(storage, ending)]
    return [_read(storage, f"{FOLDER}/{one}") for one in names]


def _names(storage: Storage, ending: str) -> list[str]:
    names = storage.names(FOLDER)
    return [one for one in names if one.startswith(BEGINNING) and one.endswith(ending)]


def _read(storage: Storage, name: str) -> dict[str, Any]:
    file = storage.open_read(name)
    try:
        return _record(json.loads(file.read(0, min(file.size(), RECORD_MOST)).tobytes()))
    except (ValueError, KeyError, TypeError, RecursionError):
        # It excuses nothing, and it is still shown that there was one.
        nothing = {"witnesses": [], "seal": "", "damaged": ""}
        said = f"{name} cannot be read."
        return {"loss": nothing, "word": name, "by": "nobody known", "at_us": 0, "said": said}
    finally:
        file.close()


def _record(found: Any) -> dict[str, Any]:
    loss = found["loss"]
    texts = (loss["seal"], loss["damaged"], found["word"], found["by"], found["said"])
    if not all(isinstance(one, str) for one in texts) or not isinstance(loss["witnesses"], list):
        raise TypeError("a record of another shape")
    if not 0 <= found["at_us"] < MOMENT_MOST_US:
        raise ValueError("a record of no moment")
    return dict(found)


def _is_known(storage: Storage, one: Witness, tail: Header | None) -> bool:
    """Tell whether people went on although this witness said exactly the same.

    One that does not last is set anew after that, and excused only while that is under way.
    """
    records = accepted(storage) if one.lasting else _going(storage, tail)
    return any(asdict(one) in record["loss"]["witnesses"] for record in records)


def _going(storage: Storage, tail: Header | None) -> list[dict[str, Any]]:
    seal = (tail.seal if tail else NO_SEAL).hex()
    return [one for one in accepted(storage, GOING) if one["loss"]["seal"] == seal]
