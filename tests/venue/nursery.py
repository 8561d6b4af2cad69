"""Starts writers fast: a process that has loaded the machine once and forks when it is told to.

A line on its input is `writer HOME CRASH` or `snapshot HOME CRASH`, with `-` for no crash; it
answers with the number of the process. The forked process does exactly what one started anew does.
"""

import os
import signal
import sys
import time
from pathlib import Path

from pilothouse.journal.crash import VARIABLE
from pilothouse.journal.durable import DurableMark
from pilothouse.venue.follower import Follower
from pilothouse.venue.snapshotter import Snapshotter
from pilothouse.venue.writer import run_writer


def release_called(name):
    if name == "counter":
        from tests.venue.counter import RELEASE

        return RELEASE
    from pilothouse.venue.machine import present_release
    from tests.venue.warm import warm

    release = present_release()
    warm(release)
    return release


def snapshot(home, release):
    follower = Follower(home, release=release, from_snapshot=True)
    follower.start()
    marked = DurableMark(follower.storage).block
    while follower.block < marked:
        time.sleep(0.001)
    Snapshotter(follower).take()
    follower.stop()


def child(what, home, crash, release):
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    if crash != "-":
        os.environ[VARIABLE] = crash
    if what == "writer":
        run_writer(home, release=release, fingerprint_blocks=50)
    else:
        snapshot(home, release)


def main():
    release = release_called(sys.argv[1])
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    print("ready", flush=True)
    for line in sys.stdin:
        what, home, crash = line.split()
        born = os.fork()
        if not born:
            os.close(0)
            done = 1
            try:
                child(what, Path(home), crash, release)
                done = 0
            finally:
                os._exit(done)
        print(born, flush=True)


if __name__ == "__main__":
    main()
