"""The pages, one topic a folder: what it reads, how it is drawn, what it may ask of `control`."""
