"""No row holds a text that reads otherwise than it was written, no matter what composed it.

People's texts are refused at the edge; what the machine composes, perhaps of older texts, is kept
with the codes of what would hide. So no field of a model can be forgotten.
"""

from __future__ import annotations

from typing import Any, Final

from django.db import models
from django.db.models.signals import pre_save

from pilothouse.language.texts import shown

OURS: Final = "pilothouse."


def listen() -> None:
    """Hear of every row that is to be saved. Called once, when the room is loaded."""
    pre_save.connect(_show, dispatch_uid="pilothouse.plain_rows")


def text_fields(model: type[models.Model]) -> list[str]:
    """Return the names of a model's fields of text."""
    kinds = (models.CharField, models.TextField)
    return [one.attname for one in model._meta.concrete_fields if isinstance(one, kinds)]


def _show(sender: type[models.Model], instance: Any, **_: Any) -> None:
    if not sender.__module__.startswith(OURS):
        return
    for name in text_fields(sender):
        value = getattr(instance, name)
        if isinstance(value, str) and value != (seen := shown(value)):
            setattr(instance, name, seen)
