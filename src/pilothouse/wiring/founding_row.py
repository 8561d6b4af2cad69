"""What a folder is, held twice: in `exchange.json` and in a row of the audit.

The row is written at the first start and compared at every start and by `pilothouse verify`, so a
file that was edited, with its hash made anew, is refused. A row of another secret is of the time
before `pilothouse new-secret`, or of the exchange that a drill is a copy of; behind the first row
of the folder's own secret it is a difference, and no start writes the credentials again.

A start believes the row that `founding.json` names, if it is as it was written. If it is not, the
console says so and stays away: who writes the database alone keeps nobody from trading.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

from pilothouse.access.secret_file import SECRET, proof_of, read_secret
from pilothouse.control import founding_file
from pilothouse.control.founding_file import FILE, NotedFounding
from pilothouse.records.row_hash import row_hash
from pilothouse.wiring import environment
from pilothouse.wiring.environment import Founding, WrongEnvironment
from pilothouse.wiring.home import DATABASE
from pilothouse.wiring.sealed_rows import looked_at

if TYPE_CHECKING:
    from pilothouse.records.models import AuditRow

_ALL: Final = (
    "SELECT facts FROM records_auditrow WHERE deed = 'founding' AND number > 0 ORDER BY number"
)
_WORDS: Final = (
    *("number", "at", "actor", "deed", "subject", "outcome", "sentence", "facts", "before_hash"),
)
_ONE: Final = f"SELECT {', '.join(_WORDS)} FROM records_auditrow WHERE number = ?"


def difference(known: Founding, facts: dict[str, Any]) -> str:
    """Return how what a folder says differs from its row; empty if it does not.

    A secret of its own is right after `pilothouse new-secret`, which keeps all other facts, and in
    a drill.
    """
    says = asdict(known)
    differing = [name for name, value in says.items() if facts.get(name) != value]
    if "secret_proof" in differing:
        if known.environment == environment.DRILL and facts.get("exchange") != known.exchange:
            return ""
        differing.remove("secret_proof")
    if not differing:
        return ""
    named = ", ".join(f"{one} {facts.get(one)!r} is {says[one]!r} now" for one in differing)
    return f"{environment.FILE} is not as the audit recorded the founding: {named}"


def judge(home: Path, known: Founding) -> None:
    """Raise WrongEnvironment if a folder's file and its audit disagree about what it is.

    What cannot be read or believed is left to the console, which says the way out.
    """
    try:
        noted = founding_file.read(home, read_secret(home))
        facts = _facts_of(home / DATABASE, known.secret_proof, noted)
    except (sqlite3.Error, ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        return
    if facts is not None:
        _judge(home, known, facts)


def _judge(home: Path, known: Founding, facts: dict[str, Any]) -> None:
    why = difference(known, facts)
    if why:
        raise WrongEnvironment(
            f"{why}. Nothing was changed. Put {environment.FILE} back from a backup of {home}"
        )


def _facts_of(path: Path, proof: str, noted: NotedFounding | None) -> dict[str, Any] | None:
    if not path.exists():
        return None
    with closing(looked_at(path)) as read:
        if noted is not None:
            return _as_noted(read.execute(_ONE, (noted.number,)).fetchone(), noted)
        tables = read.execute("SELECT 1 FROM sqlite_master WHERE name = 'records_auditrow'")
        rows = read.execute(_ALL).fetchall() if tables.fetchone() else []
    told = [one for one in (json.loads(facts) for (facts,) in rows) if isinstance(one, dict)]
    return _chosen(told, proof)


def _as_noted(found: tuple[Any, ...] | None, noted: NotedFounding) -> dict[str, Any] | None:
    if found is None:
        return None
    row = SimpleNamespace(**dict(zip(_WORDS, found, strict=True)))
    row.at = datetime.fromisoformat(row.at).replace(tzinfo=UTC)
    row.facts = json.loads(row.facts)
    return row.facts if row_hash(row) == noted.hash else None


def _chosen(told: list[dict[str, Any]], proof: str) -> dict[str, Any] | None:
    # The first of a secret is its founding; before it has one, the last of another secret holds.
    first = next((one for one in told if one.get("secret_proof") == proof), None)
    return first or (told[-1] if told else None)


def begin(home: Path) -> None:
    """Write the founding into the audit once, with the credentials of everybody at that time.

    Django is set up. A new secret begins anew; raises WrongEnvironment if the facts disagree, or
    if the founding is not the one that was written.
    """
    from django.db import transaction

    from pilothouse.control import believed, recorded

    known = environment.read(home)
    if known is None:
        return
    with transaction.atomic():
        begun = believed.beginning()
        if begun is not None and begun.fault:
            raise _not_as_begun(home, begun.fault)
        told = [one.facts for one in believed.founding_rows()]
        facts = _chosen(told, known.secret_proof)
        if facts is not None:
            _judge(home, known, facts)
        row = begun.row if begun else _write(home, known, is_first=facts is None)
        recorded.begin()
    _note(home, row)


def _write(home: Path, known: Founding, *, is_first: bool) -> AuditRow:
    from pilothouse.access import factors, keys
    from pilothouse.control import believed, credentials, recorded
    from pilothouse.records import audit

    if credentials.was_begun():
        raise _not_as_begun(home, "The founding of this folder's secret is gone from the audit.")
    if is_first:
        keys.seal_anew()
        factors.seal_anew()
    facts = asdict(known) | {
        "credentials": credentials.baseline(),
        recorded.RECORDS: recorded.baseline(),
    }
    sentence = f"The folder is {known.environment}, exchange {known.exchange}"
    row = audit.write("machine", believed.FOUNDING, "exchange", sentence, facts=facts)
    _seal_cursors(known)
    return row


def _note(home: Path, row: AuditRow | None) -> None:
    # Behind the row: after a crash between both the next start finds it sealed, and notes it.
    secret = read_secret(home)
    if row is not None and founding_file.read(home, secret) is None:
        founding_file.write(home, secret, row.number, row.hash)


def _not_as_begun(home: Path, why: str) -> WrongEnvironment:
    return WrongEnvironment(
        f"{why} So nobody can say who works here and with which password. Nothing was changed. "
        f"Stop the exchange and put {DATABASE} and {FILE} back from one backup of {home}. If "
        f"there is none, `pilothouse new-secret` believes what the records say now"
    )


def _seal_cursors(known: Founding) -> None:
    # Under another secret the old seals say nothing: all is told and compared again. But a drill's
    # comparison goes on where the exchange was that it is a copy of.
    from pilothouse.control import cursor
    from pilothouse.desk import heard_until
    from pilothouse.records.archive import cursors

    cursors.begin_anew()
    heard_until.begin_anew()
    if known.environment != environment.DRILL:
        cursor.begin_anew()
    cursor.seal()


def faults(home: Path) -> list[str]:
    """Return what `pilothouse verify` finds wrong with the founding; the copy is being read."""
    from pilothouse.control import believed

    rows = believed.founding_rows()
    if not rows:
        return []
    try:
        known = environment.read(home)
    except WrongEnvironment as why:
        return [str(why)]
    if known is None:
        return [f"{environment.FILE} is missing; row {rows[-1].number:,} of the audit names it"]
    facts = _chosen([one.facts for one in rows], known.secret_proof) or {}
    found = [why for why in (difference(known, facts),) if why]
    if (home / SECRET).exists() and proof_of(read_secret(home)) != known.secret_proof:
        found.append(f"{SECRET} is not the secret that {environment.FILE} names")
    return found


def odd(home: Path) -> list[str]:
    """Return what is wrong with later foundings where the secret is not here, as in an auditor's
    copy; else the comparison of the records says it.
    """
    from pilothouse.control import believed, credentials

    if credentials.has_begun() or not believed.founding_rows():
        return []
    known = environment.read(home)
    return list(credentials.odd_foundings(known.secret_proof)) if known else []


def not_compared() -> str:
    """Return why credentials were not compared, empty if they were."""
    from pilothouse.control import believed, credentials

    if credentials.has_begun():
        return ""
    if not believed.founding_rows():
        return "Passwords, second factors, API keys and seals: the audit has no founding yet."
    return "Passwords, second factors, API keys and seals: the folder's secret is not here."
