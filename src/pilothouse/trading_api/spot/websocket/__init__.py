"""Kraken's spot WebSocket v2."""
