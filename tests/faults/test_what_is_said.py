"""What a part or a command says may go nowhere: a full disk, a reader that is gone."""

import io
import os
import subprocess
import sys

from pilothouse.wiring.unfailing import Unfailing


class FullDisk(io.StringIO):
    def write(self, text):
        raise OSError(28, "No space left on device")

    def flush(self):
        raise OSError(28, "No space left on device")


def test_a_sentence_that_cannot_be_written_is_lost_and_nothing_else():
    stream = Unfailing(FullDisk())
    assert stream.write("a sentence") == len("a sentence")
    stream.flush()
    assert stream.getvalue() == "", "all else is the stream's"


def test_a_worker_outlives_the_sentence_about_its_fault(monkeypatch):
    from threading import Event

    from pilothouse.console.process import Worker

    monkeypatch.setattr(sys, "stdout", Unfailing(FullDisk()))
    monkeypatch.setattr(sys, "stderr", Unfailing(FullDisk()))
    again, tries = Event(), []

    def work():
        tries.append(1)
        if len(tries) == 3:
            again.set()
        raise OSError(28, "No space left on device")

    worker = Worker("archive", work, every_s=0.001)
    worker.start()
    assert again.wait(60)
    worker.stop()


SAYS = """
import os, sys
from pilothouse.wiring.cli.says import ERROR, OUT
read, write = os.pipe()
os.dup2(write, 1), os.dup2(write, 2)
os.close(write), os.close(read)
for _ in range(3):
    OUT.print("x" * 70_000)
    ERROR.print("y" * 70_000)
os._exit(7)
"""


def test_a_command_whose_reader_is_gone_goes_on():
    done = subprocess.run([sys.executable, "-c", SAYS], env=os.environ, timeout=300, check=False)
    assert done.returncode == 7
