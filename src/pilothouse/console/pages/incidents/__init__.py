"""All incidents, those that are somebody's turn first."""
