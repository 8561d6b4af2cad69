"""A console that is told to stop comes back from serving, so that its parts are stopped too."""

import os
import signal
import subprocess
import sys
import time

import httpx
import pytest

from pilothouse.wiring.processes import free_port

PROGRAM = """
import sys
from pathlib import Path
from pilothouse.console.process import serve
from pilothouse.wiring.people import begin_django
begin_django(Path(sys.argv[1]))
serve(int(sys.argv[2]), "127.0.0.1")
print("parts are stopped", flush=True)
"""


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_what_runs_beside_the_server_is_stopped(tmp_path, sign):
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(tmp_path), str(port)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    try:
        _until_answered(f"http://127.0.0.1:{port}/healthz", process)
        process.send_signal(sign)
        said, _ = process.communicate(timeout=60)
        assert (process.returncode, said.strip()) == (0, "parts are stopped")
    finally:
        process.kill()


def _until_answered(address, process):
    for _ in range(1200):
        assert process.poll() is None
        try:
            httpx.get(address)
            return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError("it never answered")
