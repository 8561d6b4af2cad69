"""Kraken's futures REST v3 (and the history endpoints that its clients use)."""
