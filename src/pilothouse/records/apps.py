"""Django's entry for this room."""

from django.apps import AppConfig


class RecordsConfig(AppConfig):
    """The audit."""

    name = "pilothouse.records"
    label = "records"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let every row be shown as it reads, and have a number."""
        from pilothouse.records import numbering, plain_rows

        plain_rows.listen()
        numbering.listen()
