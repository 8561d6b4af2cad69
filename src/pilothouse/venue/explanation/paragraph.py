"""The paragraph for the client: what happened, why, and the figures it rested on.

It has no word of ours that a client does not know, and nothing of anybody else's account.
"""

from __future__ import annotations

from datetime import UTC, datetime

from pilothouse.language.numbers import SECOND_US
from pilothouse.venue.explanation.facts import Explanation, What, usd


def paragraph(one: Explanation) -> str:
    """Return what support can send to the client."""
    parts = [f"On {_moment(one.moment.time)}: {one.said}", one.because]
    if one.what == What.LIQUIDATION:
        parts += [_standing(one) if one.margin.lines else "", *one.outcome]
    return " ".join(part for part in parts if part)


def _moment(time_us: int) -> str:
    at = datetime.fromtimestamp(time_us // SECOND_US, UTC)
    return f"{at.day} {at:%B %Y at %H:%M:%S} UTC"


def _standing(one: Explanation) -> str:
    view = one.margin
    result = "a loss" if view.unrealised < 0 else "a profit"
    said = f"At that moment the collateral counted for {usd(view.collateral).text}, and the open "
    said += f"positions, valued at the mark price, had {result} of "
    return f"{said}{usd(abs(view.unrealised)).text} not yet realised."
