"""A writer in this process, for tests that do not kill it."""

import contextlib
import threading

from pilothouse.venue.client import VenueClient
from pilothouse.venue.writer import Writer, pen_of
from tests.venue.counter import RELEASE


@contextlib.contextmanager
def running_writer(home, release=RELEASE, **options):
    """Run a writer in a thread; stop it at the end. Yields it; `said` holds its sentences."""
    said = []
    with pen_of(home):
        writer = Writer(home, release, say=said.append, **options)
        writer.said = said
        thread = threading.Thread(target=writer.run)
        thread.start()
        try:
            yield writer
        finally:
            writer.stop()
            thread.join()


@contextlib.contextmanager
def client_of(home, patience_s=60, **options):
    # A machine kept busy by other work may be slow to answer; no test waits for that.
    client = VenueClient(home, patience_s=patience_s, **options)
    try:
        yield client
    finally:
        client.close()
