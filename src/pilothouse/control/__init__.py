"""The changes: from a wish to a verified fact. One file for each verb and each power.

States and moves are in `moves.py`, the classes and who signs in `policy.py`, the kinds of change
in `kinds/`, what the exchange is reached through in `ports.py`.
"""
