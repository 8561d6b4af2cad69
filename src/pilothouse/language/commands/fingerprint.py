"""Fingerprints in the journal, by which replicas notice that they differ."""

from pilothouse.language.schema import Command, command, word


@command(190, "The fingerprint at {position} is recorded")
class RecordFingerprint(Command):
    """Record the writer's fingerprint after a position; followers compare. It changes nothing."""

    position: int = word("the last position it covers")
    hi: int = word("upper half of the fingerprint")
    lo: int = word("lower half of the fingerprint")
