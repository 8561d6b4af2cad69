"""The inbox: all that waits for the person who opens it."""
