"""The people: operators and clients, their roles and rights, and the keys of machines."""
