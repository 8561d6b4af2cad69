"""One incident: its clocks, its line of time, what belongs to it, and its moves."""
