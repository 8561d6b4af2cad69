"""Notices: what is told, and to which targets, written in the transaction of the deed."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Final

from django.db import connection

from pilothouse.control.said import shortened
from pilothouse.desk import routes
from pilothouse.desk.models import Delivery, Notice
from pilothouse.records.audit import NoTransaction

KEY_BYTES: Final = 12
TITLE_MOST: Final = 300
LASTS: Final = timedelta(hours=1)
"""How long a notice is tried; then it is dead, and people see that."""


def write(
    event: str,
    subject: str,
    *,
    severity: str,
    owner: str,
    title: str,
    body: str,
    now: datetime,
    but_not: str = "",
) -> Notice:
    """Write a notice and a line of the ledger for each target its routes name.

    Must be called within the transaction of the deed it tells of; raises NoTransaction otherwise.
    `but_not` is a target that is left out: nobody is told through it that it is dead.
    """
    if not connection.in_atomic_block:
        raise NoTransaction(f"{event} of {subject} was to be told outside a transaction")
    notice: Notice = Notice.objects.create(
        key=secrets.token_hex(KEY_BYTES),
        event=event,
        subject=subject,
        severity=severity,
        owner=owner,
        title=shortened(title, TITLE_MOST),
        body=body,
        at=now,
    )
    for target in routes.targets_for(severity, owner):
        if target != but_not:
            Delivery.objects.create(notice=notice, target=target, last_chance=now + LASTS)
    return notice
