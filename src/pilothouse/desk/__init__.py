"""The desk: incidents with their clocks and timelines, notices, and what waits for whom.

States and moves of an incident are in `moves.py`; a deed and its audit row are one transaction.
"""
