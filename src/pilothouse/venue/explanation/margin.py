"""The margin arithmetic of an account as sections: equity, requirements, index prices."""

from __future__ import annotations

from collections.abc import Iterator

from pilothouse.engine.machine import Machine
from pilothouse.language.numbers import SECOND_US, format_decimal, ppm_to_percent, trim
from pilothouse.rules.index import SOURCES_MAX, STALE_AFTER_US
from pilothouse.venue.explanation import units
from pilothouse.venue.explanation.facts import Figure, Line, Section, usd
from pilothouse.venue.views.accounts import PositionView, positions
from pilothouse.venue.views.assets import asset
from pilothouse.venue.views.margin import MarginView, ScheduleView, TierView, margin, schedules


def sections(machine: Machine, account: int) -> tuple[Section, ...]:
    """Return the whole arithmetic of an account; every total is the machine's own."""
    view, held = margin(machine, account), positions(machine, account)
    made = [
        Section("Equity", tuple(_equity(machine, view, held))),
        Section("Requirements", tuple(_requirements(machine, view, held))),
        Section("Index prices", tuple(_indexes(machine, view, held))),
    ]
    return tuple(one for one in made if one.lines)


def faults(view: MarginView, held: list[PositionView]) -> tuple[str, ...]:
    """Return a sentence for each total that is not the sum of its lines."""
    sums = {
        "collateral": (view.collateral, sum(one.value for one in view.lines)),
        "unrealised": (view.unrealised, sum(one.unrealised for one in held)),
        "funding": (view.funding, sum(one.funding for one in held)),
        "equity": (view.equity, view.collateral + view.unrealised + view.funding),
        "initial": (view.initial, sum(one.initial for one in held)),
        "with orders": (view.initial_with_orders, sum(one.initial_with_orders for one in held)),
        "maintenance": (view.maintenance, sum(one.maintenance for one in held)),
    }
    return tuple(
        f"{name}: {total} is not the sum {lines}"
        for name, (total, lines) in sums.items()
        if total != lines
    )


def _equity(machine: Machine, view: MarginView, held: list[PositionView]) -> Iterator[Line]:
    for line in view.lines:
        balance = units.amount(machine, line.asset, line.balance)
        how = f"balance {balance.text}"
        if line.index_e12 and balance.unit != "USD":
            how += f" at index {units.index_price(line.index_e12).text}"
        if line.haircut_ppm:
            how += f", less a haircut of {ppm_to_percent(line.haircut_ppm)} %, rounded down"
        yield Line(f"Collateral in {balance.unit}", usd(line.value), how)
    for one in (one for one in held if one.quantity):
        market = units.market_of(machine, one.market)
        size = units.quantity(machine, market, one.quantity).text
        at = units.mark(machine, market, one.mark).text
        how = f"{size} at mark {at} is {usd(one.value).text}, less its cost of entry "
        how += usd(one.entry_cost).text
        yield Line(f"Unrealised profit in {market.symbol}", usd(one.unrealised), how)
        yield Line(f"Funding accrued in {market.symbol}", usd(one.funding), "not paid out yet")
    yield Line("Equity", usd(view.equity), "the sum of these lines", total=True)


def _requirements(machine: Machine, view: MarginView, held: list[PositionView]) -> Iterator[Line]:
    for one in held:
        yield from _of_position(machine, one)
    yield Line("Initial margin", usd(view.initial), "positions alone", total=True)
    yield Line("Initial margin with orders", usd(view.initial_with_orders), "", total=True)
    yield Line("Maintenance margin", usd(view.maintenance), "", total=True)


def _of_position(machine: Machine, one: PositionView) -> Iterator[Line]:
    market = units.market_of(machine, one.market)
    schedule, tier = _tier_of(machine, one)
    name = market.symbol
    at = units.mark(machine, market, one.mark).text
    size = units.quantity(machine, market, abs(one.quantity)).text
    yield Line(f"{name}: notional", usd(one.notional_micro_usd), f"{size} at mark {at}, up")
    scope = _scope(one)
    place = f"tier {one.tier + 1} from {tier.floor_usd:,} USD, schedule {scope}"
    place += f", version {schedule.version}"
    maintenance = _share(tier.maintenance_ppm, tier.maintenance_deduction_micro)
    initial = _share(tier.initial_ppm, tier.initial_deduction_micro)
    yield Line(f"{name}: maintenance", usd(one.maintenance), f"{maintenance}; {place}")
    yield Line(f"{name}: initial", usd(one.initial), f"{initial}; {place}")
    if one.buys or one.sells:
        buys = units.quantity(machine, market, one.buys).text
        sells = units.quantity(machine, market, one.sells).text
        how = f"the larger size if only open buys of {buys} or only sells of {sells} fill"
        yield Line(f"{name}: initial with orders", usd(one.initial_with_orders), how)


def _share(ppm: int, deduction_micro: int) -> str:
    less = f" less {usd(deduction_micro).text}" if deduction_micro else ""
    return f"{ppm_to_percent(ppm)} % of notional{less}, rounded up"


def _scope(one: PositionView) -> str:
    key = one.schedule
    parts = [key.client_class.name.lower() + " clients" if key.client_class else ""]
    parts += [f"country {key.jurisdiction}" if key.jurisdiction else ""]
    parts += ["positions opened later" if key.opened_from else ""]
    return "for " + (", ".join(part for part in parts if part) or "everyone")


def _tier_of(machine: Machine, one: PositionView) -> tuple[ScheduleView, TierView]:
    key = one.schedule
    for schedule in schedules(machine, one.market):
        scope = schedule.client_class, schedule.jurisdiction, schedule.opened_from
        if scope == (key.client_class, key.jurisdiction, key.opened_from):
            return schedule, schedule.tiers[one.tier]
    none = ScheduleView(one.market, key.client_class, 0, 0, 0, ())
    return none, TierView(0, 0, 0, 0, 0)


def _indexes(machine: Machine, view: MarginView, held: list[PositionView]) -> Iterator[Line]:
    bases = {units.market_of(machine, one.market).base for one in held}
    of = sorted(bases | {line.asset for line in view.lines if line.index_e12})
    for number in of:
        yield from index_lines(machine, number)


def index_lines(machine: Machine, number: int) -> Iterator[Line]:
    """Yield each source's price of an asset with its age, then the index."""
    found = asset(machine, number)
    assert found is not None
    a = machine.state.assets[number]
    for k in range(SOURCES_MAX):
        told = int(a["source_price_e12"][k])
        if told:
            age = machine.time - int(a["source_time"][k])
            seconds = trim(format_decimal(age * 1_000 // SECOND_US, 3))
            why = ", left out: too far from the others" if int(a["left_out"]) >> k & 1 else ""
            why = ", too old to count" if age > STALE_AFTER_US else why
            name = f"{found.display}: source {k + 1}"
            yield Line(name, units.index_price(told), f"told {seconds} s before{why}")
    taken = (machine.time - found.index_time) * 1_000 // SECOND_US
    ago = trim(format_decimal(taken, 3))
    how = f"median of {found.sources_live} sources, taken {ago} s before"
    yield Line(f"{found.display}: index", units.index_price(found.index_e12), how, total=True)


def count(value: int) -> Figure:
    """Return a plain count."""
    return Figure(value)
