"""Sending: one try through Apprise, and what is known of it afterwards.

Apprise answers yes or no. Whether a no can be tried again without telling twice depends on how far
it came, which Apprise says in its log alone. That text is read here for a few marks and then
dropped, since it may hold secrets; a no that bears none of the marks counts as unknown.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import quote

import apprise

from pilothouse.control.severity import Severity
from pilothouse.desk.targets import CARRIES_A_HEADER


class Fate(StrEnum):
    """What is known of a try."""

    ARRIVED = "the receiver accepted it"
    REFUSED = "the receiver refused it"
    NOT_SENT = "the receiver could not be reached"
    LOST = "no answer came"


@dataclass(frozen=True)
class Outcome:
    """A try's fate, and the receiver's code if it gave one."""

    fate: Fate
    code: int = 0

    @property
    def sentence(self) -> str:
        """Return it in words that hold no secret."""
        return f"{self.fate} (code {self.code})" if self.code else str(self.fate)


@dataclass(frozen=True)
class Letter:
    """What is sent: the words, how bad it is, and the key by which a repeat is known."""

    title: str
    body: str
    severity: str
    key: str


TYPES: Final[dict[str, apprise.NotifyType]] = {
    Severity.CRITICAL: apprise.NotifyType.FAILURE,
    Severity.HIGH: apprise.NotifyType.WARNING,
    Severity.MEDIUM: apprise.NotifyType.INFO,
}
_NEVER_LEFT: Final = re.compile(
    r"NewConnectionError|ConnectTimeout|NameResolutionError|Connection refused"
    r"|Name or service not known|Temporary failure in name resolution|No route to host"
    r"|Network is unreachable|No address associated"
)
_HTTP_CODE: Final = re.compile(r"\berror=(\d{3})\b")
_SMTP_CODE: Final = re.compile(r"\((\d{3}), ")
_BETWEEN: Final = (408, 502, 504)
"""Said by something on the way, which does not know what the receiver did."""


def send(address: str, letter: Letter) -> Outcome:
    """Try once. Blocks for the seconds of the address's timeouts, four and four without any."""
    plugin = apprise.Apprise.instantiate(_with_key(address, letter.key))
    if plugin is None:
        return Outcome(Fate.NOT_SENT)
    body = f"{letter.body}\n\nkey {letter.key}"
    kind = TYPES.get(letter.severity, apprise.NotifyType.INFO)
    try:
        with apprise.LogCapture(level=logging.DEBUG) as log:
            took = plugin.notify(body=body, title=letter.title, notify_type=kind)
            said = log.getvalue()
    except Exception:
        # A plugin's own fault: how far it came is not known.
        return Outcome(Fate.LOST)
    return Outcome(Fate.ARRIVED) if took else judge(said)


def judge(said: str) -> Outcome:
    """Return what Apprise's log tells of a try that did not end well."""
    exception = said.rpartition("Socket Exception:")
    if exception[1]:
        if _NEVER_LEFT.search(exception[2]):
            return Outcome(Fate.NOT_SENT)
        smtp = _SMTP_CODE.search(exception[2])
        return Outcome(Fate.REFUSED, int(smtp[1])) if smtp else Outcome(Fate.LOST)
    codes = _HTTP_CODE.findall(said)
    if not codes:
        return Outcome(Fate.LOST)
    code = int(codes[-1])
    return Outcome(Fate.LOST if code in _BETWEEN else Fate.REFUSED, code)


def _with_key(address: str, key: str) -> str:
    schema = address.partition("://")[0].lower()
    if schema in CARRIES_A_HEADER:
        name = "Idempotency-Key"
    elif schema in ("mailto", "mailtos"):
        name = "X-Idempotency-Key"
    else:
        return address
    return f"{address}{'&' if '?' in address else '?'}+{name}={quote(key, safe='')}"
