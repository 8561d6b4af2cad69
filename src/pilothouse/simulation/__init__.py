"""The rehearsal room: a seeded exchange with its clients, and worlds that run from one number."""
