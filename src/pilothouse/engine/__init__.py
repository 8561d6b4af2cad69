"""The machine: (state, commands) -> events, and nothing else.

`machine.py` is the door. State is tables in one arena (`tables.py`, `arena.py`); `step.py` walks a
block; every topic has its file, named as in `language` and `rules`.
"""
