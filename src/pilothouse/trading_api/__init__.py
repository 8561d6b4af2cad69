"""The traders' door: Kraken's spot REST v0 and futures REST v3, spoken over our commands.

It translates and decides nothing. What may trade, at which price and with which margin is the
engine's answer; this room knows only how Kraken says it.
"""
