"""Why something happened to an account, asked outside a page: each look is in the audit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pilothouse.language.texts import is_plain, says_something

if TYPE_CHECKING:
    from pilothouse.control.explanation import Touching
    from pilothouse.venue.explanation.facts import Explanation
    from pilothouse.venue.explanation.shown import Shown
    from pilothouse.venue.explanation.what_if import WouldHave
    from pilothouse.venue.past import Past


class NoPurpose(ValueError):
    """A client is only looked at for a purpose."""


@dataclass(frozen=True)
class Happening:
    """What is to be explained: an account with a position or its own name of an order, or an
    order's number.
    """

    account: int = 0
    position: int = 0
    order: int = 0
    client_order_id: str = ""

    @property
    def is_named(self) -> bool:
        """Tell whether it names anything."""
        return bool(self.order or (self.account and (self.position or self.client_order_id)))


@dataclass(frozen=True)
class Explained:
    """An explanation as every door shows it, the changes before it and who signed them, and for
    each by its number what would have been without it.
    """

    shown: Shown
    changes: Sequence[Touching]
    without: Mapping[int, WouldHave]

    def as_plain(self) -> dict[str, Any]:
        """Return it as plain JSON, with the names of the console's page."""
        from pilothouse.console.answers import plain

        made = vars(self.shown) | {"changes": self.changes, "without": self.without}
        facts: dict[str, Any] = plain(made)
        return facts


def explained(
    home: Path,
    asked: Happening,
    *,
    actor: str,
    purpose: str,
    say: Callable[[str], None] = lambda sentence: None,
) -> Explained:
    """Return why something happened; Django must be set up. `say` is told what takes long.

    Raises NotExplained, NoSuchMoment, PastIsSealed, Refused where the archive cannot be asked,
    and NoPurpose when there is none to write to the audit.
    """
    if not says_something(purpose) or not is_plain(purpose):
        raise NoPurpose(
            "enter the purpose, with at least three letters or digits; it is written to the audit "
            "log"
        )
    # Late, because Django's models and the compiled engine are loaded with them.
    from pilothouse.control.explanation import changes_before, without_it
    from pilothouse.venue.explanation.shown import shown
    from pilothouse.venue.past import Past

    past = Past(home, say=say)
    made = _found(past, asked)
    _note(actor, made.account, purpose, made.moment.position)
    changes = changes_before(made)
    return Explained(
        shown(past, made),
        changes,
        {one.number: without_it(past, made, one) for one in changes},
    )


def _found(past: Past, asked: Happening) -> Explanation:
    from pilothouse.records.archive.known_orders import known_orders
    from pilothouse.venue.explanation import explain, orders

    if not (asked.order or asked.client_order_id):
        return explain.find(past, asked.account, asked.position)
    known = known_orders(past.home)
    if asked.order:
        return orders.find_order(past, asked.order, known)
    return orders.find_client_order(past, asked.account, asked.client_order_id, known)


def _note(actor: str, account: int, purpose: str, position: int) -> None:
    from django.db import transaction

    from pilothouse.records import audit

    facts = {"purpose": purpose, "position": position}
    sentence = f"what happened to account {account} at {position} was explained: {purpose}"
    with transaction.atomic():
        audit.write(actor, "explanation.seen", f"account:{account}", sentence, facts=facts)
