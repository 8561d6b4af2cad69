"""Every command that takes a power and was not signed is found: SEC F4."""

from datetime import timedelta

import pytest

from pilothouse.control import reconciler
from pilothouse.control.reconcile import Difference
from pilothouse.language.commands import (
    Deposit,
    OpenAccount,
    PlaceOrder,
    RecordAuditHead,
    SetMarketStatus,
    SetPriceBand,
)
from pilothouse.language.kinds import (
    CauseKind,
    ClientClass,
    MarketStatus,
    OrderType,
    Purpose,
    Side,
    TimeInForce,
)
from pilothouse.language.names import Cause, Name, Sender
from pilothouse.language.rows import Message
from tests import asking
from tests.attack.reconciling import (
    Journal,
    applied,
    approved,
    exchange,
    journal,
    previewed,
    raise_margin,
    team,
)

__all__ = ["applied", "approved", "exchange", "journal", "previewed", "raise_margin", "team"]
MINUTE = timedelta(minutes=1)


FORGED = {
    "a deposit by the gateway": (
        Message(Deposit(account=7, asset=1, amount=10**9), Name(Sender.GATEWAY, 1, 1)),
        Difference.SENDER,
    ),
    "a deposit by change control": (
        Message(
            Deposit(account=7, asset=1, amount=1),
            Name(Sender.CONTROL, 1, 1),
            Cause(CauseKind.CHANGE, 1),
        ),
        Difference.SENDER,
    ),
    "a deposit by an index source": (
        Message(Deposit(account=7, asset=1, amount=1), Name(Sender.INDEX, 1, 1)),
        Difference.SENDER,
    ),
    "a deposit by nobody": (
        Message(Deposit(account=7, asset=1, amount=1), Name(0, 1, 1)),
        Difference.SENDER,
    ),
    "a deposit of genesis without its cause": (
        Message(Deposit(account=7, asset=1, amount=1), Name(Sender.GENESIS, 9, 1)),
        Difference.SENDER,
    ),
    "an account by the gateway": (
        Message(
            OpenAccount(client_class=ClientClass.HOUSE, purpose=Purpose.FEES),
            Name(Sender.GATEWAY, 1, 1),
        ),
        Difference.SENDER,
    ),
    "a power by the gateway": (
        Message(
            SetPriceBand(market=1, band_ppm=9, base_version=1),
            Name(Sender.GATEWAY, 1, 1),
            Cause(CauseKind.CHANGE, 1),
        ),
        Difference.SENDER,
    ),
    "a power by genesis": (
        Message(
            SetMarketStatus(market=1, status=MarketStatus.HALTED, base_version=1),
            Name(Sender.GENESIS, 9, 1),
            Cause(CauseKind.GENESIS, 1),
        ),
        Difference.SENDER,
    ),
    **{
        f"a power for the cause {kind.name.lower()}": (
            Message(
                SetPriceBand(market=1, band_ppm=9, base_version=1),
                Name(Sender.CONTROL, 1, 1),
                Cause(kind, 1),
            ),
            Difference.SENDER,
        )
        for kind in CauseKind
        if kind is not CauseKind.CHANGE
    },
    "a head of the audit that it never had": (
        Message(RecordAuditHead(row=10**6, hash="0" * 64), Name(Sender.AUDIT, 10**6, 0)),
        Difference.AUDIT_CUT,
    ),
    "a head by the gateway": (
        Message(RecordAuditHead(row=1, hash="0" * 64), Name(Sender.GATEWAY, 1, 0)),
        Difference.SENDER,
    ),
}


@pytest.mark.parametrize("how", FORGED)
def test_f4_whatever_takes_a_power_and_was_not_signed_is_found(journal, applied, how):
    message, difference = FORGED[how]
    journal.say(message)
    assert journal.tick() == [difference]


@pytest.mark.parametrize("how", FORGED)
def test_a_refused_attempt_is_found_too(journal, applied, how):
    message, difference = FORGED[how]
    journal.say(message, outcome=1_006)
    assert journal.tick() == [difference]
    assert "not executed" in reconciler.differences()[0].sentence


def margins_by_genesis(market=1):
    name, cause = Name(Sender.GENESIS, 9, market), Cause(CauseKind.GENESIS, 1)
    return Message(asking.schedule(market), name, cause)


def bought(market):
    words = PlaceOrder(
        account=7,
        market=market,
        side=Side.BUY,
        order_type=OrderType.LIMIT,
        time_in_force=TimeInForce.GTC,
        flags=0,
        quantity=1,
        price=1,
    )
    return Message(words, Name(Sender.GATEWAY, 1, market))


def test_genesis_sets_margins_of_a_market_until_somebody_uses_it(journal, applied):
    journal.say(margins_by_genesis(market=5))
    assert journal.tick() == [], "an import lists markets at any time"
    journal.say(bought(5))
    assert journal.tick() == []
    again = Journal(journal.position)
    again.block = journal.block
    again.say(margins_by_genesis(market=5))
    assert again.tick() == [Difference.GENESIS], "also after a restart"
    again.say(margins_by_genesis(market=1))
    assert again.tick() == [Difference.GENESIS, Difference.GENESIS], "a change touched market 1"
