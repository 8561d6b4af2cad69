"""`python -m pilothouse.wiring.cli` is `pilothouse`."""

from pilothouse.wiring.cli import app

app()
