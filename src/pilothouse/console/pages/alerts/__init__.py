"""The queue of alerts: what lasts, the worst first, and what is over."""
