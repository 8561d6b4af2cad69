"""All runbooks, step by step."""
