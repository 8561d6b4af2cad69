"""Requests as a hostile or clumsy client would send them: drawn from a seed, signed or not."""

from __future__ import annotations

import base64
import json
import random
import string
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from pilothouse.records.client_ids import txid_of, uuid_of
from pilothouse.trading_api.futures import routes as futures_routes
from pilothouse.trading_api.signing import futures_signature, spot_signature
from pilothouse.trading_api.spot import routes as spot_routes
from tests.trading_api.running import Key

SPOT_PUBLIC = sorted(spot_routes.PUBLIC)
SPOT_PRIVATE = sorted(spot_routes.READS | spot_routes.TOKENS | spot_routes.TRADES)
FUTURES_PUBLIC = sorted(futures_routes.PUBLIC)
FUTURES_PRIVATE = sorted(futures_routes.READS | futures_routes.TRADES)
SEND_ORDER = "/derivatives/api/v3/sendorder"

WORDS = (
    "pair asset info count since interval type ordertype price price2 volume oflags timeinforce"
    " userref cl_ord_id leverage reduce_only validate deadline starttm expiretm stptype displayvol"
    " close[ordertype] txid trades start end ofs closetime consolidation from to amount orders"
    " cl_ord_ids symbol side size limitPrice orderType cliOrdId reduceOnly order_id orderIds"
    " lastFillTime lastTime before sort json unit fromAccount toAccount processBefore stopPrice"
    " otp nonce asset_version timeout from to continuationToken id aclass ledgers"
)
NAMES = WORDS.split()
SENSIBLE: dict[str, list[str]] = {
    "pair": [
        "XBTUSD",
        "XXBTZUSD",
        "XBT/USD",
        "XBTUSD",
        "XBTUSD",
        "XDGEUR",
        "XBTUSD,XDGEUR",
        "NOPE",
        "PF_XBTUSD",
    ],
    "symbol": [
        "PF_XBTUSD",
        "pf_xbtusd",
        "PF_XBTUSD",
        "PI_XBTUSD",
        "FI_XBTUSD_301227",
        "in_xbtusd",
        "XBTUSD",
    ],
    "asset": ["XXBT", "xbt", "USD", "EUR", "NOPE"],
    "unit": ["usd", "xbt", "nope"],
    "type": ["buy", "sell", "all"],
    "side": ["buy", "sell"],
    "ordertype": ["limit", "limit", "limit", "market", "stop-loss", "iceberg"],
    "orderType": ["lmt", "post", "mkt", "ioc", "fok", "stp"],
    "price": [
        "20000",
        "19999.9",
        "15000",
        "25000",
        "20000.05",
        "0",
        "-1",
        "+5%",
        "99999999999999999",
        "1e3",
    ],
    "limitPrice": ["20000", "15000", "21000", "19999", "20000.5", "0", "-3", "1e30"],
    "volume": ["0.01", "0.001", "1", "100", "0.0001", "0.000000001", "-1", "1e18", "0"],
    "size": ["0.01", "1", "0.00001", "-1", "1e18"],
    "oflags": ["post", "fciq", "fcib", "viqc", "post,fciq"],
    "timeinforce": ["GTC", "IOC", "FOK", "GTD"],
    "from": ["Spot Wallet", "Futures Wallet"],
    "to": ["Spot Wallet", "Futures Wallet"],
    "fromAccount": ["cash", "flex"],
    "toAccount": ["cash", "flex"],
    "amount": ["1", "0.000001", "1e-9", "99999999999999999999"],
    "txid": [txid_of("O", 50), txid_of("O", 10**15), txid_of("T", 4), "OAAAAA-AAAAA-AAAAAA", "7"],
    "order_id": [uuid_of("order", 50), "00000000-0000-4000-8000-000000000000"],
    "orderIds": [uuid_of("order", 50), "x,y"],
    "cl_ord_id": ["mine", "6d1b345e-2821-40e2-ad83-4ecb18a06876", "much too long for a name"],
    "cliOrdId": ["mine", "x" * 200],
    "interval": ["1", "1440", "2"],
    "since": ["0", "1616492376", "1616492376000000000", "-5"],
    "info": ["info", "fees", "margin", "leverage", "else"],
    "deadline": ["2030-01-01T00:00:00Z", "2001-01-01T00:00:00+00:00", "9999-99-99"],
    "json": [
        '{"batchOrder": [{"order": "send", "order_tag": "1", "symbol": "PF_XBTUSD",'
        ' "side": "buy", "size": 0.01, "limitPrice": 19000, "orderType": "lmt"}]}',
        '{"batchOrder": [{"order": "cancel", "order_id": "x"}, 3, null, {"order": "no"}]}',
        '{"batchOrder": {}}',
        "[[[",
    ],
}
EVIL = [
    "",
    " ",
    "\x00",
    "null",
    "NaN",
    "Infinity",
    "-0",
    "1e400",
    "9" * 400,
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "0x10",
    "１２",
    "\u202e",
    "é" * 50,
    "../../etc/passwd",
    "' OR 1=1 --",
    "<script>",
    "%s%n",
    "true",
    "[]",
    "{}",
    "2024-01-01",
]
JSON_EVIL: list[Any] = [
    None,
    True,
    [],
    {},
    [[]],
    {"a": {}},
    -1,
    1.5,
    2**70,
    [None, 1, "x"],
    [{"txid": 3}, {"ordertype": "limit"}],
]


@dataclass(frozen=True)
class Asked:
    """One request, ready to be sent."""

    method: str
    url: str
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


class Requests:
    """An endless stream of requests from one seed."""

    def __init__(self, seed: int, key: Key, first_nonce: int) -> None:
        self._random = random.Random(seed)
        self._key, self._nonce = key, first_nonce
        self._calm = 1.0

    def next(self) -> Asked:
        """Return the next request."""
        # Most requests are nearly right: those get furthest.
        self._calm = self._random.choice([0.5, 0.9, 1.0, 1.0])
        choice = self._random.random()
        if choice < 0.15:
            return self._spot_public()
        if choice < 0.5:
            return self._spot_private()
        if choice < 0.65:
            return self._futures_public()
        if choice < 0.95:
            return self._futures_private()
        return self._nonsense()

    def _text(self, name: str) -> str:
        if name in SENSIBLE and self._random.random() < self._calm:
            return self._random.choice(SENSIBLE[name])
        if self._random.random() < 0.7:
            return self._random.choice(EVIL)
        size = self._random.randrange(30)
        return "".join(self._random.choice(string.printable) for _ in range(size))

    def _fields(self, wanted: list[str]) -> list[tuple[str, str]]:
        names = [one for one in wanted if self._random.random() < 0.9]
        if self._random.random() > self._calm - 0.2:
            names += self._random.sample(NAMES, self._random.randrange(1, 4))
        return [(name, self._text(name)) for name in names]

    def _wanted(self, path: str) -> list[str]:
        if "AddOrder" in path:
            return ["pair", "type", "ordertype", "price", "volume"]
        if "sendorder" in path:
            return ["symbol", "side", "orderType", "limitPrice", "size"]
        known = {
            "Cancel": ["txid"],
            "Query": ["txid"],
            "WalletTransfer": ["asset", "amount", "from", "to"],
            "transfer": ["unit", "amount", "fromAccount", "toAccount"],
            "batchorder": ["json"],
            "cancelorder": ["order_id"],
            "orders/status": ["orderIds"],
            "orderbook": ["symbol"],
            "history": ["symbol"],
        }
        found = next((names for part, names in known.items() if part in path), ["pair"])
        return [name for name in found if self._random.random() < 0.95]

    def _spot_public(self) -> Asked:
        path = f"/0/public/{self._random.choice(SPOT_PUBLIC)}"
        query = urlencode(self._fields(self._wanted(path)))
        method = self._random.choice(["GET", "GET", "GET", "POST", "PUT"])
        return Asked(method, f"{path}?{query}", self._maybe_garbage())

    def _spot_private(self) -> Asked:
        method = "AddOrder" if self._random.random() < 0.3 else self._random.choice(SPOT_PRIVATE)
        path = f"/0/private/{method}"
        self._nonce += 1
        nonce = str(self._nonce)
        body, kind = self._spot_body(path, nonce)
        raw = spot_signature(self._key.secret, path.encode(), nonce.encode(), body)
        headers = {"API-Key": self._key.public, "API-Sign": base64.b64encode(raw).decode()}
        return Asked("POST", path, body, self._spoiled(headers) | {"Content-Type": kind})

    def _spot_body(self, path: str, nonce: str) -> tuple[bytes, str]:
        fields = self._fields(self._wanted(path))
        if self._random.random() < 0.3 or "Batch" in path:
            plain: dict[str, Any] = dict(fields)
            for name in self._random.sample(NAMES, self._random.choice([0, 0, 0, 3])):
                plain[name] = self._random.choice(JSON_EVIL)
            if "Batch" in path and self._random.random() < 0.7:
                plain["orders"] = [
                    dict(self._fields(self._wanted("AddOrder")))
                    for _ in range(self._random.randrange(18))
                ]
            return json.dumps(plain | {"nonce": nonce}).encode(), "application/json"
        fields = [one for one in fields if one[0] != "nonce"]
        return urlencode([*fields, ("nonce", nonce)]).encode(), "application/x-www-form-urlencoded"

    def _futures_public(self) -> Asked:
        symbol = quote(self._text("symbol") or "x", safe="")
        path = self._random.choice(FUTURES_PUBLIC).replace("{symbol}", symbol)
        path = path.replace("{tick_type}", self._random.choice(["trade", "mark", "spot", "x"]))
        path = path.replace("{resolution}", self._random.choice(["1m", "1h", "1w", "7m"]))
        query = urlencode(self._fields(self._wanted(path)))
        return Asked("GET", f"{path}?{query}")

    def _futures_private(self) -> Asked:
        sends = self._random.random() < 0.3
        path = SEND_ORDER if sends else self._random.choice(FUTURES_PRIVATE)
        data = urlencode(self._fields(self._wanted(path))).encode()
        in_body = self._random.random() < 0.5
        endpoint = path.removeprefix("/derivatives").encode()
        nonce = ""
        if self._random.random() < 0.3:
            self._nonce += 1
            nonce = str(self._nonce)
        raw = futures_signature(self._key.secret, data, nonce.encode(), endpoint)
        headers = {"APIKey": self._key.public, "Authent": base64.b64encode(raw).decode()}
        if nonce:
            headers["Nonce"] = nonce
        method = "POST" if path in futures_routes.TRADES else "GET"
        url = path if in_body or not data else f"{path}?{data.decode()}"
        return Asked(method, url, data if in_body else b"", self._spoiled(headers))

    def _spoiled(self, headers: dict[str, str]) -> dict[str, str]:
        if self._random.random() > 0.05:
            return headers
        spoiled = dict(headers)
        name = self._random.choice(sorted(headers))
        spoiled[name] = self._random.choice(
            ["", "!", "QUJD", "x" * 300, "-1", "18446744073709551616"]
        )
        return spoiled

    def _maybe_garbage(self) -> bytes:
        if self._random.random() < 0.9:
            return b""
        return self._random.randbytes(self._random.randrange(1, 60))

    def _nonsense(self) -> Asked:
        roots = [
            "/0/",
            "/0/private/",
            "/0/public/",
            "/derivatives/",
            "/derivatives/api/v3/",
            "/api/",
        ]
        size = self._random.randrange(12)
        rest = "".join(self._random.choice(string.printable) for _ in range(size))
        method = self._random.choice(["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
        root = self._random.choice(roots)
        return Asked(method, root + "x" + quote(rest, safe=""), self._maybe_garbage())
