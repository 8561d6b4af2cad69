"""Enumerations as the field's words: the machine has numbers, pages have words."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import IntEnum
from typing import Any

from django import template

from pilothouse.language.commands.orders import POST_ONLY, REDUCE_ONLY
from pilothouse.language.kinds import (
    ClientClass,
    MarketKind,
    MarketStatus,
    OrderType,
    Purpose,
    Side,
    Wallet,
)
from pilothouse.language.numbers import SECOND_US

register = template.Library()


def word(kind: type[IntEnum], value: Any) -> str:
    """Return the lower-case name of a value of an enumeration, or the number if it has none.

    What is kept as evidence has the name already.
    """
    if isinstance(value, str):
        return value
    number = int(value)
    return kind(number).name.lower() if number in kind._value2member_map_ else str(number)


@register.filter
def words(value: Any) -> str:
    """Format an enumeration's member or a name of code as a word."""
    return str(getattr(value, "name", value)).lower()


@register.filter
def kind_words(value: Any) -> str:
    """Format a kind of market: perpetual_linear becomes perpetual linear."""
    return word(MarketKind, value).replace("_", " ")


@register.filter
def status_words(value: Any) -> str:
    """Format a market's status."""
    return word(MarketStatus, value)


@register.filter
def side_words(value: Any) -> str:
    """Format a side: buy or sell."""
    return word(Side, value)


@register.filter
def wallet_words(value: Any) -> str:
    """Format a wallet: spot or futures."""
    return word(Wallet, value)


@register.filter
def class_words(value: Any) -> str:
    """Format a class of clients."""
    return word(ClientClass, value)


@register.filter
def purpose_words(value: Any) -> str:
    """Format the purpose of an account."""
    return word(Purpose, value).replace("_", " ")


@register.filter
def order_words(order: Any) -> str:
    """Format how an order is meant: limit, post-only."""
    said = [word(OrderType, order.order_type)]
    if order.flags & POST_ONLY:
        said.append("post-only")
    if order.flags & REDUCE_ONLY:
        said.append("reduce-only")
    return ", ".join(said)


@register.filter
def scope_words(schedule: Any) -> str:
    """Format whom a margin schedule concerns: all clients, a class, a country, a cohort."""
    said = []
    if schedule.client_class != ClientClass.ANY:
        said.append(word(ClientClass, schedule.client_class))
    if schedule.jurisdiction:
        said.append(f"country {schedule.jurisdiction}")
    if schedule.opened_from:
        opened = datetime.fromtimestamp(schedule.opened_from // SECOND_US, UTC)
        said.append(f"positions opened from {opened:%Y-%m-%d %H:%M}")
    return ", ".join(said) or "all clients"
