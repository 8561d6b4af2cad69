"""The audit log: one timeline, searched, with its chain verified."""
