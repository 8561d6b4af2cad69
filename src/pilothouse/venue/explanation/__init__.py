"""Why did that happen? Views over a machine stopped just before it did, line by line."""
