"""Django's entry for this room."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    """Incidents and notices."""

    name = "pilothouse.desk"
    label = "desk"
    default_auto_field = "django.db.models.BigAutoField"
