"""The SQL page: from a question to a number, over the archive."""
