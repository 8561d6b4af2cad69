"""Which names the exchange remembers."""

from __future__ import annotations

from typing import Any

import numpy as np

from pilothouse.language.names import NAMES_PER_HI


def highest_number(machine: Any, sender: int) -> int:
    """Return the highest number among a sender's remembered names (see `numbered`), 0 for none."""
    state = machine.state
    ring = int(state.exchange[0]["names"])
    rows = state.names[sender * ring : (sender + 1) * ring]
    known = rows[rows["position"] != 0]
    return int(np.max(known["hi"] * NAMES_PER_HI + known["lo"], initial=0))
