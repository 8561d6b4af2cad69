"""Who may change what trades: change control alone, whatever a socket lets in."""

from __future__ import annotations

from pilothouse.language.names import Sender
from pilothouse.rules.compiled import inlined

CONTROL = int(Sender.CONTROL)
REHEARSAL = int(Sender.REHEARSAL)


@inlined
def is_change_control(sender: int) -> bool:
    """Tell whether a command comes from change control, or rehearses one of its own on a copy."""
    return sender == CONTROL or sender == REHEARSAL
