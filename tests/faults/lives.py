"""Small lives of a writer without processes: orders in, receipts kept, the folder judged after."""

from pilothouse.journal.blocks import HEADER_BYTES, read_header
from pilothouse.journal.segments import segment_name
from pilothouse.journal.snapshots import write_snapshot
from pilothouse.venue.snapshotter import snapshot_of
from pilothouse.venue.writer import Writer
from tests.venue.counter import RELEASE, order_rows
from tests.venue.test_power_cut import Desk

BLOCKS = 8


def writer_of(home, **options):
    home.mkdir(exist_ok=True)
    clocks = {"now": lambda: 1_000, "steady": lambda: 0}
    return Writer(home, RELEASE, fingerprint_blocks=3, **clocks, **options)


def live(home, blocks=BLOCKS, first=1, closed=False, snapshot_after=0, **options):
    """Start a writer, send orders of one block each, end it as a kill does; return the desk."""
    writer, desk = writer_of(home, **options), Desk()
    for turn in range(blocks):
        desk.send(writer, order_rows(first + 10 * turn, 2))
        if turn + 1 == snapshot_after:
            tail = writer._journal.tail
            snapshot = snapshot_of(writer.machine, tail, RELEASE.digest)
            write_snapshot(writer._journal._storage, snapshot)
    desk.tail = writer._journal.tail
    leave(writer, closed)
    return desk


def leave(writer, closed=False):
    writer.doors.close()
    if closed:
        writer._journal.close()


def segment(home, start=1):
    return home / segment_name(start)


def offsets(raw):
    """Return where each block of a segment begins."""
    found, at = [], 0
    while at < len(raw):
        found.append(at)
        at += read_header(raw[at : at + HEADER_BYTES]).size
    return found


def cut_blocks(home, count, start=1):
    """Cut a segment's last blocks off, whole."""
    place = segment(home, start)
    raw = place.read_bytes()
    place.write_bytes(raw[: offsets(raw)[-count]])


def everything(home):
    return {one: one.read_bytes() for one in sorted(home.rglob("*")) if one.is_file()}
