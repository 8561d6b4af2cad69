"""The inbox: all that waits for whoever looks at it."""
