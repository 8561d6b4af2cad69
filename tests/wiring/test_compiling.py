"""The engine is known to be compiled for the very files it was made from, and only then."""

import hashlib
import os
import pickle
import shutil
import subprocess
import sys

import pytest

from pilothouse import release
from pilothouse.simulation import compiling as doors
from pilothouse.wiring import compiling


def test_it_is_compiled_once_it_was_and_no_longer_when_a_source_was_touched(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "kept"))
    monkeypatch.setattr(doors, "compile_engine", lambda: None)
    house = tmp_path / "house"
    for room in release.ROOMS:
        shutil.copytree(release.HOUSE / room, house / room)
    monkeypatch.setattr(release, "HOUSE", house)
    sources = release.sources(house)
    monkeypatch.setattr(release, "sources", lambda: sources)
    monkeypatch.setattr(release, "digest", lambda: "a-release")

    assert not compiling.is_compiled()
    compiling.compile_once()
    assert compiling.is_compiled()
    os.utime(sources[0], ns=(1, 1))
    assert not compiling.is_compiled()


TURN = """
import os, sys, time
from pathlib import Path
from pilothouse.simulation import compiling as doors
from pilothouse.wiring import compiling

def pretend():
    with open(sys.argv[1], "a") as out:
        out.write(f"{os.getpid()}\\n")
    time.sleep(0.5)

doors.compile_engine = pretend
compiling.compile_once()
assert compiling.is_compiled()
"""


def test_p15_one_of_many_starts_compiles_and_the_others_wait_for_it(tmp_path):
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(sys.path),
        "NUMBA_CACHE_DIR": str(tmp_path / "kept"),
    }
    command = [sys.executable, "-c", TURN, str(tmp_path / "turns")]
    started = [subprocess.Popen(command, env=environment) for _ in range(6)]
    assert [one.wait(300) for one in started] == [0] * 6
    assert len((tmp_path / "turns").read_text().split()) == 1


@pytest.fixture
def compiled(tmp_path, monkeypatch):
    """An engine that was compiled, as far as its files go; how often is counted."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "kept"))
    place = compiling._mark().parent
    turns = []

    def pretend():
        turns.append(1)
        folder = release.sources()[-1].parent
        named = f"{folder.name}_{hashlib.sha1(str(folder).encode()).hexdigest()}"
        (place / named).mkdir(parents=True, exist_ok=True)
        (place / named / "step-1.py311.1.nbc").write_bytes(b"machine code" * 100)
        (place / named / "step-1.py311.nbi").write_bytes(pickle.dumps("0.65") + pickle.dumps(b"x"))

    monkeypatch.setattr(doors, "compile_engine", pretend)
    compiling.compile_once()
    assert turns == [1]
    return place, turns


def gone(path):
    path.unlink()


def cut(path):
    path.write_bytes(path.read_bytes()[:-7])


def of_another(path):
    path.write_bytes(b"another code" * 100)


@pytest.mark.parametrize("suffix", ["nbc", "nbi"])
@pytest.mark.parametrize("fault", [gone, cut, of_another])
def test_p15_machine_code_that_is_not_whole_is_made_again_before_anybody_loads_it(
    compiled, fault, suffix
):
    place, turns = compiled
    compiling.compile_once()
    assert turns == [1]
    fault(next(place.glob(f"*/*.{suffix}")))
    whole_without = fault is gone and suffix == "nbi"
    assert compiling.is_compiled() == whole_without
    compiling.compile_once()
    assert turns == [1] if whole_without else [1, 1]
    assert compiling.is_compiled()


def test_a_mark_of_an_older_release_says_nothing(compiled):
    _, turns = compiled
    compiling._mark().write_text("")
    compiling.compile_once()
    assert turns == [1, 1] and compiling.is_compiled()
