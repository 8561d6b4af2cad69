"""GET /replay: the newest index replay; GET /replay/banner: the strip above every page."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from pilothouse.access.roles import Right
from pilothouse.console.answers import answer
from pilothouse.console.live.ticker import PANELS
from pilothouse.console.rights import needs
from pilothouse.language.numbers import PPM, SECOND_US
from pilothouse.venue.clock import wall_clock_us
from pilothouse.venue.index_replay.run import Showing, showing

PERCENT_PPM = PPM // 100


@needs(Right.VIEW)
def replay(request: HttpRequest) -> HttpResponse:
    """Answer the newest replay, running or over; the page says so if there was none."""
    return answer(request, "replay/page.html", {"replay": facts(newest())}, {"nav": "replay"})


@needs(Right.VIEW)
def banner(request: HttpRequest) -> HttpResponse:
    """Answer the strip, for a page that is open already; empty while no replay is on."""
    return render(request, "replay/banner.html", {"replay": on()})


def newest() -> Showing | None:
    """Return the newest replay of this exchange as it stands."""
    return showing(settings.PILOTHOUSE_HOME, wall_clock_us())


def on() -> dict[str, Any] | None:
    """Return the facts of a replay that is neither finished nor stopped."""
    shown = newest()
    return facts(shown) if shown is not None and shown.is_on else None


def facts(shown: Showing | None) -> dict[str, Any] | None:
    """Return a replay's facts; times in microseconds, the price in 10^-12 dollars."""
    if shown is None:
        return None
    run, progress = shown.run, shown.progress
    return {
        "market": run.market,
        "asset": run.asset_symbol,
        "file": run.file,
        "state": str(shown.state),
        "instead": run.instead,
        "sources": list(run.sources),
        "speed_milli": progress.speed_milli,
        "file_time": run.since_us + max(0, progress.told) * SECOND_US,
        "file_from": run.since_us,
        "file_until": run.until_us,
        "steps": run.steps,
        "steps_told": progress.told + 1,
        "done_ppm": shown.done_ppm,
        "done_percent": shown.done_ppm // PERCENT_PPM,
        "first_price_e12": run.from_index_e12,
        "price_e12": progress.price_e12,
        "since_the_first_ppm": shown.fall_ppm,
        "gaps": run.gaps,
        "refused": progress.refused,
        "digest": banner_digest(shown),
    }


def banner_digest(shown: Showing | None) -> str:
    """Return what the strip shows, shortly; another one means that it is to be drawn again."""
    if shown is None or not shown.is_on:
        return ""
    speed, percent = shown.progress.speed_milli, shown.done_ppm // PERCENT_PPM
    return f"{shown.run.number}-{shown.state}-{speed}-{percent}"


PANELS["replay"] = lambda _pulse: banner_digest(newest())
