"""The live feed: once a second what the exchange looks like, serialised once for all browsers."""
