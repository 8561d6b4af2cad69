"""The index replay: what leads an index that no market made, and how far it came."""
