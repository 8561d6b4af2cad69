"""The rules and runbooks an exchange begins with. They are data: people change them by changes."""

from __future__ import annotations

from typing import Any, Final

Entry = tuple[str, str, dict[str, Any]]

SERVICES: Final = {"perpetuals": ("funding", "liquidation", "insurance")}
"""What a product consists of beside order entry and market data."""

_MINUTE_S: Final = 60


def _runbook(
    key: str, title: str, when: str, steps: list[str], proposes: str = "", **template: str
) -> Entry:
    body = {"title": title, "when": when, "steps": steps}
    return ("runbook", key, body | {"proposes": proposes, "template": template})


RUNBOOKS: Final[tuple[Entry, ...]] = (
    _runbook(
        "calm_the_market",
        "Keep far prices from trading",
        "the book is thin, the spread is wide, or the price runs",
        [
            "look at the book",
            "ask the makers",
            "narrow the price band",
            "widen it when it is calm",
        ],
        "price_band",
        band_percent="x0.5",
    ),
    _runbook(
        "stop_the_market",
        "Stop a market and let clients cancel",
        "prices cannot be trusted: the index has no live source, or the mark has left it",
        ["set cancel_only", "find the cause", "reopen through post_only"],
        "market_status",
        status="cancel_only",
    ),
    _runbook(
        "let_it_settle",
        "Let a falling contract settle",
        "accounts come near their maintenance margin, one after the other",
        [
            "set post_only: makers rebuild the book, and nothing executes, liquidations included",
            "watch the index: what falls and stays down costs the more, the longer it is paused",
            "reopen in stages once the price is back, or stands: the preview says whom it reaches",
        ],
        "market_status",
        status="post_only",
    ),
    _runbook(
        "raise_margin",
        "Raise initial margin before it is needed",
        "accounts near maintenance grow, or the backlog outgrows the depth",
        ["look at the largest positions", "preview the raise", "take the gentler way it offers"],
        "margin_schedule",
        **{"tier_*_initial": "x1.5"},
    ),
    _runbook(
        "look_at_the_feed",
        "Find out which source is late",
        "a source of the index is stale or far from the others",
        ["name the source", "ask its provider", "stop the market if fewer than two are live"],
    ),
    _runbook(
        "look_at_the_doors",
        "Find out who is refused, and why",
        "many orders are refused, or blocks come late",
        ["look at the refusals by reason", "look at the processes with pilothouse status"],
    ),
)


def _rule(key: str, title: str, about: tuple[str, str, str], limit: int, **more: Any) -> Entry:
    measure, scope, test = about
    body = {
        "title": title,
        "measure": measure,
        "scope": scope,
        "test": test,
        "limit": limit,
        "clear_limit": None,
        "for_s": 10,
        "clear_s": 30,
        "absent_s": 30,
        "severity": "medium",
        "owner": "operator",
        "escalate_s": 5 * _MINUTE_S,
        "escalate_to": "duty_manager",
        "runbook": "calm_the_market",
    }
    return ("alert_rule", key, body | more)


RULES: Final[tuple[Entry, ...]] = (
    _rule(
        "unlike_itself",
        "Market unlike itself",
        ("unlike_itself", "markets", "above"),
        20_000_000,
        clear_limit=10_000_000,
        for_s=15,
        clear_s=60,
        absent_s=10 * _MINUTE_S,
    ),
    _rule(
        "price_runs",
        "Price runs",
        ("price_move", "perpetuals", "above"),
        30_000,
        clear_limit=20_000,
        for_s=5,
        clear_s=60,
        absent_s=10 * _MINUTE_S,
        severity="high",
    ),
    _rule(
        "accounts_near",
        "Accounts come near their maintenance margin",
        ("near_maintenance", "perpetuals", "above"),
        0,
        for_s=0,
        clear_s=60,
        absent_s=2 * _MINUTE_S,
        severity="high",
        runbook="let_it_settle",
        escalate_s=_MINUTE_S,
    ),
    _rule(
        "depth_gone",
        "No depth within 1 %",
        ("depth", "perpetuals", "below"),
        10_000_000_000,
        clear_limit=20_000_000_000,
        absent_s=2 * _MINUTE_S,
        severity="high",
    ),
    _rule(
        "sources_lost",
        "Index has fewer than two live sources",
        ("index_sources", "perpetuals", "below"),
        2,
        for_s=5,
        severity="critical",
        runbook="stop_the_market",
        escalate_s=_MINUTE_S,
    ),
    _rule(
        "source_stands_out",
        "An index source stands out",
        ("index_deviation", "perpetuals", "above"),
        10_000,
        clear_limit=5_000,
        absent_s=2 * _MINUTE_S,
        runbook="look_at_the_feed",
    ),
    _rule(
        "source_late",
        "An index source is late",
        ("index_age", "perpetuals", "above"),
        30_000,
        clear_limit=15_000,
        absent_s=2 * _MINUTE_S,
        runbook="look_at_the_feed",
    ),
    _rule(
        "mark_left_index",
        "Mark has left the index",
        ("mark_from_index", "perpetuals", "above"),
        7_500,
        clear_limit=4_000,
        absent_s=2 * _MINUTE_S,
        severity="high",
        runbook="stop_the_market",
    ),
    _rule(
        "backlog_outgrows_depth",
        "Liquidations outgrow the depth",
        ("liquidation_backlog", "perpetuals", "above"),
        500_000,
        clear_limit=250_000,
        for_s=3,
        absent_s=2 * _MINUTE_S,
        severity="critical",
        runbook="stop_the_market",
        escalate_s=_MINUTE_S,
    ),
    _rule(
        "insurance_empty",
        "Insurance pool is empty",
        ("insurance_pool", "perpetuals", "below"),
        1,
        severity="critical",
        owner="risk",
        runbook="raise_margin",
    ),
    _rule(
        "many_refused",
        "Many orders are refused",
        ("reject_rate", "exchange", "above"),
        500_000,
        clear_limit=250_000,
        for_s=30,
        runbook="look_at_the_doors",
    ),
    _rule(
        "blocks_late",
        "Blocks come late",
        ("block_age", "exchange", "above"),
        10_000,
        clear_limit=2_000,
        for_s=5,
        clear_s=10,
        severity="high",
        runbook="look_at_the_doors",
        escalate_s=_MINUTE_S,
    ),
)
