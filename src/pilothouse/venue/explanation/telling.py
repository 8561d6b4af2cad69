"""Commands and events as people read them: symbols for numbers, amounts in their own units.

The sentences are the language's; only what stands in them is translated, by the unit that each
field declares. An order and a fill say more than their sentence: what the account did there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from pilothouse.engine.machine import Machine
from pilothouse.language.events import OrderFilled, OrderPlaced
from pilothouse.language.kinds import Side
from pilothouse.language.schema import Word, as_json
from pilothouse.venue.explanation import units
from pilothouse.venue.explanation.facts import usd
from pilothouse.venue.explanation.words import side_words
from pilothouse.venue.views.markets import MarketView, market

OF_MARKET: Final[dict[str, Callable[[Machine, MarketView, int], str]]] = {
    "price units": lambda machine, of, value: units.price(machine, of, value).text,
    "quantity units": lambda machine, of, value: units.quantity(machine, of, value).text,
    "quote base units": lambda machine, of, value: units.amount(machine, of.quote, value).text,
    "settlement base units": lambda machine, of, value: (
        units.amount(machine, of.quote, value).text
    ),
    "hundredths of a price unit": lambda machine, of, value: units.mark(machine, of, value).text,
}
"""What a figure of a market is, by the unit its field declares."""
NAMED_BY_AMOUNT: Final = (" units of asset {asset}", " of asset {asset}")
"""What an amount says itself, since it carries its asset's symbol."""


def told(machine: Machine, word: Word, account: int) -> str:
    """Return what a command or event says, as somebody who looks at `account` reads it."""
    if isinstance(word, OrderFilled):
        return _fill(machine, word, account)
    if isinstance(word, OrderPlaced):
        return f"order {word.order} is placed: {_order(machine, word)}"
    sentence = word.sentence
    for part in NAMED_BY_AMOUNT:
        sentence = sentence.replace(part, "")
    return sentence.format(**_figures(machine, word))


def _figures(machine: Machine, word: Any) -> dict[str, Any]:
    plain = as_json(word)
    of = market(machine, word.market) if plain.get("market") else None
    for slot in word.layout.slots:
        value = getattr(word, slot.name)
        if slot.name == "market":
            plain[slot.name] = of.symbol if of else value
        elif slot.name == "asset" and value:
            plain[slot.name] = units.symbol_of(machine, value)
        elif slot.unit == "base units":
            plain[slot.name] = units.amount(machine, word.asset, value).text
        elif slot.unit == "micro-dollars":
            plain[slot.name] = usd(value).text
        elif of is not None and slot.unit in OF_MARKET:
            plain[slot.name] = OF_MARKET[slot.unit](machine, of, value)
    return plain


def _fill(machine: Machine, fill: OrderFilled, account: int) -> str:
    takes = account != fill.maker_account
    of = units.market_of(machine, fill.market)
    order = fill.taker_order if takes else fill.maker_order
    bought = (fill.side == Side.BUY) == takes
    quantity = units.quantity(machine, of, fill.quantity).text
    at = units.price(machine, of, fill.price).text
    done = f"{'bought' if bought else 'sold'} {quantity} in {of.symbol} at {at}"
    return f"order {order}: {done}" if order else done


def _order(machine: Machine, order: OrderPlaced) -> str:
    of = units.market_of(machine, order.market)
    quantity = units.quantity(machine, of, order.quantity).text
    at = f"at {units.price(machine, of, order.price).text}" if order.price else "at the market"
    return f"{side_words(order.side)} {quantity} in {of.symbol} {at}"
