"""One product: whose it is, what it consists of, what is open about it, what is measured."""
