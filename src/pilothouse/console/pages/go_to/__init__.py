"""The go-to box: pages, markets, changes and accounts by a few letters."""
