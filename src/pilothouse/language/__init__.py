"""The words of the exchange: exact numbers, names, commands, events and refusals.

Every word is defined once, as a small typed class. Its row in the journal, its Python object, its
JSON at the doors, its page in the docs and its sentence in the audit are derived from that one
definition (`schema.py`); adding a field is one line.
"""
