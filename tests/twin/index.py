"""The twin's index: which prices are believed, as plainly as the page of the rule says it."""

from __future__ import annotations

from tests.twin.facts import Asset, Books, Market

MILLION = 1_000_000
MINUTE = 60 * MILLION


def is_stale(books: Books, market: Market) -> bool:
    """Say whether the index under a market was good once and is not to be relied on now."""
    return is_old(books, books.assets[market.listing.base - 1])


def is_old(books: Books, asset: Asset) -> bool:
    """Say whether an asset's index was good once and is too old now, or denied by its sources."""
    return asset.good_until > 0 and (bool(asset.held) or is_expired(books, asset))


def is_expired(books: Books, asset: Asset) -> bool:
    """Say whether nobody renewed an index for too long."""
    return 0 < asset.good_until < books.time


def on_probation(books: Books, asset: Asset) -> bool:
    """Say whether an index is good, but back for less than ten seconds."""
    good = not 0 < asset.good_until < books.time
    return good and asset.back_at > 0 and books.time - asset.back_at < 10 * MILLION


def renew(asset: Asset, now: int) -> bool:
    """Judge what the sources say; take it as the index where it is to be believed."""
    rule = asset.listing
    least = rule.sources_least or 2
    fresh = {k: p for k, (p, time) in asset.told.items() if 0 <= now - time <= MINUTE}
    moving = {k: p for k, p in fresh.items() if now - asset.since[k] < 5 * MINUTE}
    counted = {k: p for k, p in fresh.items() if k in moving or not _frozen(p, fresh, moving)}
    outlier = rule.outlier_ppm or 50_000
    if len(counted) == 2:
        outlier //= 2
    middle = _middle(counted)
    agreed = {k: p for k, p in counted.items() if _near(p, middle, outlier)}
    if len(agreed) < least or _disputed(agreed, moving):
        if len(fresh) >= least:
            asset.held = asset.held or [(0, now)]
        return False
    price = _middle(agreed)
    if len(agreed) == 2 and asset.index_e12:
        price = sorted([*agreed.values(), asset.index_e12])[1]
    limit = rule.step_ppm or 300_000
    if len(agreed) == 1:
        limit = rule.step_one_ppm or 50_000
    elif len(agreed) < len(counted):
        limit //= 3
    unanimous = 1 < len(agreed) == len(counted)
    surprising = asset.index_e12 and not _near(price, _reference(asset, unanimous, now), limit)
    if surprising:
        patience = MINUTE if unanimous else 10 * MINUTE
        if not _lasted(asset, price, limit, patience, now):
            return False
    if surprising or 0 < asset.good_until < now:
        asset.back_at, asset.anchor = now, (price, now)
    asset.index_e12 = price
    asset.held = []
    times = sorted((asset.told[k][1] for k in agreed), reverse=True)
    asset.good_until = times[least - 1] + MINUTE
    return True


def _deniers(price: int, moving: dict[int, int]) -> int:
    """Count the sources that moved away from a price to one side: two at least, and most."""
    away = [one for one in moving.values() if not _near(one, price, 2_000)]
    for side in ([one for one in away if one > price], [one for one in away if one < price]):
        if len(side) >= 2 and len(side) > len(moving) - len(side):
            return len(side)
    return 0


def _frozen(price: int, fresh: dict[int, int], moving: dict[int, int]) -> bool:
    same = [one for one in fresh.values() if _near(one, price, 2_000)]
    return _deniers(price, moving) > len(same)


def _disputed(agreed: dict[int, int], moving: dict[int, int]) -> bool:
    rests = [k for k in agreed if k not in moving]
    if rests and _deniers(_middle(agreed), moving):
        return True
    if len(agreed) == 2 and len(rests) == 1:
        return not _near(max(agreed.values()), min(agreed.values()), 2_000)
    return len(agreed) <= 2 and len(rests) == len(agreed) and len(moving) > 0


def _reference(asset: Asset, unanimous: bool, now: int) -> int:
    if unanimous or not asset.anchor[0] or now - asset.anchor[1] >= MINUTE:
        asset.anchor = asset.index_e12, now
    return asset.anchor[0]


def _lasted(asset: Asset, price: int, limit: int, patience: int, now: int) -> bool:
    if asset.held:
        before, time = asset.held[-1]
        if now - time > MINUTE or not _near(price, before, limit):
            asset.held = []
    asset.held.append((price, now))
    return now - asset.held[0][1] >= patience


def _middle(prices: dict[int, int]) -> int:
    if not prices:
        return 0
    high = len(prices) // 2
    low = (len(prices) - 1) // 2
    inner = sorted(prices.values())
    return (inner[low] + inner[high]) // 2


def _near(price: int, other: int, ppm: int) -> bool:
    return abs(price - other) * MILLION <= other * ppm
