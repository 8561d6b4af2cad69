"""The traders' door: Kraken's spot and futures APIs, REST and WebSocket, over our commands.

It translates and decides nothing. What may trade, at which price and with which margin is the
engine's answer; this room knows only how Kraken says it.
"""
