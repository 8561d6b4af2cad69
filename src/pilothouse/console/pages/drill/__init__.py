"""The drill: the sheet of a crash that happened to a copy of the exchange."""
