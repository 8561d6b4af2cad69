"""The twin's margin schedules: what may be set, and whom it would hurt."""

from __future__ import annotations

from pilothouse.language import refusals as no
from pilothouse.language.commands import MarginTier, SetMarginSchedule
from pilothouse.language.kinds import ClientClass, MarketKind
from tests.twin.facts import NO_SCOPE, Books, Market
from tests.twin.margin import margin_of
from tests.twin.mark import marks_under

RETAIL_LEAST_PPM = 20_000
LEAST_PPM = 10_000


def set_margin_schedule(books: Books, asked: SetMarginSchedule) -> int:
    """Set a schedule unless its base moved, it is not allowed, or it hurts more than signed."""
    market = books.market(asked.market)
    if market is None:
        return no.UNKNOWN_MARKET
    if market.listing.kind in (MarketKind.SPOT, MarketKind.INDEX):
        return no.NOT_A_CONTRACT
    if asked.base_version != market.schedule_version:
        return no.BASE_VERSION_HAS_MOVED
    scope = (int(asked.client_class), asked.jurisdiction, asked.opened_from)
    if not books.signed and (market.ordered or scope in market.schedules):
        return no.CHANGE_CONTROL_ALONE_MAY_SAY_IT
    refused = _refusal(books, asked, market, scope)
    if refused:
        return refused
    after = {k: tiers for k, tiers in market.schedules.items() if k != scope}
    if asked.tiers:
        after[scope] = asked.tiers
    if _hurts_more(books, asked, after):
        return no.IMPACT_ABOVE_WHAT_WAS_SIGNED
    market.schedules = after
    market.schedule_version += 1
    return 0


def _refusal(
    books: Books, asked: SetMarginSchedule, market: Market, scope: tuple[int, int, int]
) -> int:
    if not asked.tiers:
        removable = scope in market.schedules and scope != NO_SCOPE
        return 0 if removable else no.NOTHING_TO_CHANGE
    if len(asked.tiers) > 16:
        return no.TOO_MANY_TIERS
    if 0 < asked.opened_from < books.time and scope not in market.schedules:
        return no.COHORT_IS_IN_THE_PAST
    return _tiers_refusal(asked, market) or (
        no.NOTHING_TO_CHANGE if market.schedules.get(scope) == asked.tiers else 0
    )


def _tiers_refusal(asked: SetMarginSchedule, market: Market) -> int:
    if asked.tiers[0].floor_usd != 0:
        return no.TIERS_MUST_START_AT_ZERO
    before: MarginTier | None = None
    for tier in asked.tiers:
        if before is not None and tier.floor_usd <= before.floor_usd:
            return no.TIERS_MUST_RISE
        if tier.maintenance_ppm <= market.listing.liquidation_fee_ppm:
            return no.MAINTENANCE_MUST_EXCEED_LIQUIDATION_FEE
        if tier.initial_ppm <= tier.maintenance_ppm:
            return no.INITIAL_MUST_EXCEED_MAINTENANCE
        if tier.initial_ppm > 1_000_000:
            return no.INITIAL_MUST_NOT_EXCEED_ONE
        if before is not None and (
            tier.initial_ppm < before.initial_ppm or tier.maintenance_ppm < before.maintenance_ppm
        ):
            return no.MARGINS_MUST_NOT_FALL_WITH_SIZE
        before = tier
    retail = asked.client_class in (ClientClass.ANY, ClientClass.RETAIL)
    least = RETAIL_LEAST_PPM if retail else LEAST_PPM
    return no.LEGAL_CAP_OF_THE_CLASS if asked.tiers[0].initial_ppm < least else 0


def _hurts_more(books: Books, asked: SetMarginSchedule, after: dict) -> bool:
    initial, maintenance = [], []
    market = books.markets[asked.market - 1]
    marks = marks_under(books, asked.market, after)
    for account in range(1, len(books.accounts) + 1):
        if not _is_concerned(books, account, asked.market):
            continue
        then = margin_of(books, account)
        later = []
        for market.mark in marks:
            later.append(margin_of(books, account, (asked.market, after)))
        market.mark = marks[0]
        if any(one.equity < one.with_orders for one in later) > (then.equity < then.with_orders):
            initial.append(then.notional)
        if any(one.equity < one.maintenance for one in later) > (then.equity < then.maintenance):
            maintenance.append(then.notional)
    measured = (
        (len(initial), asked.accounts_below_initial_max),
        (len(maintenance), asked.accounts_below_maintenance_max),
        (sum(initial), asked.notional_below_initial_max),
        (sum(maintenance), asked.notional_below_maintenance_max),
    )
    return any(0 <= most < count for count, most in measured)


def _is_concerned(books: Books, account: int, market: int) -> bool:
    if books.positions[account, market].quantity:
        return True
    return any(
        (one.asked.account, one.asked.market) == (account, market) for one in books.orders.values()
    )
