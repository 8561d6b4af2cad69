"""One incident: its clocks, its timeline, what belongs to it, and its moves."""
