"""`> halt btc`: the verbs of a market's status, each with the form it opens filled in.

Nothing is done here: the page that opens proposes it, and says what it stops.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final
from urllib.parse import urlencode

from pilothouse.console.pages.search import objects
from pilothouse.console.pages.search.place import Place, ranked
from pilothouse.control import reopening
from pilothouse.control.kinds import market_status
from pilothouse.language.kinds import MarketStatus

WORDS: Final[tuple[tuple[str, str, MarketStatus], ...]] = (
    ("cancel only", "Cancel only", MarketStatus.CANCEL_ONLY),
    ("post only", "Post only", MarketStatus.POST_ONLY),
    ("limit only", "Limit only", MarketStatus.LIMIT_ONLY),
    ("reduce only", "Reduce only", MarketStatus.REDUCE_ONLY),
    ("halt", "Halt", MarketStatus.HALTED),
    ("stop", "Halt", MarketStatus.HALTED),
    ("pause", "Halt", MarketStatus.HALTED),
    ("suspend", "Halt", MarketStatus.HALTED),
    ("resume", "Reopen", MarketStatus.ONLINE),
    ("reopen", "Reopen", MarketStatus.ONLINE),
    ("delist", "Delist", MarketStatus.DELISTED),
)
"""What people type, what it is called, and the status it leads to."""
LETTERS_LEAST: Final = 2
"""Letters after which an unfinished verb is taken for one."""


def status_places(text: str, most: int) -> list[Place]:
    """Return a market's change of status for each market that fits, by open interest.

    `text` is in lower case: a verb or its beginning, and what is known of the market.
    """
    found = _verb(text)
    if found is None:
        return []
    label, status, rest = found
    fitting = [one for one in objects.market_lines() if _leads_there(one.status, status)]
    known = {one.address: one for one in fitting}
    places = ranked([one.place for one in fitting], rest, most)
    return [_place(known[one.address], label, status) for one in places]


def _verb(text: str) -> tuple[str, MarketStatus, str] | None:
    for words, label, status in WORDS:
        if text == words or text.startswith(f"{words} "):
            return label, status, text[len(words) :].strip()
        if len(text) >= LETTERS_LEAST and words.startswith(text):
            return label, status, ""
    return None


def _leads_there(present: MarketStatus, status: MarketStatus) -> bool:
    return present != status and bool(reopening.way(present, status))


def _place(line: objects.MarketLine, label: str, status: MarketStatus) -> Place:
    asked = {
        "kind": market_status.NAME,
        market_status.SUBJECT: str(line.number),
        "status": status.name.lower(),
    }
    now = f"now {line.status.name.lower().replace('_', ' ')}"
    address = f"/changes/propose?{urlencode(asked)}"
    return replace(
        line.place, label=f"{label} {line.symbol}", kind="verb", address=address, hint=now
    )
