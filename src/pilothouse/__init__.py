"""Pilothouse: an exchange control center with a complete exchange under it.

Everything that changes the exchange is a command in one journal; the control center is the
careful way to write one.
"""

__version__ = "0.1.0"
