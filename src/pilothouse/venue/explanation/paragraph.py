"""The paragraph for the client: what happened, why, and the figures it rested on.

It has no word of ours that a client does not know, and nothing of anybody else's account.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from pilothouse.language.numbers import SECOND_US
from pilothouse.venue.explanation.facts import Explanation, What, cents
from pilothouse.venue.explanation.what_if import WouldHave

CHANGED_MOST: Final = 4
"""What a letter names of one change."""


def paragraph(one: Explanation) -> str:
    """Return what support can send to the client."""
    parts = [f"On {_moment(one.moment.time)}: {one.said}", one.because]
    if one.what == What.LIQUIDATION:
        parts += [_standing(one) if one.margin.lines else "", *one.outcome]
    return " ".join(part for part in parts if part)


def with_our_change(changed: Sequence[str], market: str, applied_us: int, would: WouldHave) -> str:
    """Return the paragraph's end that names a change of ours, for a letter that hides nothing.

    `changed` says what changed, each as "initial margin from 2 % to 4 %".
    """
    what = ", ".join(changed[:CHANGED_MOST]) or "a setting"
    more = " and more" if len(changed) > CHANGED_MOST else ""
    said = f"Before that, on {_moment(applied_us)}, we changed {market}: {what}{more}. "
    if not would.happens:
        return f"{said}Without this change it would not have happened."
    if would.same:
        return f"{said}It would have happened at the same moment without this change."
    return f"{said}Without this change it would have happened on {_moment(would.time)}."


def _moment(time_us: int) -> str:
    at = datetime.fromtimestamp(time_us // SECOND_US, UTC)
    return f"{at.day} {at:%B %Y at %H:%M:%S} UTC"


def _standing(one: Explanation) -> str:
    view = one.margin
    result = "a loss" if view.unrealised < 0 else "a profit"
    said = (
        f"At that moment the collateral counted for {cents(view.collateral).text}, and the open "
    )
    said += f"positions, valued at the mark price, had {result} of "
    return f"{said}{cents(abs(view.unrealised)).text} not yet realised."
