"""A child that cannot do its work says why in a sentence, and what to do."""

import os
import subprocess
import sys

from tests.venue.counter import order
from tests.venue.running import client_of, running_writer

ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


def writer(home):
    command = [sys.executable, "-m", "pilothouse.wiring.child", "writer", str(home), "0"]
    # The pipe stays open for as long as the child lives: at its end the child would leave.
    with subprocess.Popen(
        command, env=ENVIRONMENT, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        return process.stderr.read(), process.wait(120)


def test_a_writer_without_the_sources_of_an_older_release_says_where_they_belong(tmp_path):
    with running_writer(tmp_path), client_of(tmp_path) as client:
        client.submit([order(1)])
    said, code = writer(tmp_path)
    assert code == 65 and "Traceback" not in said
    assert said.startswith("writer: ") and "Put that folder back from a backup" in said


def test_a_second_writer_says_that_there_is_one(tmp_path):
    with running_writer(tmp_path):
        said, code = writer(tmp_path)
    named = f"another writer runs on {tmp_path}, process {os.getpid()}; two would tear it"
    # On a folder in memory it says that first.
    assert (code, said.splitlines()[-1]) == (75, f"writer: {named}")
