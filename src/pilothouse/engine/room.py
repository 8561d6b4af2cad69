"""Room: how many rows of each table one account may fill, and what is kept for who must finish.

A table that is full for clients is not full for the exchange: orders leave a row to liquidations,
levels and nodes to triggers, balances to deposits and transfers, and those leave the last ones to
liquidations. Nobody's own share reaches the bound of all.
"""

from __future__ import annotations

from pilothouse.engine.levels import NODES_PER_LEVEL
from pilothouse.engine.state import State
from pilothouse.rules.compiled import inlined

ORDERS_LEAST = 64
"""However small the table, an account may have so many open orders."""
ORDERS_DEFAULT = 2_048
"""However large the table, an account without a number of its own has no more."""
ORDERS_SHARE = 64
"""Such an account has at most this part of each table that its orders fill: one in sixty-four."""
ORDERS_RESERVED = 1
"""A liquidation's order is gone at the end of its step, so one row serves them all."""
WATCHED_SHARE = 8
"""One in eight levels and nodes is kept for triggers, which say who must be examined."""
MONEY_SHARE = 16
"""One in sixteen balances is kept for deposits and transfers."""
BALANCES_OF_ORDER = 6
"""Both sides' balances, the house's fees and the insurance pool."""


@inlined
def order_limit(s: State, account: int) -> int:
    """Return how many open orders an account may have, never all of a table.

    Each takes one order, at most one level and at most one node, so the smallest table counts.
    """
    rows = min(s.orders.shape[0], s.levels.shape[0], s.nodes.shape[0]) - 1
    most = s.accounts[account].orders_max
    if most == 0:
        return max(ORDERS_LEAST, min(ORDERS_DEFAULT, rows // ORDERS_SHARE))
    return min(most, max(ORDERS_LEAST, rows // 2))


@inlined
def room_for_resting_order(s: State) -> bool:
    """Tell whether one more order may rest."""
    return s.exchange[0].orders_open + ORDERS_RESERVED + 1 < s.orders.shape[0]


@inlined
def room_for_order_level(s: State) -> bool:
    """Tell whether an order may open one more level."""
    x = s.exchange[0]
    rows = s.levels.shape[0]
    return x.levels_used - x.levels_spare + rows // WATCHED_SHARE + 1 < rows


@inlined
def room_for_order_nodes(s: State) -> bool:
    """Tell whether an order may take the node that one more level may need."""
    x = s.exchange[0]
    rows = s.nodes.shape[0]
    return x.nodes_used - x.nodes_spare + rows // WATCHED_SHARE + NODES_PER_LEVEL < rows


@inlined
def room_for_order_balances(s: State) -> bool:
    """Tell whether an order may take all balances that it may need."""
    rows = s.balances.shape[0]
    return s.exchange[0].balances_used + rows // MONEY_SHARE + BALANCES_OF_ORDER < rows


@inlined
def room_for_money(s: State, count: int) -> bool:
    """Tell whether a deposit or a transfer may take so many balances."""
    rows = s.balances.shape[0]
    kept = min(BALANCES_OF_ORDER, rows // MONEY_SHARE)
    return s.exchange[0].balances_used + kept + count < rows
