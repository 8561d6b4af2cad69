"""The records of a folder against its journal: what `pilothouse verify` does beside the replay."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Q

from pilothouse.access.models import Person
from pilothouse.control import audited, authority, heads, reconcile, settling
from pilothouse.control.believed import FOUNDING, believed, unsealed
from pilothouse.control.reconcile import AGREES, WAITS, Difference
from pilothouse.language.kinds import CauseKind
from pilothouse.language.schema import COMMANDS
from pilothouse.language.texts import shown
from pilothouse.records import audit
from pilothouse.records.models import AuditRow
from pilothouse.venue.verify import Report
from pilothouse.wiring import founding_row


def odd_schema() -> str:
    """Return why the tables are not those of a release, empty if they are.

    A view or a trigger could show other rows than the exchange works with.
    """
    from django.apps import apps
    from django.db import DatabaseError, connection

    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT type, name FROM sqlite_master ORDER BY name")
            kinds = cursor.fetchall()
            for kind, name in kinds:
                if kind in ("view", "trigger"):
                    return f"the database has a {kind} {name!r}; no release makes one"
            tables = {name for kind, name in kinds if kind == "table"}
            for model in apps.get_models():
                if model._meta.db_table not in tables:
                    return f"the database has no table {model._meta.db_table!r}"
                _ask(cursor, model)
    except DatabaseError as why:
        return f"the database cannot be compared: {why}"
    return ""


def _ask(cursor: Any, model: Any) -> None:
    # A column that is missing is an error here, before anything is compared.
    # With its table's name, for SQLite takes an unknown name alone for a text.
    table = f'"{model._meta.db_table}"'
    names = ", ".join(f'{table}."{one.column}"' for one in model._meta.concrete_fields)
    cursor.execute(f"SELECT {names} FROM {table} LIMIT 1")
    cursor.fetchall()


def anchored_blocks() -> set[int]:
    """Return the blocks that the audit names by their seals."""
    return {int(one["block"]) for _, one in _anchors()}


def compare_records(collected: Any, report: Report) -> None:
    """Compare journal, changes, signatures, grants and audit; write what differs into a report."""
    from pilothouse.wiring.verifying import said_of

    try:
        found = [*_chain(report), *_anchored(collected, report)]
        found += founding_row.faults(report.home)
        differing = [*_commands(collected, report), *authority.differences()]
        differing += [*founding_row.odd(report.home), *_moved()]
        differing += unsealed(~(authority.POWER | Q(deed=FOUNDING)))
        found += _unsettled(differing, report)
    except Exception as why:
        # A row can hold what no release writes: the comparison ends in a sentence too.
        found = [f"the records cannot be compared: {said_of(why)}"]
    report.faults += found
    if not found and report.settled:
        report.compared.append(
            f"Journal, signatures, grants, register and audit agree but for "
            f"{len(report.settled):,} differences that two people settled."
        )
    elif not found:
        changes = sum(one.cause.kind == CauseKind.CHANGE for one in collected.watched)
        report.compared += [
            _agreeing(changes, len(collected.watched) - changes),
            "Every signature, grant and entry of the register is as the audit recorded it.",
        ]
    left_out = "" if found else founding_row.not_compared()
    if left_out:
        report.left_out.append(left_out)
    elif not found:
        report.compared.append(
            "The founding, passwords, second factors and API keys are as the audit recorded them."
        )


def _moved() -> Iterator[str]:
    # That somebody changed the cursor is known from the audit alone.
    for one in audited.said().noted:
        if one.difference == Difference.MOVED:
            yield one.sentence


def _agreeing(changes: int, others: int) -> str:
    ours = "1 command of change control agrees with a step that was"
    if changes != 1:
        ours = f"{changes:,} commands of change control agree with steps that were"
    rest = "1 other that takes" if others == 1 else f"{others:,} others that take"
    return f"{ours} signed and sent; {rest} a power came from who has it."


def _unsettled(differences: list[str], report: Report) -> list[str]:
    # What two people settled is told, and does not count. A chain that is broken settles nothing.
    settled = settling.settled() if audit.verify().whole else {}
    names = {f"person:{one.pk}": one.username for one in Person.objects.all()}
    left = []
    for sentence in differences:
        one = settled.get(shown(sentence))
        if one is None:
            left.append(sentence)
            continue
        who = [names.get(by, by) for by in (one.proposer, one.signer)]
        at = f"{one.signed_at:%Y-%m-%d %H:%M:%S}"
        report.settled.append(
            f"{sentence} Settled by {who[0]} and {who[1]} at {at} UTC: {one.why}"
        )
    return left


def _chain(report: Report) -> list[str]:
    verdict = audit.verify()
    if not verdict.whole:
        return [f"the audit is broken at row {verdict.broken_at:,}: {verdict.reason}"]
    report.compared.append(f"{verdict.rows:,} rows of the audit are chained without a gap.")
    return []


def _commands(collected: Any, report: Report) -> Iterator[str]:
    seen, last = set(), 0
    in_use: set[int] = set()
    charged: set[int] = set()
    for one in collected.watched:
        if report.writer_runs and one.block > collected.end:
            break
        last = one.position
        found = reconcile.judge(one, in_use | collected.in_use(one.block), charged)
        charged |= {reconcile.charged_by(one)} - {0}
        if found.verdict == WAITS and not report.writer_runs:
            yield reconcile.not_written_down(one.position, one.cause.id).sentence
        elif found.verdict not in (AGREES, WAITS):
            yield found.sentence
        if COMMANDS[one.number].governed:
            seen.add(one.position)
            if one.cause.kind == CauseKind.CHANGE:
                in_use.add(int(getattr(one.command, "market", 0)))
    upto = last if report.writer_runs else max(report.position, _last_receipt())
    for missing in reconcile.missing(seen, 1, upto):
        yield missing.sentence


def _last_receipt() -> int:
    from pilothouse.control.models import ChangeStep

    last = ChangeStep.objects.exclude(position=None).order_by("-position").first()
    return int(last.position or 0) if last else 0


def _anchors() -> Iterator[tuple[int, dict[str, Any]]]:
    rows = AuditRow.objects.filter(deed=heads.ANCHOR, subject="journal")
    for row in believed(rows):
        if isinstance(row.facts.get("block"), int) and isinstance(row.facts.get("seal"), str):
            yield row.number, row.facts


def _anchored(collected: Any, report: Report) -> list[str]:
    count = 0
    for number, facts in _anchors():
        block, seal = facts["block"], collected.seals.get(facts["block"])
        if seal is None:
            if report.writer_runs and block > collected.end:
                continue
            return [
                f"the journal was cut: row {number:,} of the audit names block {block:,}, and it "
                f"ends with block {report.blocks:,}"
            ]
        if seal != facts["seal"]:
            return [
                f"the journal was made anew at or before block {block:,}: row {number:,} of the "
                f"audit says it was sealed {facts['seal'][:16]}…"
            ]
        count += 1
    report.compared.append(f"{count:,} blocks are sealed as the audit recorded them.")
    return []
