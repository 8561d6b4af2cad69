"""The running exchange: the writer that holds the pen, the replicas that follow, and their clock.

Only the writer appends to the journal. Everything else follows the journal's files up to the
durable mark, and asks the writer one thing alone: `submit(commands) -> receipts`.
"""
