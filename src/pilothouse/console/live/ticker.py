"""The ticker: a thread that publishes a pulse of each reading that is taken.

A feed message carries figures as finished text and, for each panel, a digest of what it shows.
The browser fetches a panel again when its digest has changed, so that rights stay with the server.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable
from typing import Final

import structlog

from pilothouse.console.exchange import standstill
from pilothouse.console.live.alerts import newest_alert, open_count, sentence_of
from pilothouse.console.live.broadcast import Broadcast
from pilothouse.console.live.exceptions import exceptions
from pilothouse.console.live.pulse import Pulse, pulse_of
from pilothouse.console.templatetags.figures import count, price, usd_short
from pilothouse.journal.steady import steady_us
from pilothouse.journal.threads import is_dead
from pilothouse.watch import running

log = structlog.get_logger()
FEED: Final = Broadcast()
LOOK_S: Final = 0.1
"""How often it asks whether there is a new reading."""
PanelDigest = Callable[[Pulse], object]
PANELS: Final[dict[str, PanelDigest]] = {}
"""What each panel of the control room shows of a pulse; pages add their own."""

_latest: Pulse | None = None
_shown_us = steady_us()


def latest() -> Pulse | None:
    """Return the last pulse taken, or None before the first."""
    return _latest


def digest(name: str, pulse: Pulse) -> str:
    """Return the digest of what a panel shows."""
    return hashlib.sha256(repr(PANELS[name](pulse)).encode()).hexdigest()[:12]


def message(pulse: Pulse) -> bytes:
    """Return a pulse as the bytes every browser gets."""
    figures = {
        "position": count(pulse.position),
        "commands_per_second": f"{count(pulse.commands_per_second)}/s",
        "open_interest": usd_short(pulse.open_interest_micro_usd),
        "insurance": usd_short(pulse.insurance_micro_usd),
        "in_protection": count(pulse.health.in_protection),
        "alerts": count(open_count()),
    }
    for one in exceptions(pulse).rows:
        figures[f"last-{one.market.number}"] = price(one.market.last_price, one.market)
    told: dict[str, object] = {
        "figures": figures,
        "panels": {name: digest(name, pulse) for name in PANELS},
        "alert": _newest(),
        "standstill": standstill(),
    }
    return json.dumps(told, separators=(",", ":")).encode()


def _newest() -> dict[str, object] | None:
    alert = newest_alert()
    return {"number": alert.pk, "sentence": sentence_of(alert)} if alert else None


def show(pulse: Pulse) -> None:
    """Make a pulse the latest, without sending it."""
    global _latest, _shown_us
    _latest, _shown_us = pulse, steady_us()


def shown_us_ago() -> int:
    """Return how long ago a pulse was shown, or this process began to."""
    return steady_us() - _shown_us


class Ticker:
    """The thread. While no new reading is taken nothing is sent, and pages turn stale."""

    def __init__(self) -> None:
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ticker", daemon=True)

    def start(self) -> None:
        """Start ticking."""
        self._thread.start()

    def stop(self) -> None:
        """Stop ticking and end every feed."""
        self._ending.set()
        self._thread.join(timeout=10)
        FEED.close()

    def tick(self) -> Pulse | None:
        """Publish a pulse of the last reading of the markets, if it was not published yet."""
        watchman, before = running.watchman(), latest()
        reading = watchman.reading if watchman else None
        if watchman is None or reading is None or (before and before.number == reading.number):
            return None
        pulse = pulse_of(reading, watchman.named, before)
        show(pulse)
        FEED.publish(pulse.number, "pulse", message(pulse))
        return pulse

    @property
    def has_died(self) -> bool:
        """Tell whether its thread ended and nobody had it end."""
        return is_dead(self._thread) and not self._ending.is_set()

    def _run(self) -> None:
        while not self._ending.wait(LOOK_S):
            try:
                self.tick()
            except Exception:
                log.exception("pulse_failed")
