"""Kraken's futures WebSocket v1."""
