"""Orders looked up by any of their ids, or by the name that a client gave them."""
