"""One person: their roles, how and where they are signed in, and what waits about them."""
