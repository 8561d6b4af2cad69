"""All changes, those that wait first."""
