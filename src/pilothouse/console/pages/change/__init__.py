"""One change: proposing it, what it would do, who signs, what it did."""
