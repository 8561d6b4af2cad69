"""One alert: what was measured, its rule, its runbook, and its moves."""
