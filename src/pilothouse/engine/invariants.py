"""What must hold after every block: checked in tests after each, in production at intervals."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from pilothouse.engine.growth import used_rows
from pilothouse.engine.state import State
from pilothouse.language.commands.orders import REDUCE_ONLY
from pilothouse.language.kinds import MarketKind, Side


def broken_invariants(state: State) -> list[str]:
    """Return a sentence for each invariant that does not hold, none if all is well."""
    used = used_rows(state)
    return [
        *_money_sums_to_zero(state, used),
        *_every_balance_is_somebodys(state, used),
        *_clearing_mirrors_entry_costs(state, used),
        *_holdings_match_orders(state, used),
        *_books_are_right(state),
        *_nodes_are_fewer_than_levels(state),
        *_open_interest_balances(state, used),
        *_liabilities_within_custody(state, used),
    ]


def _sum_by(keys: Any, values: Any, size: int) -> list[int]:
    # Python's own integers, so that a sum over all accounts cannot wrap.
    made = [0] * size
    for key, value in zip(keys.tolist(), values.tolist(), strict=True):
        made[key] += value
    return made


def _money_sums_to_zero(state: State, used: dict[str, int]) -> Iterator[str]:
    rows = state.balances[1 : used["balances"]]
    totals = _sum_by(rows["asset"], rows["available"] + rows["held"], used["assets"])
    for asset, total in enumerate(totals):
        if total != 0:
            yield f"the balances of asset {asset} sum to {total}, not to zero"
    for row in np.flatnonzero(rows["held"] < 0):
        yield f"balance {row + 1} holds {rows['held'][row]}, less than nothing"


def _every_balance_is_somebodys(state: State, used: dict[str, int]) -> Iterator[str]:
    owners = state.balances["account"][1 : used["balances"]]
    for row in np.flatnonzero((owners < 1) | (owners >= used["accounts"])):
        yield f"balance {row + 1} belongs to account {owners[row]}, which nobody opened"


def _clearing_mirrors_entry_costs(state: State, used: dict[str, int]) -> Iterator[str]:
    positions = state.positions[1 : used["positions"]]
    costs = _sum_by(positions["market"], positions["entry_cost"], used["markets"])
    balances = state.balances[1 : used["balances"]]
    for market in range(1, used["markets"]):
        m = state.markets[market]
        if m["clearing_account"] == 0:
            continue
        of = balances["account"] == m["clearing_account"]
        held = int(balances["available"][of].sum())
        if held - int(m["funding_posted"]) != -costs[market]:
            yield f"clearing of contract {market} holds {held} against costs {costs[market]}"


def _holdings_match_orders(state: State, used: dict[str, int]) -> Iterator[str]:
    orders = state.orders[1 : used["orders"]]
    orders = orders[orders["number"] != 0]
    spot = orders[orders["position"] == 0]
    needed = [0] * used["balances"]
    for o in spot:
        needed[o["base_balance" if o["side"] == Side.SELL else "quote_balance"]] += int(o["held"])
        if o["held"] < _worth_of_rest(state, o):
            yield f"order {o['number']} holds {o['held']}, less than its rest is worth"
    for row in range(1, used["balances"]):
        if needed[row] != int(state.balances[row]["held"]):
            yield f"balance {row} holds {state.balances[row]['held']}, orders need {needed[row]}"
    sizes = orders[(orders["position"] != 0) & ((orders["flags"] & REDUCE_ONLY) == 0)]
    for side, field in ((Side.BUY, "buys"), (Side.SELL, "sells")):
        of = sizes[sizes["side"] == side]
        totals = _sum_by(of["position"], of["remaining"], used["positions"])
        wrong = np.flatnonzero(state.positions[field][: used["positions"]] != np.array(totals))
        for row in wrong.tolist():
            yield f"position {row} counts {field} that its orders do not have"


def _worth_of_rest(state: State, o: Any) -> int:
    m = state.markets[o["market"]]
    if o["side"] == Side.SELL:
        return int(o["remaining"])
    return -(-int(o["price"]) * int(o["remaining"]) * int(m["multiplier"]) // int(m["divisor"]))


def _books_are_right(state: State) -> Iterator[str]:
    reached = 0
    for market in range(1, int(state.exchange[0]["markets_used"]) + 1):
        m = state.markets[market]
        bid, ask = state.books[m["bids"]]["highest"], state.books[m["asks"]]["lowest"]
        if bid and ask and state.levels[bid]["price"] >= state.levels[ask]["price"]:
            yield f"the book of market {market} is crossed"
        for book in (m["bids"], m["asks"]):
            count, sentences = _book_is_right(state, int(book))
            reached += count
            yield from sentences
    if reached != int(state.exchange[0]["orders_open"]):
        yield f"{reached} orders stand in books, {state.exchange[0]['orders_open']} are open"


def _nodes_are_fewer_than_levels(state: State) -> Iterator[str]:
    # Each node parts two levels or more, so a share of the orders bounds a share of the nodes.
    x = state.exchange[0]
    levels = int(x["levels_used"]) - int(x["levels_spare"])
    nodes = int(x["nodes_used"]) - int(x["nodes_spare"])
    if nodes > max(levels - 1, 0):
        yield f"{nodes} nodes are in use for {levels} levels"


def _book_is_right(state: State, book: int) -> tuple[int, list[str]]:
    wrong, reached, price = [], 0, -1
    level = int(state.books[book]["lowest"])
    while level:
        one = state.levels[level]
        if one["price"] <= price or one["book"] != book:
            wrong.append(f"level {level} stands in the wrong place")
        price, total, row = one["price"], 0, int(one["first"])
        while row:
            total += int(state.orders[row]["remaining"])
            reached += 1
            row = int(state.orders[row]["next"])
        if total != one["quantity"] or total == 0:
            wrong.append(f"level {level} counts {one['quantity']}, its orders {total}")
        level = int(one["above"])
    return reached, wrong


def _open_interest_balances(state: State, used: dict[str, int]) -> Iterator[str]:
    positions = state.positions[1 : used["positions"]]
    longs = _sum_by(positions["market"], np.maximum(positions["quantity"], 0), used["markets"])
    shorts = _sum_by(positions["market"], np.minimum(positions["quantity"], 0), used["markets"])
    for market in range(1, used["markets"]):
        interest = int(state.markets[market]["open_interest"])
        if longs[market] != -shorts[market] or longs[market] != interest:
            yield f"contract {market}: long {longs[market]}, short {shorts[market]}, {interest}"
        if state.markets[market]["kind"] == MarketKind.SPOT and longs[market]:
            yield f"spot market {market} has positions"


def _liabilities_within_custody(state: State, used: dict[str, int]) -> Iterator[str]:
    rows = state.balances[1 : used["balances"]]
    custody = int(state.exchange[0]["custody_account"])
    others = rows[rows["account"] != custody]
    owed = _sum_by(others["asset"], others["available"] + others["held"], used["assets"])
    of = rows[rows["account"] == custody]
    outside = _sum_by(of["asset"], -of["available"], used["assets"])
    for asset in range(1, used["assets"]):
        if owed[asset] > outside[asset]:
            yield f"asset {asset}: {owed[asset]} are owed, {outside[asset]} are in custody"
