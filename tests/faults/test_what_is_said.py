"""What a part or a command says may go nowhere: a full disk, a reader that is gone."""

import contextlib
import io
import logging
import os
import subprocess
import sys
import threading

import pytest

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


def test_a_log_that_cannot_be_made_ends_no_thread(monkeypatch):
    """Out of descriptors, what draws a traceback could not be imported; the thread goes on."""
    import structlog

    from pilothouse.console.process import Worker
    from pilothouse.wiring.unfailing import say_without_failing

    again, tries = threading.Event(), []

    def no_descriptors(*given):
        raise ImportError(24, "Too many open files")

    def work():
        tries.append(1)
        if len(tries) == 3:
            again.set()
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(sys, "stdout", sys.stdout)
    monkeypatch.setattr(sys, "stderr", sys.stderr)
    monkeypatch.setattr(logging, "raiseExceptions", True)
    try:
        say_without_failing()
        monkeypatch.setattr(structlog.dev.ConsoleRenderer, "__call__", no_descriptors)
        worker = Worker("door", work, every_s=0.001)
        worker.start()
        assert again.wait(60)
        assert not worker.has_died
        worker.stop()
        assert not worker.has_died, "it was stopped"
    finally:
        structlog.reset_defaults()


TRACEBACK = """
import sys
from pilothouse.wiring.unfailing import say_without_failing
say_without_failing()
import structlog
from pilothouse.console import process
before = set(sys.modules)
hidden = "what a local variable holds"
try:
    raise OSError(24, "Too many open files")
except OSError:
    process.log.exception("worker_failed", worker="door")
print("imported", sorted(one for one in set(sys.modules) - before if one.startswith("rich")))
"""


def test_a_traceback_imports_nothing_and_is_short():
    done = subprocess.run(
        [sys.executable, "-c", TRACEBACK], capture_output=True, text=True, timeout=300, check=True
    )
    assert "OSError: [Errno 24] Too many open files" in done.stdout and "door" in done.stdout
    assert "imported []" in done.stdout
    assert "what a local variable holds" not in done.stdout and len(done.stdout) < 1_000


class Died(BaseException):
    """What no handler takes."""


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_console_with_a_dead_thread_gives_no_sign(db):
    from pilothouse.console.life import Life
    from pilothouse.console.process import Worker

    class Lent:
        machine = contextlib.nullcontext

    def dies():
        raise Died

    signs = []
    lives, died = Worker("lives", lambda: None, 0.001), Worker("door", dies, 0.001)
    life = Life(Lent(), lambda: signs.append(1), [lives, died])
    life.look()
    assert signs == [1], "what was not started has not died"
    lives.start()
    died.start()
    died._thread.join(60)
    life.look()
    assert signs == [1]
    lives.stop()
    assert died.has_died and not lives.has_died
