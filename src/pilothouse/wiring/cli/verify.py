"""`pilothouse verify`: the whole journal stepped again from zero, and what that proves."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from pilothouse.language.numbers import SECOND_US
from pilothouse.wiring.cli.consent import consent
from pilothouse.wiring.cli.options import AsJson, Home, TrustRelease
from pilothouse.wiring.cli.says import ERROR, OUT, facts, failure, going_on
from pilothouse.wiring.disk import disk_said
from pilothouse.wiring.home import has_exchange, home_folder


def verify(
    home: Home = None,
    heads: Annotated[
        Path | None,
        typer.Option(help="Signed heads that were kept elsewhere (PILOTHOUSE_HEADS_TO)."),
    ] = None,
    trust_release: TrustRelease = None,
    as_json: AsJson = False,
) -> None:
    """Replay an exchange from zero; check every hash, fingerprint and snapshot; change nothing.

    Every privileged command is compared with a signed step; signatures, grants, heads, credentials
    and the founding are compared with the audit. With --heads, a shortened, forked or foreign
    history is found. Code that comes with the folder does not run unless this installation knows
    the release.
    """
    place = home_folder(home)
    consent(trust_release, as_json)
    if not has_exchange(place):
        failure(f"{place} holds no exchange", as_json)
    report = _replayed(place, heads, quiet=as_json)
    facts(_facts(report), as_json)
    if not as_json:
        _tell("proved", report.proved)
        _tell("not proved", report.not_proved)
    if not report.good:
        failure("; ".join(report.faults), as_json)


def _replayed(home: Path, heads: Path | None, quiet: bool) -> Any:
    # Late, because the compiled engine is loaded with it.
    from pilothouse.wiring.verifying import verify_all

    def replay(home: Path, **told: Any) -> Any:
        return verify_all(home, heads, **told)

    if quiet:
        return replay(home)
    with ERROR.status("replaying from zero …") as status:
        return replay(
            home,
            progress=lambda head: status.update(f"replaying: command {head.last_position:,}"),
            say=going_on,
        )


def _facts(report: Any) -> dict[str, Any]:
    return {
        "home": str(report.home),
        "good": report.good,
        "blocks": report.blocks,
        "commands": report.commands,
        "position": report.position,
        "from": _moment(report.first_time),
        "to": _moment(report.last_time),
        "fingerprint": "".join(f"{one & (1 << 64) - 1:016x}" for one in report.fingerprint),
        "seal": report.seal,
        "releases": [
            f"{name[:16]}: {count:,} commands" for name, count in report.releases.items()
        ],
        "fingerprints_agreed": report.fingerprints_agreed,
        "snapshots_agreed": report.snapshots_agreed,
        "torn": report.torn or None,
        "lost": report.lost,
        "disk": disk_said(report.home),
        "faults": report.faults,
        "settled": report.settled,
    }


def _moment(microseconds: int) -> str | None:
    if not microseconds:
        return None
    return datetime.fromtimestamp(microseconds // SECOND_US, UTC).isoformat()


def _tell(heading: str, sentences: list[str]) -> None:
    if sentences:
        OUT.print(f"\n{heading}")
    for one in sentences:
        OUT.print(f"  {one}")
