"""Where a page is found from outside: notices are read on phones, which know no console."""

from __future__ import annotations

from django.conf import settings


def link(path: str) -> str:
    """Return the full address of a page; its path alone where the settings name no address."""
    return f"{settings.PILOTHOUSE_CONSOLE_URL}{path}"
