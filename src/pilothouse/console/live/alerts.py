"""What the frame and the feed say of alerts: how many last, and the newest in one sentence."""

from __future__ import annotations

from pilothouse.watch.models import Alert
from pilothouse.watch.moves import OPEN, State


def open_count() -> int:
    """Return how many alerts last."""
    return Alert.objects.filter(state__in=OPEN).count()


def untaken_count() -> int:
    """Return how many alerts nobody has taken."""
    return Alert.objects.filter(state=State.RAISED).count()


def newest_alert() -> Alert | None:
    """Return the alert that was raised last, over or not, or None before the first."""
    return Alert.objects.order_by("-id").first()


def sentence_of(alert: Alert) -> str:
    """Return what is read aloud of an alert."""
    where = alert.where if alert.market else "the exchange"
    return f"{alert.severity} alert: {alert.title}, {where}"
