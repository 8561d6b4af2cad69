"""All markets in one table."""
