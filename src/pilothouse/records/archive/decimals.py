"""The same rows for people: exact decimals instead of integers, symbols instead of numbers.

A decimal is the integer times the unit of its market or asset; nothing is rounded, and no float
comes near money.
"""

from __future__ import annotations

from typing import Final

_TIMES: Final = "{column}::DECIMAL(19,0) * {unit} AS {name}"


def _times(name: str, unit: str, column: str = "") -> str:
    return _TIMES.format(column=column or f"r.{name}", unit=unit, name=name)


DECIMAL_VIEWS: Final[dict[str, tuple[str, str]]] = {
    "fills_decimal": (
        "Fills with exact decimals and symbols.",
        "SELECT r.time, r.position, m.symbol, r.trade, r.fill_kind, r.side, "
        + ", ".join(
            (
                _times("price", "m.price_unit"),
                _times("quantity", "m.quantity_unit"),
                _times("value", "q.unit"),
                "r.taker_account",
                _times("taker_fee", "q.unit"),
                "r.maker_account",
                _times("maker_fee", "q.unit"),
            )
        )
        + ", q.display AS money FROM fills r JOIN markets m USING (market) "
        "JOIN assets q ON q.asset = m.quote",
    ),
    "ledger_decimal": (
        "Ledger entries with exact decimals and the assets' names.",
        "SELECT r.time, r.position, r.account, r.wallet, a.display AS asset, "
        + _times("amount", "a.unit")
        + ", r.entry_type, r.trade FROM ledger_entries r JOIN assets a USING (asset)",
    ),
    "positions_decimal": (
        "Changes of positions with exact decimals and symbols.",
        "SELECT r.time, r.position, r.account, m.symbol, "
        + ", ".join(
            (
                _times("quantity", "m.quantity_unit"),
                _times("entry_cost", "q.unit"),
                _times("realised", "q.unit"),
            )
        )
        + " FROM positions r JOIN markets m USING (market) JOIN assets q ON q.asset = m.quote",
    ),
    "marks_decimal": (
        "Marks and indexes with exact decimals and symbols.",
        "SELECT r.time, r.position, m.symbol, "
        + ", ".join(
            (
                _times("mark", "m.price_unit * 0.01::DECIMAL(2,2)"),
                _times("index", "m.price_unit * 0.01::DECIMAL(2,2)"),
            )
        )
        + " FROM marks r JOIN markets m USING (market)",
    ),
}
"""Each view's sentence and its SELECT."""
