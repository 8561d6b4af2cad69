"""The queue of alerts: what lasts, the worst first, the rules, and what is over."""
