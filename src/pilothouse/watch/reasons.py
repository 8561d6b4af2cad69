"""Markets by exception: how unlike itself each market is, and one line for each reason.

Reasons are made of the same measures as alerts; an alert that lasts is the heaviest reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pilothouse.language.kinds import MarketStatus
from pilothouse.language.numbers import PPM, format_decimal, ppm_to_percent
from pilothouse.venue.views.markets import MarketView
from pilothouse.watch.measuring import (
    Seen,
    depth,
    live_sources,
    mark_from_index,
    notional,
    spread,
)
from pilothouse.watch.noted import near_or_below

SPREAD_TIMES: Final = 3
"""From how many times the usual spread on a market is named."""
GAP_PPM: Final = 5_000
"""From what distance of mark and index on a contract is named."""
MOVE_PPM: Final = 30_000
"""From what move within five minutes on a market is named."""
OF_ALERT: Final = 80


@dataclass(frozen=True)
class Reason:
    """One reason why a market is named, and how much it weighs in the order."""

    weight: int
    sentence: str
    kind: str = ""
    """What the sentence says without its figures, where it has any."""

    @property
    def shared(self) -> str:
        """Return the words under which markets with this reason stand together."""
        return self.kind or self.sentence


@dataclass(frozen=True)
class NamedMarket:
    """A market with its reasons, the heaviest first, and how far it is from its own normal.

    Spread and depth are over what is usual of them, in ppm; `distance_ppm` is the largest distance
    in usual deviations. None is not known.
    """

    market: MarketView
    reasons: tuple[Reason, ...]
    distance_ppm: int | None = None
    spread_of_usual_ppm: int | None = None
    depth_of_usual_ppm: int | None = None
    near: int | None = None
    """Accounts that hold the contract with less than a quarter above maintenance margin."""
    open_interest_micro_usd: int | None = None

    @property
    def weight(self) -> int:
        """Return how unlike itself the market is."""
        return sum(reason.weight for reason in self.reasons)


def named_market(seen: Seen, alerts: Sequence[str] = ()) -> NamedMarket:
    """Return a market with the reasons to look at it; none at all if it is quiet.

    `alerts` are the titles of the alerts about it that last.
    """
    reasons = [
        *(Reason(OF_ALERT, f"alert: {title[:1].lower()}{title[1:]}") for title in alerts),
        *_of_status(seen.market),
        *_of_book(seen),
        *_of_index(seen),
        *_of_prices(seen),
        *_of_risk(seen),
    ]
    now_spread, now_depth, usual = spread(seen.market), depth(seen.of), seen.normal
    return NamedMarket(
        seen.market,
        tuple(sorted(reasons, key=lambda one: -one.weight)),
        usual.distance_ppm(now_spread, now_depth),
        _of_usual(now_spread, usual.spread.middle),
        _of_usual(now_depth, usual.depth.middle),
        near_or_below(seen.of.health) if seen.of.health else None,
        notional(seen.market, seen.market.open_interest) if seen.of.is_contract else None,
    )


def _of_usual(now: int | None, usual: int | None) -> int | None:
    return now * PPM // usual if now is not None and usual else None


def _of_status(market: MarketView) -> list[Reason]:
    status = market.status
    if status == MarketStatus.ONLINE:
        return []
    weight = 100 if status in (MarketStatus.HALTED, MarketStatus.DELISTED) else 60
    return [Reason(weight, f"status is {MarketStatus(status).name.lower()}")]


def _of_book(seen: Seen) -> list[Reason]:
    market = seen.market
    if not market.bid and not market.ask:
        return [Reason(50, "no orders in the book")]
    if not market.bid:
        return [Reason(50, "no bids")]
    if not market.ask:
        return [Reason(50, "no asks")]
    now, usual = spread(market), seen.normal.spread.middle
    if now is None or not usual or now < SPREAD_TIMES * usual:
        return []
    times = now // usual
    return [Reason(min(40, 5 * times), f"spread {times} times usual", "spread wider than usual")]


def _of_index(seen: Seen) -> list[Reason]:
    most = seen.normal.sources_most
    if not seen.of.is_contract or not most:
        return []
    live = live_sources(seen)
    if live == 0:
        return [Reason(90, "index has no live source")]
    if seen.market.index_is_stale:
        return [Reason(90, "index is stale: only orders that reduce a position are accepted")]
    if live >= most:
        return []
    return [Reason(30, f"index source {most - live} of {most} stale", "index sources stale")]


def _of_prices(seen: Seen) -> list[Reason]:
    reasons, market = [], seen.market
    moved = seen.normal.moved_ppm() or 0
    if abs(moved) >= MOVE_PPM:
        way = "up" if moved > 0 else "down"
        said = f"{way} {_short(abs(moved))} % in five minutes"
        reasons.append(Reason(25, said, f"{way} in five minutes"))
    gap = mark_from_index(market) if seen.of.is_contract else None
    if gap is not None and abs(gap) >= GAP_PPM:
        side = "above" if gap > 0 else "below"
        reasons.append(Reason(25, f"mark {_short(abs(gap))} % {side} index", f"mark {side} index"))
    limit = market.funding_rate_max_e12
    if limit and abs(market.funding_next_rate_e12) >= limit:
        reasons.append(Reason(15, "funding at its limit"))
    return reasons


def _of_risk(seen: Seen) -> list[Reason]:
    reasons = []
    below = seen.of.health.below_maintenance if seen.of.health else 0
    if below:
        many = "account" if below == 1 else "accounts"
        said = f"{below} {many} below maintenance margin"
        reasons.append(Reason(70, said, "accounts below maintenance margin"))
    if seen.of.pool is not None and seen.of.pool <= 0:
        reasons.append(Reason(40, "insurance pool is empty"))
    return reasons


def _short(ppm: int) -> str:
    """Return a percentage of ppm with one decimal, cut."""
    return format_decimal(ppm // 1_000, 1) if ppm >= PPM // 1_000 else ppm_to_percent(ppm)
