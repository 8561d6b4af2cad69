"""The pictures: what people read. History folded from events, and the audit of every deed."""
