"""One account: wallets, positions, orders, and the margin arithmetic line by line."""
