"""The drill: a copy of tonight's exchange, the index of a crash, and a sheet of how it went."""
