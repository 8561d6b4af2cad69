"""The memory of the exchange: durable, hash-chained blocks of commands, and snapshots.

It handles bytes and rows and knows nothing of what a command means; the engine is never imported.
"""
