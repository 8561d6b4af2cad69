"""Kraken's spot REST v0."""
