"""Heads of the audit in the journal, by which either shows that the other was cut or rewritten."""

from pilothouse.language.schema import Command, command, text, word


@command(198, "The audit's row {row} is recorded")
class RecordAuditHead(Command):
    """Record the audit's last row and its hash; with 64 times `f` for a hash, that the audit was
    found broken and `row` was the newest recorded. It changes nothing.
    """

    row: int = word("number of the audit's row")
    hash: str = text("its hash, 64 hexadecimal digits", size=64)
