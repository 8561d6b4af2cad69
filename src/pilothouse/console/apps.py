"""What Django needs to know to find the console's templates."""

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """The console as a Django application; it has no tables."""

    name = "pilothouse.console"
    label = "console"
