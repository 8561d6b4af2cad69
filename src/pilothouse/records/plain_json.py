"""JSON that is stored as it reads: a letter beyond ASCII takes its own bytes and not twelve."""

from __future__ import annotations

import json
from typing import Any

from django.db import models


class _Plain(json.JSONEncoder):
    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "ensure_ascii": False})


class PlainJSON(models.JSONField):
    """Django's JSONField, which would write every such letter as an escape.

    The column is the same, and what was stored with escapes is read as before.
    """

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **{**options, "encoder": _Plain})

    def deconstruct(self) -> Any:
        """Return it as Django's: for a migration nothing differs."""
        name, _, given, options = super().deconstruct()
        options.pop("encoder")
        return name, "django.db.models.JSONField", given, options
