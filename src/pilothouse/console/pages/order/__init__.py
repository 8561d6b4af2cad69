"""One order: what was asked, what became of it, and every name it has."""
