"""The alert rules that hold, ready to be judged: terms, whose turn, and where they apply."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import structlog

from pilothouse.control import authority, record_rules, register
from pilothouse.control.kinds import alert_rule, product
from pilothouse.control.severity import Severity
from pilothouse.control.watched import MEASURES, Measure, Taken
from pilothouse.language.kinds import MarketKind
from pilothouse.language.numbers import SECOND_US
from pilothouse.rules.index import SOURCES_MAX
from pilothouse.venue.views import capacity
from pilothouse.venue.views.markets import MarketView
from pilothouse.watch.evaluation import Terms
from pilothouse.watch.models import OF_SOURCE
from pilothouse.watch.taking import MarketReading

log = structlog.get_logger()
FOUNDING_VERSION: Final = 1
EXCHANGE = alert_rule.EXCHANGE
"""The scope of what is measured of the whole exchange."""


def scope_of(symbol: str, source: int = 0) -> str:
    """Return the scope of one market, or of one source of its index."""
    return f"{alert_rule.MARKET}{symbol}" + (f"{OF_SOURCE}{source}" if source else "")


def scope_of_table(name: str) -> str:
    """Return the scope of one table of the exchange's state."""
    return f"table:{name}"


TABLES: Final = tuple(map(scope_of_table, capacity.TABLES))
"""The scope of every table that clients fill."""


@dataclass(frozen=True)
class Rule:
    """One rule of a version."""

    key: str
    version: int
    title: str
    measure: Measure
    scope: str
    terms: Terms
    severity: Severity
    owner: str
    escalate_s: int
    escalate_to: str
    runbook: str


def rule_of(key: str, version: int, body: Mapping[str, Any]) -> Rule:
    """Return the rule that an entry's body says."""
    limit = int(body["limit"])
    clear = body["clear_limit"]
    return Rule(
        key=key,
        version=version,
        title=body["title"],
        measure=MEASURES[body["measure"]],
        scope=body["scope"],
        terms=Terms(
            above=body["test"] == "above",
            limit=limit,
            clear_limit=limit if clear is None else int(clear),
            for_us=body["for_s"] * SECOND_US,
            clear_us=body["clear_s"] * SECOND_US,
            absent_us=body["absent_s"] * SECOND_US,
        ),
        severity=Severity(body["severity"]),
        owner=body["owner"],
        escalate_s=body["escalate_s"],
        escalate_to=body["escalate_to"],
        runbook=body["runbook"],
    )


def rules() -> tuple[Rule, ...]:
    """Return every rule that holds now; those about the records hold whatever the register says.

    One whose entry no release writes is left out: the comparison with the audit tells of it.
    """
    made = {one.key: rule for one in _readable(alert_rule.NAME) if (rule := _tried(one))}
    made |= {key: _about_records(key) for key in record_rules.FIRST}
    return tuple(made[key] for key in sorted(made))


def _about_records(key: str) -> Rule:
    # What the audit did not record gives no rule another owner, and nothing makes it looser.
    try:
        held = authority.recorded_entry(alert_rule.NAME, key)
        if held is not None:
            return rule_of(key, held.version, record_rules.at_least(key, held.body))
    except Exception:
        log.exception("rule_cannot_be_read", rule=key)
    return rule_of(key, FOUNDING_VERSION, record_rules.FIRST[key])


def _tried(one: register.Entry) -> Rule | None:
    try:
        return rule_of(one.key, one.version, one.body)
    except Exception:
        log.exception("rule_cannot_be_read", rule=one.key)
        return None


def _readable(kind: str) -> Iterator[register.Entry]:
    # Each by itself: one row that cannot be read must not end all monitoring.
    for key in register.keys(kind):
        try:
            held = register.entry(kind, key)
        except Exception:
            log.exception("entry_cannot_be_read", kind=kind, key=key)
            continue
        if held is not None:
            yield held


def products() -> dict[str, frozenset[str]]:
    """Return the symbols of each product's markets."""
    return {one.key: _symbols(one) for one in _readable(product.NAME)}


def _symbols(one: register.Entry) -> frozenset[str]:
    markets = one.body.get("markets")
    return frozenset(map(str, markets)) if isinstance(markets, list) else frozenset()


def scopes(
    rule: Rule, markets: Sequence[MarketReading], of_product: Mapping[str, frozenset[str]]
) -> tuple[str, ...]:
    """Return where a rule applies: the exchange, each of its tables, each of its markets that
    trades, or each source of their indexes.
    """
    if rule.measure.taken is Taken.EXCHANGE:
        return (EXCHANGE,)
    if rule.measure.taken is Taken.TABLE:
        return TABLES
    mine = [one for one in markets if _applies(rule, one.market, of_product)]
    if rule.measure.taken is Taken.SOURCE:
        return tuple(
            scope_of(one.market.symbol, source.number) for one in mine for source in one.sources
        )
    return tuple(scope_of(one.market.symbol) for one in mine)


def scopes_ever(
    rule: Rule, markets: Sequence[MarketReading], of_product: Mapping[str, frozenset[str]]
) -> tuple[str, ...]:
    """Return where a rule may have applied before: sources that are off by now are among them."""
    if rule.measure.taken is not Taken.SOURCE:
        return scopes(rule, markets, of_product)
    mine = [one.market.symbol for one in markets if _applies(rule, one.market, of_product)]
    return tuple(scope_of(one, k) for one in mine for k in range(1, SOURCES_MAX + 1))


def _applies(rule: Rule, market: MarketView, of_product: Mapping[str, frozenset[str]]) -> bool:
    contract = market.kind == MarketKind.PERPETUAL_LINEAR
    if rule.measure.taken is not Taken.MARKET and not contract:
        return False
    if rule.scope.startswith(alert_rule.PRODUCT):
        return market.symbol in of_product.get(rule.scope.removeprefix(alert_rule.PRODUCT), ())
    if rule.scope.startswith(alert_rule.MARKET):
        return scope_of(market.symbol) == rule.scope
    return rule.scope == "markets" or (rule.scope == "perpetuals") == contract
