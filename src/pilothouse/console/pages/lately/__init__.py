"""What changed in the last fifteen minutes: changes, statuses, alerts, incidents, moves."""
