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
def client_of(home, **options):
    client = VenueClient(home, **options)
    try:
        yield client
    finally:
        client.close()
