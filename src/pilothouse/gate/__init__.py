"""The gate: how many may come in, how fast, and how much each may bring, before any parser."""
