"""What trades is changed by change control alone: every sender of every door tries every command.

What may move while an exchange trades is named here, field by field. Whatever else of what is
there already differs after a command is a parameter that was changed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pilothouse.language import commands as ask
from pilothouse.language import refusals as no
from pilothouse.language.doors import DOORS, GOVERNED, Doorway
from pilothouse.language.kinds import ClientClass, MarketStatus, Purpose, Side, Wallet
from pilothouse.language.names import GATEWAYS, INDEX_SOURCES, Sender
from pilothouse.language.schema import COMMANDS
from tests.attack import trading_world as world
from tests.attack.trading_world import CLIENT, FREE_FEES, POOL, fees, outcome, trading
from tests.twin.worlds import COIN, DOLLAR, PERPETUAL, SMALL, SPOT, margin_schedule

MOVES = {
    "markets": """last_price fees_balance mark index funding_payment_e6 funding_base_e6
        positions_open next_of_asset premium mark_time open_interest funding_rate_e12
        premium_sum_e12_ms premium_ms funding_posted funding_cursor positions_first rows_first
        depth_since""",
    "assets": """index_e12 index_time sources_live markets_first live_until live_since held_e12
        held_since held_time left_out anchor_e12 anchor_time source_price_e12 source_time
        source_changed""",
    "accounts": """orders_first orders_open protection volume volume_day volume_micro_usd queued
        balances_first positions_first queue_next""",
    "exchange": """position time trade next_hour hour_started assets_used markets_used
        accounts_used balances_used positions_used orders_used levels_used nodes_used books_used
        volumes_used triggers_used schedules_used orders_free levels_free nodes_free nodes_spare
        triggers_free schedules_free senders queue_first queue_last queue_count funding_market
        orders_open keys_used requests_used levels_spare triggers_due triggers_turn moves
        debt_cursor""",
    "fees": "",
    "schedules": "next",
}
TIERS = ((0, 60_000, 50_000),)
TRIED: dict[type, list[Any]] = {
    ask.CreateExchange: [
        ask.CreateExchange(accounts=9, balances=9, positions=9, orders=9, levels=9, nodes=9)
    ],
    ask.GrowTable: [ask.GrowTable(table="fees", rows=16)],
    ask.ListAsset: [
        ask.ListAsset(symbol="COIN", decimals=8, collateral=1, haircut_ppm=1),
        ask.ListAsset(symbol="NEW", decimals=8),
    ],
    ask.ListMarket: [world.contract("PF_COINUSD", FREE_FEES), world.contract("PF_NEW", 1)],
    ask.SetFeeSchedule: [fees(1), fees(1, 0)],
    ask.OpenAccount: [
        ask.OpenAccount(client_class=ClientClass.HOUSE, purpose=one) for one in Purpose
    ],
    ask.Deposit: [ask.Deposit(account=one, asset=DOLLAR, amount=5) for one in (CLIENT, POOL)],
    ask.Transfer: [
        ask.Transfer(
            account=CLIENT, asset=DOLLAR, source=Wallet.SPOT, target=Wallet.FUTURES, amount=5
        )
    ],
    ask.SetIndexPrice: [ask.SetIndexPrice(asset=COIN, source=1, price_e12=999 * 10**12)],
    ask.OpenDoor: [ask.OpenDoor()],
    ask.UseNonce: [ask.UseNonce(key=1, nonce_hi=1, nonce_lo=1)],
    ask.UseRequest: [ask.UseRequest(key=1, digest_hi=1, digest_lo=1)],
    ask.RecordFingerprint: [ask.RecordFingerprint(position=1, hi=1, lo=1)],
    ask.RecordAuditHead: [ask.RecordAuditHead(row=1, hash="0" * 64)],
    ask.PlaceOrder: [world.order(CLIENT, one, Side.SELL, 10_200) for one in (SPOT, PERPETUAL)],
    ask.CancelOrder: [ask.CancelOrder(account=CLIENT, order=1)],
    ask.CancelAllOrders: [ask.CancelAllOrders(account=CLIENT)],
    ask.SetMarginSchedule: [
        margin_schedule(PERPETUAL, TIERS, 2),
        margin_schedule(PERPETUAL, TIERS, 2, (1, 0, 0)),
        margin_schedule(SMALL, TIERS, 2),
    ],
    ask.SetMarketStatus: [
        ask.SetMarketStatus(market=one, status=MarketStatus.HALTED, base_version=1)
        for one in (SPOT, PERPETUAL)
    ],
    ask.SetPriceBand: [
        ask.SetPriceBand(market=one, band_ppm=30_000, base_version=1) for one in (SPOT, PERPETUAL)
    ],
}
"""Each command with words that are right, had it come from who may say it."""
SENDERS = [
    *(one for one in Sender if one is not Sender.REHEARSAL), GATEWAYS[1], INDEX_SOURCES[0], 33,
]  # fmt: skip
CHANGES = {ask.SetFeeSchedule.number, *GOVERNED}


@pytest.fixture(scope="module")
def exchange():
    return trading()


def parameters(machine, used):
    """Return whatever must not move, of the rows that are there already."""
    found = {}
    for table, moves in MOVES.items():
        rows = getattr(machine.state, table)
        still = [name for name in rows.dtype.names if name not in moves.split()]
        for name in still:
            found[table, name] = np.array(rows[name][: used[table]])
    return found


def rows_there(machine):
    x = machine.state.exchange[0]
    used = {name: int(x[f"{name}_used"]) + 1 for name in ("markets", "assets", "accounts")}
    # A schedule that is added is a change as well: rows behind those in use are looked at too.
    return used | {"exchange": 1, "fees": 8, "schedules": 16}


def changed(machine, sender, command):
    """Return the parameters that a command of a sender changed on a copy, and its outcome."""
    used, copy = rows_there(machine), machine.copy()
    before = parameters(copy, used)
    became = outcome(copy, sender, command)
    after = parameters(copy, used)
    assert not copy.broken_invariants()
    return {key for key, was in before.items() if not np.array_equal(was, after[key])}, became


def test_every_command_has_its_cell_and_every_door_a_sender():
    assert set(TRIED) == set(COMMANDS.values())
    for powers in DOORS.values():
        assert powers.senders & set(SENDERS)


@pytest.mark.parametrize(
    ("door", "number"),
    [(door, number) for door, powers in DOORS.items() for number in sorted(powers.commands)],
)
def test_no_door_but_the_consoles_changes_what_trades(exchange, door, number):
    for sender in DOORS[door].senders & set(SENDERS):
        for command in TRIED[COMMANDS[number]]:
            moved, became = changed(exchange, sender, command)
            if door is Doorway.CONSOLE:
                assert moved and became == 0, command
            else:
                assert not moved, (sender, command)


@pytest.mark.parametrize("number", sorted(COMMANDS))
def test_no_sender_but_change_control_changes_what_trades(exchange, number):
    for command in TRIED[COMMANDS[number]]:
        moved, became = changed(exchange, Sender.CONTROL, command)
        assert bool(moved) == (number in CHANGES), (command, became)
        for sender in SENDERS:
            if sender != Sender.CONTROL:
                moved, became = changed(exchange, sender, command)
                assert not moved, (sender, command)
                if number in CHANGES:
                    assert became == no.CHANGE_CONTROL_ALONE_MAY_SAY_IT, (sender, command)


@pytest.mark.parametrize("sender", [Sender.GENESIS, Sender.IMPORT])
def test_before_it_trades_a_founding_or_an_import_sets_it(exchange, sender):
    machine, number = exchange.copy(), 4
    alone = no.CHANGE_CONTROL_ALONE_MAY_SAY_IT
    say = [
        (fees(FREE_FEES, 5_000), 0),
        (world.contract("PF_NEW", FREE_FEES), 0),
        (fees(FREE_FEES, 4_000), alone),
        (margin_schedule(number, TIERS, 1), 0),
        (margin_schedule(number, TIERS, 2, (1, 0, 0)), 0),
        (margin_schedule(number, ((0, 90_000, 50_000),), 3), alone),
        (margin_schedule(number, (), 3, (1, 0, 0)), alone),
        (ask.SetIndexPrice(asset=COIN, source=1, price_e12=1_000 * 10**12), 0),
        (ask.SetIndexPrice(asset=COIN, source=2, price_e12=1_000 * 10**12), 0),
        (replace(world.order(CLIENT, PERPETUAL, Side.SELL), market=number), 0),
        (margin_schedule(number, TIERS, 3, (2, 0, 0)), alone),
    ]
    assert [outcome(machine, sender, one) for one, _ in say] == [int(one) for _, one in say]
    signed = margin_schedule(number, TIERS, 3, (2, 0, 0))
    assert outcome(machine, Sender.CONTROL, signed) == 0
