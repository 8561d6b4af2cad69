"""Changes by what they are about: those that touch a market, those that something led to."""

from __future__ import annotations

from django.db.models import QuerySet

from pilothouse.control.models import Change, Touched


def touching_markets(*markets: int) -> QuerySet[Change]:
    """Return the changes that touch anything of these markets."""
    names = Touched.objects.none()
    for market in markets:
        names = names | Touched.objects.filter(name__startswith=f"market:{market}:")
    return Change.objects.filter(pk__in=names.values("change"))


def caused_by(subject: str) -> QuerySet[Change]:
    """Return the changes that something led to, by what the audit calls it ("incident:7")."""
    return Change.objects.filter(cause=subject)
