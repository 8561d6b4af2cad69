"""The engine is known to be compiled for the very files it was made from, and only then."""

import os
import shutil

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

    assert not compiling.is_compiled()
    compiling.compile_once()
    assert compiling.is_compiled()
    os.utime(sources[0], ns=(1, 1))
    assert not compiling.is_compiled()
