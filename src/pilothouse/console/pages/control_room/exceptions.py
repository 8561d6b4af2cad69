"""Markets by exception: how unlike itself each market is, and one line for each reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pilothouse.console.live.usual import Usual, spread_ppm
from pilothouse.language.kinds import MarketKind, MarketStatus
from pilothouse.language.numbers import PPM, format_decimal, ppm_to_percent

if TYPE_CHECKING:
    from pilothouse.venue.views.markets import MarketView

SPREAD_TIMES: Final = 3
"""From how many times the usual spread on a market is named."""
GAP_PPM: Final = 5_000
"""From what distance of mark and index on a contract is named."""
MOVE_PPM: Final = 30_000
"""From what move within five minutes on a market is named."""


@dataclass(frozen=True)
class Reason:
    """One reason why a market is named, and how much it weighs in the order."""

    weight: int
    sentence: str


@dataclass(frozen=True)
class NamedMarket:
    """A market that is unlike itself, with its reasons, the heaviest first."""

    market: MarketView
    reasons: tuple[Reason, ...]

    @property
    def weight(self) -> int:
        """Return how unlike itself the market is."""
        return sum(reason.weight for reason in self.reasons)


def named_market(
    market: MarketView, usual: Usual, sources_live: int, below_maintenance: int, pool: int | None
) -> NamedMarket:
    """Return a market with the reasons to look at it; none at all if it is quiet."""
    reasons = [
        *_of_status(market),
        *_of_book(market, usual),
        *_of_index(market, usual, sources_live),
        *_of_prices(market, usual),
        *_of_risk(market, below_maintenance, pool),
    ]
    return NamedMarket(market, tuple(sorted(reasons, key=lambda one: -one.weight)))


def _of_status(market: MarketView) -> list[Reason]:
    status = market.status
    if status == MarketStatus.ONLINE:
        return []
    weight = 100 if status in (MarketStatus.HALTED, MarketStatus.DELISTED) else 60
    return [Reason(weight, f"status is {MarketStatus(status).name.lower()}")]


def _of_book(market: MarketView, usual: Usual) -> list[Reason]:
    if not market.bid and not market.ask:
        return [Reason(50, "no orders in the book")]
    if not market.bid:
        return [Reason(50, "no bids")]
    if not market.ask:
        return [Reason(50, "no asks")]
    spread, normal = spread_ppm(market), usual.spread_ppm
    if spread is None or not normal or spread < SPREAD_TIMES * normal:
        return []
    return [Reason(min(40, 5 * (spread // normal)), f"spread {spread // normal} times usual")]


def _of_index(market: MarketView, usual: Usual, sources_live: int) -> list[Reason]:
    if market.kind == MarketKind.SPOT or not usual.sources_most:
        return []
    if sources_live == 0:
        return [Reason(90, "index has no live source")]
    stale = usual.sources_most - sources_live
    if stale <= 0:
        return []
    return [Reason(30, f"index source {stale} of {usual.sources_most} stale")]


def _of_prices(market: MarketView, usual: Usual) -> list[Reason]:
    reasons = []
    moved = usual.moved_ppm
    if abs(moved) >= MOVE_PPM:
        way = "up" if moved > 0 else "down"
        reasons.append(Reason(25, f"{way} {_short(abs(moved))} % in five minutes"))
    if market.kind != MarketKind.SPOT and market.index and market.mark:
        gap = (market.mark - market.index) * PPM // market.index
        if abs(gap) >= GAP_PPM:
            side = "above" if gap > 0 else "below"
            reasons.append(Reason(25, f"mark {_short(abs(gap))} % {side} index"))
    limit = market.funding_rate_max_e12
    if limit and abs(market.funding_next_rate_e12) >= limit:
        reasons.append(Reason(15, "funding at its limit"))
    return reasons


def _of_risk(market: MarketView, below_maintenance: int, pool: int | None) -> list[Reason]:
    reasons = []
    if below_maintenance:
        many = "account" if below_maintenance == 1 else "accounts"
        reasons.append(Reason(70, f"{below_maintenance} {many} below maintenance margin"))
    if pool is not None and pool <= 0:
        reasons.append(Reason(40, "insurance pool is empty"))
    return reasons


def _short(ppm: int) -> str:
    """Return a percentage of ppm with one decimal, cut."""
    return format_decimal(ppm // 1_000, 1) if ppm >= 1_000 else ppm_to_percent(ppm)
