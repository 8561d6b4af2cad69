"""One market or contract: facts, prices, margin schedules, book, largest positions, changes."""
