"""The people of the exchange: which roles they hold, and whether they can sign in."""
