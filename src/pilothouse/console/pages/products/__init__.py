"""All products in one table."""
