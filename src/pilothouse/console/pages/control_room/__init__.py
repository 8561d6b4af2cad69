"""The control room: exceptions, margin health, what waits for a signature, what happens next."""
