"""What an exchange begins with that nobody signed: its first rules, runbooks and products.

It is written once, at the founding, as genesis and said so in the audit. An entry that is there
already, or that people took out, stays as it is; so founding again is safe.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pilothouse.wiring import first_rules, first_runbooks

Family = tuple[str, str, list[str]]
"""A family of markets: its key, which is also the scope of its rules, its title, its symbols."""


def found_register(families: Iterable[Family] = ()) -> int:
    """Write the first entries of a home whose Django is set up; return how many were new."""
    from django.utils import timezone

    from pilothouse.control import register

    first = [*first_runbooks.RUNBOOKS, *first_rules.RULES, *map(product, families)]
    return register.found(first, timezone.now())


def product(family: Family) -> tuple[str, str, dict[str, Any]]:
    """Return the first entry of a product: every runbook and the rules of its kind of market."""
    key, title, markets = family
    rules = {
        name: body for _, name, body in first_rules.RULES if body["scope"] in ("markets", key)
    }
    body = {
        "title": title,
        "owner": "duty_manager",
        "markets": sorted(markets),
        "services": ["order entry", "market data", *first_rules.SERVICES.get(key, ())],
        "rules": sorted(rules),
        "runbooks": sorted({one["runbook"] for one in rules.values()}),
    }
    return ("product", key, body)
