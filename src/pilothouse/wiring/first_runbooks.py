"""The runbooks an exchange begins with. They are data: people change them by changes."""

from __future__ import annotations

from typing import Any, Final

Entry = tuple[str, str, dict[str, Any]]


def _runbook(
    key: str, title: str, when: str, steps: list[str], proposes: str = "", **template: str
) -> Entry:
    body = {"title": title, "when": when, "steps": steps}
    return ("runbook", key, body | {"proposes": proposes, "template": template})


RUNBOOKS: Final[tuple[Entry, ...]] = (
    _runbook(
        "calm_the_market",
        "Stop trades far from the reference price",
        "the book is thin, the spread is wide, or the price runs",
        [
            "look at the order book",
            "ask the market makers",
            "narrow the price band",
            "widen it when it is calm",
        ],
        "price_band",
        band_percent="x0.5",
    ),
    _runbook(
        "stop_the_market",
        "Stop a market and let clients cancel",
        "prices cannot be trusted: the index has no live source, or the mark is far from it",
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
            "watch the index: if the price stays down, a longer pause costs more",
            "reopen in stages once the price is back or stable: the preview shows whom it reaches",
        ],
        "market_status",
        status="post_only",
    ),
    _runbook(
        "raise_margin",
        "Raise initial margin before it is needed",
        "more accounts come near maintenance margin, or the backlog exceeds the depth",
        [
            "look at the largest positions",
            "preview the raise",
            "choose the alternative with less impact",
        ],
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
        "correct_the_clock",
        "Correct the clock of the machine",
        "the clock is held: this machine's clock jumped, and the exchange does not follow it",
        [
            "compare this machine's clock with two others that do not share its time source",
            "if it is wrong, correct it: the exchange then follows it again",
            "if it is right, accept it with pilothouse clock accept and a reason",
        ],
    ),
    _runbook(
        "make_room",
        "Make room in a table",
        "a table of the exchange's state is nearly full, or one account or key takes much of it",
        [
            "see which table it is, and whether the writer's log says that it cannot grow",
            "find who fills it: count open orders by account in the archive's table orders",
            "ask the client to cancel, or cancel all orders of the account",
            "if it is the table of requests, have clients sign with nonces, each with a new key",
            "if the use is ordinary, give the machine more memory and restart",
        ],
    ),
    _runbook(
        "free_the_disk",
        "Free disk space before the journal needs it",
        "free space runs out, the database's log grows, or the archive cannot be written",
        [
            "look at the free space and the reason with pilothouse status",
            "end whatever program keeps the database open, when its log is what grows",
            "move folders named archive-aside and old logs to another disk",
            "enlarge the disk: an exchange that cannot write its journal stops",
        ],
    ),
    _runbook(
        "look_at_the_doors",
        "Find out who is refused, and why",
        "many orders or requests are refused, a door fills, or blocks come late",
        [
            "look at the refusals by reason",
            "look at the busiest sender in doors/gateway.json and doors/console.json",
            "refuse that address in front of the door, or revoke its key",
            "look at the processes with pilothouse status",
        ],
    ),
    _runbook(
        "look_at_the_sockets",
        "Find out which part sends refused commands",
        "the writer refuses commands or strangers at its local sockets",
        [
            "read sockets/refused.json: it counts by socket and by the number of the refusal",
            "see with pilothouse status whether all parts run and are of one release",
            "if a part of this release was refused, treat it as taken over: stop the exchange",
            "remove access from everyone who can write the folder",
            "open /audit, which names what differs",
        ],
    ),
    _runbook(
        "look_at_the_changes",
        "Find out which change is held up, and why",
        "scheduled changes are late, or a change cannot be done or read",
        [
            "open /changes and look at those that failed or are applying",
            "read the console's log for change_held_up and the change's number",
            "withdraw a change that cannot be read and propose it again",
            "restart the console if no round of the worker ends",
        ],
    ),
    _runbook(
        "look_at_the_records",
        "Find out who changed the exchange outside change control",
        "the journal has a command that nobody signed, or records and audit differ",
        [
            "open /audit, which names every difference with its command and its change",
            "remove access from everyone who could write the folder or its sockets",
            "run pilothouse verify with a file of heads that was kept elsewhere",
            "keep a copy of the folder as it is, and revert by changes what nobody signed",
            "settle on /audit what is explained: one person gives the reason, another signs",
        ],
    ),
    _runbook(
        "look_at_the_queries",
        "Find out whose queries keep the others waiting",
        "many SQL queries wait",
        [
            "look in the audit for who runs queries, and for which purpose",
            "speak with them, or revoke a role",
        ],
    ),
)
