"""The archive: everything that happened, as columns in Parquet files that SQL can read.

A part of a table is a file; it counts when its manifest row commits in the database, in the same
transaction as the cursor that says how far the journal is archived. What has no row is a stray.
"""
