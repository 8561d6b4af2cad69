"""The gate of the traders' door: its limits, its words, and the rate of those without a key."""

from __future__ import annotations

from typing import Final

from starlette.applications import Starlette

from pilothouse.gate.addresses import trusted_proxies
from pilothouse.gate.asgi import Scope
from pilothouse.gate.descriptors import for_connections, raise_limit
from pilothouse.gate.entry import Counted, Gate, Lane, declared_length
from pilothouse.gate.limits import Limits, limits_for
from pilothouse.trading_api.bodies import BODY_MAX
from pilothouse.trading_api.futures.routes import PURPOSES as futures_paths
from pilothouse.trading_api.futures.routes import READS as futures_reads
from pilothouse.trading_api.meter import Meter, Purpose, Spent
from pilothouse.trading_api.spot.errors import TOO_MANY_REQUESTS
from pilothouse.trading_api.spot.routes import PURPOSES as spot_paths
from pilothouse.venue.catalogue import to_json

PURPOSES: Final = spot_paths | futures_paths
"""Where a key is asked for; there it is the key that counts, once it has signed rightly."""
POST: Final = frozenset({"POST"})
VERBS: Final = dict.fromkeys(futures_reads, POST | {"GET"})
"""What else than POST may be asked with a key."""
SPOT_SAID: Final = {
    400: "EAPI:Bad request",
    408: "EService:Deadline elapsed",
    413: "EAPI:Bad request",
    429: TOO_MANY_REQUESTS,
    503: "EService:Busy",
}
FUTURES_SAID: Final = {
    400: "invalidArgument",
    408: "Unavailable",
    413: "invalidArgument",
    429: "apiLimitExceeded",
    503: "Unavailable",
}


def gate_of(app: Starlette, limits: Limits | None = None) -> Gate:
    """Return the application behind its gate; the process may open more files afterwards."""
    most = limits or limits_for(for_connections(raise_limit()), BODY_MAX)
    policy = Strangers(app.state.meter)
    proxies, most_of_body = trusted_proxies(), min(most.body_bytes, BODY_MAX)
    gate = Gate(
        app,
        most,
        proxies,
        words=words,
        policy=policy,
        body_bytes=lambda path: most_of_body,
        sockets=True,
    )
    app.state.gate = gate
    return gate


def words(path: str, status: int) -> tuple[int, bytes, bytes]:
    """Say no in the envelope of the API whose path it is."""
    if path.startswith("/0/"):
        body = to_json({"error": [SPOT_SAID[status]]})
    else:
        body = to_json({"result": "error", "error": FUTURES_SAID[status]})
    return status, b"application/json", body


class Strangers:
    """Requests without a known key count against their address, before their body is read.

    A key is known that has signed rightly from the address; any other may be made up.
    """

    def __init__(self, meter: Meter) -> None:
        self._meter = meter

    def admit(self, scope: Scope, key: str) -> int:
        """Return 429 for an address without a known key that has used its allowance up, and for a
        known key of which too much was wrong there, or refused for its rate.
        """
        purpose = PURPOSES.get(scope["path"], Purpose.READ)
        try:
            self._meter.stranger(_key_named(scope), key, purpose)
        except Spent:
            return 429
        return 0

    def counted(self) -> dict[str, Counted]:
        """Return the rate of requests without a known key."""
        return {"public": self._meter.public}

    def lane(self, scope: Scope, key: str) -> tuple[Lane, str] | None:
        """Return none: what is dear is counted by key."""
        return None

    def answered(self, scope: Scope, key: str) -> None:
        """Nothing is learnt from an answer."""


def _key_named(scope: Scope) -> str:
    """Return the public half of the key that a request names where one is asked for.

    A request that no method can read, by its verb or its length, is nobody's: its signature is
    never judged, so it counts against the address.
    """
    path, headers = scope["path"], scope["headers"]
    if path not in PURPOSES or scope["method"] not in VERBS.get(path, POST):
        return ""
    if declared_length(headers) > BODY_MAX:
        return ""
    wanted = b"api-key" if path in spot_paths else b"apikey"
    named = (value for name, value in headers if name == wanted)
    return next(named, b"").decode("latin-1")
