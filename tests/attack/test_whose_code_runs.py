"""Nothing that a folder brings runs because the folder is checked or started (ENG C6)."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pilothouse.journal import releases, trust
from pilothouse.journal.releases import ReleaseIsMissing, ReleaseIsUnknown, keep_release
from pilothouse.journal.storage import Files
from pilothouse.release import HOUSE, digest_of, digest_of_files
from pilothouse.venue.machine import Release
from pilothouse.venue.recovery import recover
from pilothouse.venue.verify import verify
from tests.venue.counter import RELEASE
from tests.venue.running import running_writer
from tests.venue.test_sealed import PRESENT, package, trade

__all__ = ["package"]


@pytest.fixture(autouse=True)
def nobody_consented(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture
def ran(tmp_path):
    """Return a line of code that leaves a trace, and a function that tells whether it did."""
    trace = tmp_path / "it-ran"
    return f"\nopen({str(trace)!r}, 'w').close()\n", trace.exists


def brought(tmp_path, package):
    """A folder whose journal was written by the release of a package that it brings."""
    home = tmp_path / "home"
    older = Release(digest_of(package), RELEASE.empty, RELEASE.from_bytes)
    with running_writer(home, older):
        trade(home, 1)
    assert keep_release(home, package) == older.digest
    return home, older.digest


def test_verify_does_not_run_the_code_of_the_folder_it_verifies(tmp_path, package, ran):
    code, it_ran = ran
    machine = package / "engine" / "machine.py"
    machine.write_text(machine.read_text() + code)
    home, digest = brought(tmp_path, package)
    report = verify(home, release=PRESENT)
    assert not report.good and not it_ran()
    (fault,) = report.faults
    assert f"blocks 1 to {report.blocks:,} were written by engine release {digest.hex()}" in fault
    assert "not verified" in fault and f"--trust-release {digest.hex()}" in fault
    assert not report.proved


def test_a_start_on_a_restored_folder_does_not_run_it_either(tmp_path, package, ran):
    code, it_ran = ran
    machine = package / "engine" / "machine.py"
    machine.write_text(machine.read_text() + code)
    home, digest = brought(tmp_path, package)
    with pytest.raises(ReleaseIsUnknown, match=digest.hex()):
        recover(home, Files(home), PRESENT, lambda sentence: None)
    assert not it_ran()
    trust.trust(digest.hex(), "the operator said so")
    recover(home, Files(home), PRESENT, lambda sentence: None).replica.close()
    assert it_ran(), "who consents once goes on"


@pytest.mark.parametrize(
    "name",
    ["engine/sitecustomize.py", "engine/extra.py", "extra.py", "engine/fast.so", "../numpy.py",
     "__init__.py", "release.py", "rules/deep/er.txt"],
)  # fmt: skip
def test_a_file_more_or_another_front_is_refused(tmp_path, package, ran, name):
    code, it_ran = ran
    home, digest = brought(tmp_path, package)
    trust.trust(digest.hex(), "its sources are known")
    extra = home / "engines" / digest.hex() / "pilothouse" / name
    extra.parent.mkdir(exist_ok=True)
    extra.write_text(code)
    with pytest.raises(ReleaseIsMissing, match="engines/"):
        releases.kept_release(home, digest)
    report = verify(home, release=PRESENT)
    assert not report.good and not it_ran()


def test_bytecode_beside_the_sources_never_runs(tmp_path, package, ran):
    code, it_ran = ran
    home, digest = brought(tmp_path, package)
    trust.trust(digest.hex(), "its sources are known")
    engine = home / "engines" / digest.hex() / "pilothouse" / "engine"
    machine = engine / "machine.py"
    good, stamp = machine.read_bytes(), machine.stat()
    machine.write_bytes(good + code.encode())
    compiled = "import py_compile, sys; py_compile.compile(sys.argv[1], invalidation_mode="
    compiled += "py_compile.PycInvalidationMode.UNCHECKED_HASH)"
    subprocess.run([sys.executable, "-c", compiled, str(machine)], check=True)
    machine.write_bytes(good)
    os.utime(machine, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert list((engine / "__pycache__").iterdir())
    report = verify(home, release=PRESENT)
    assert report.good, report.faults
    assert not it_ran()


def test_a_link_is_no_file_of_a_release(tmp_path, package):
    home, digest = brought(tmp_path, package)
    trust.trust(digest.hex(), "its sources are known")
    kept = home / "engines" / digest.hex() / "pilothouse" / "engine"
    shutil.move(kept / "machine.py", tmp_path / "machine.py")
    (kept / "machine.py").symlink_to(tmp_path / "machine.py")
    with pytest.raises(ReleaseIsMissing, match="not a file"):
        releases.kept_release(home, digest)


def test_what_runs_is_a_copy_of_the_users_own(tmp_path, package):
    home, digest = brought(tmp_path, package)
    trust.trust(digest.hex(), "its sources are known")
    place = releases.kept_release(home, digest)
    assert not place.is_relative_to(home)
    (place / "pilothouse" / "engine" / "machine.py").write_text("raise SystemExit\n")
    again = releases.kept_release(home, digest)
    assert digest_of(again / "pilothouse") == digest, "a copy that was touched is made anew"


def test_the_release_that_runs_is_known_and_the_first_one_is_shipped():
    assert trust.is_trusted(digest_of(HOUSE))
    assert not trust.is_trusted(b"\7" * 32)
    assert [one.name for one in trust.SHIPPED.values()] == ["0.1.0"]
    assert all(trust.is_trusted(bytes.fromhex(one)) for one in trust.SHIPPED)


@pytest.mark.parametrize("word", ["", "abc", "G" * 64, "a" * 63, "a" * 64 + "\n" + "b" * 64])
def test_only_a_whole_digest_is_consent(word):
    with pytest.raises(trust.NotADigest):
        trust.trust(word, "")
    assert not trust.store_of_consent().exists()


def test_a_store_of_nonsense_is_no_consent():
    store = trust.store_of_consent()
    store.parent.mkdir(parents=True)
    store.write_bytes(b"\xff\xfe garbage\n" + b"z" * 64)
    assert not trust.is_trusted(b"z" * 32)


def test_p50_no_two_sets_of_files_have_one_digest():
    one = {"a": b"x", "b": b"y"}
    assert digest_of_files({"a": b"x\0b\0y"}) != digest_of_files(one)
    assert digest_of_files({"a": b"", "b": b""}) != digest_of_files({"a": b"b"})
    assert Path(HOUSE, "release.py") in Path(HOUSE).iterdir()
