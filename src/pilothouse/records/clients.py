"""Rows of the audit that name a client: who may not see clients reads that there is one, no more.

The words of such a row could be guessed and tried, for its hash is seen and so is the next one's,
which follows from it. So it holds a salt, which is shown to nobody who may not see the rest.
"""

from __future__ import annotations

import secrets
from typing import Any, Final

from django.db.models import Q

CLIENT: Final = "account:"
QUERY: Final = "query"
EXPLAINED: Final = "explanation."
SUMMARY: Final = "refusals"
"""The subject of a row that counts refused attempts, and holds the last of them."""
SALT: Final = "salt"
SALT_BYTES: Final = 16


def names_a_client(deed: str, subject: str, facts: Any) -> bool:
    """Tell whether a row's words, or how much it found, say something of one client.

    Rows about an account do, questions to the archive that saw accounts as they are, and a
    summary of either.
    """
    known = facts if isinstance(facts, dict) else {}
    if subject == SUMMARY:
        return deed == QUERY or deed.startswith(EXPLAINED)
    return subject.startswith(CLIENT) or (deed == QUERY and known.get("masked") is not True)


def rows_that_may_name_one() -> Q:
    """Return what no search of somebody who may not see clients may look into."""
    return Q(subject__startswith=CLIENT) | Q(deed=QUERY) | Q(deed__startswith=EXPLAINED)


def salted(deed: str, subject: str, facts: dict[str, Any]) -> dict[str, Any]:
    """Return a row's facts, with a salt where they name a client."""
    if not names_a_client(deed, subject, facts):
        return facts
    return facts | {SALT: secrets.token_hex(SALT_BYTES)}
