"""API keys of clients: what each may do, from where and until when; revoked at once."""
