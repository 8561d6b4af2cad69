"""Django's entry for this room."""

from django.apps import AppConfig


class WatchConfig(AppConfig):
    """Alerts, and where the evaluation of each rule stands."""

    name = "pilothouse.watch"
    label = "watch"
    default_auto_field = "django.db.models.BigAutoField"
