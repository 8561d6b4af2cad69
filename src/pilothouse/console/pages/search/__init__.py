"""Search and the command palette: objects, pages and verbs in one box."""
