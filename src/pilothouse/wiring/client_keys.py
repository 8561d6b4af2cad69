"""API keys of clients from the command line: made, listed and revoked, each with its audit row."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from pilothouse.wiring.people import COMMAND_LINE


def make(form: Mapping[str, str]) -> dict[str, Any]:
    """Make a key as a form of the kind `api_key` says; return it with its secret.

    Raises ValueError for a form that cannot be read, and for one key too many.
    """
    from django.db import transaction
    from django.utils import timezone

    from pilothouse.access import keys
    from pilothouse.control.kinds import api_key
    from pilothouse.control.powers import api_keys

    now = timezone.now()
    with transaction.atomic():
        body = api_key.KIND.parse({"key": "new", **form})
        why = api_key.KIND.check_key(body, now)
        if why is not None:
            raise ValueError(f"{why.sentence}: {why.remedy}")
        api_keys.give(body, COMMAND_LINE, {}, now)
    found = keys.find_key(body["key"])
    assert found is not None
    secret = base64.b64encode(found.secret).decode()
    return {"account": found.account, "may": body["may"], "key": found.public, "secret": secret}


def end(beginning: str) -> dict[str, Any]:
    """Revoke the one key that begins so; raises LookupError for none or several."""
    from django.db import transaction
    from django.utils import timezone

    from pilothouse.access.models import StoredKey
    from pilothouse.control.kinds import api_key
    from pilothouse.control.powers import api_keys

    live = StoredKey.objects.filter(public__startswith=beginning, revoked_at=None)
    found = list(live.values_list("public", flat=True)[:2])
    if len(found) != 1 or not beginning:
        raise LookupError(f"{'Several keys begin' if found else 'No live key begins'} with that.")
    with transaction.atomic():
        body = api_key.KIND.parse({"key": found[0]})
        api_keys.give(body, COMMAND_LINE, {}, timezone.now())
    return {"revoked": found[0]}


def every() -> list[dict[str, Any]]:
    """Return the keys that live, without their secrets."""
    from pilothouse.access.models import StoredKey
    from pilothouse.control.powers.api_keys import may_of

    return [
        {
            "key": one.public,
            "account": one.account,
            "label": one.label,
            "may": may_of(one).value,
            "networks": [part for part in one.networks.split(",") if part],
            "expires_s": one.expires_s,
        }
        for one in StoredKey.objects.filter(revoked_at=None).order_by("account", "pk")
    ]
