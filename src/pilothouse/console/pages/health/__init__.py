"""Whether this process answers, for what watches it."""
