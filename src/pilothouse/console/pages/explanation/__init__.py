"""Why did that happen to an account? The arithmetic, the book, the changes, and what if."""
