"""The audit log: one line of time, searched, with its chain verified."""
