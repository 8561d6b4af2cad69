"""What the folder stands on: named, and in doubt where its syncs are known not to hold."""

import pytest

from pilothouse.journal.file_system import FileSystem, file_system_of
from pilothouse.wiring import environment
from pilothouse.wiring.disk import ACCEPT_VARIABLE, DiskInDoubt, disk_said, judge_disk

MOUNTS = """\
22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
30 22 0:40 / {home} rw,relatime {more}- {kind} {device} {options}
"""


def found(tmp_path, kind, options="rw", device="/dev/sda1", more=""):
    place = tmp_path / "a folder"
    (place / "home").mkdir(parents=True, exist_ok=True)
    mounts = tmp_path / "mountinfo"
    named = str(place.resolve()).replace(" ", "\\040")
    mounts.write_text(
        MOUNTS.format(home=named, kind=kind, device=device, options=options, more=more)
    )
    return file_system_of(place / "home", mounts)


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "9p", "tmpfs", "overlay", "fuse.sshfs"])
def test_p08_a_file_system_that_cannot_keep_its_word_is_in_doubt(tmp_path, kind):
    one = found(tmp_path, kind, device="server:/share", more="shared:7 ")
    assert one.kind == kind and one.doubt and "in doubt" in one.said()


@pytest.mark.parametrize("options", ["rw,nobarrier", "rw,barrier=0,data=ordered"])
def test_p08_a_mount_without_barriers_is_in_doubt(tmp_path, options):
    assert "barrier" in found(tmp_path, "ext4", options).doubt


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs", "zfs"])
def test_p08_an_ordinary_disk_is_not(tmp_path, kind):
    assert found(tmp_path, kind, "rw,barrier").doubt == ""


def test_p08_fast_commits_are_in_doubt_on_an_unmended_kernel():
    old = FileSystem("ext4", "/dev/sda1", ("rw",), "5.15.0-91-generic", fast_commits=True)
    assert "fast commits" in old.doubt
    new = FileSystem("ext4", "/dev/sda1", ("rw",), "6.18.44", fast_commits=True)
    assert new.doubt == ""


def test_p08_production_refuses_it_and_others_are_warned(tmp_path, monkeypatch):
    doubtful = found(tmp_path, "overlay")
    monkeypatch.setattr("pilothouse.wiring.disk.file_system_of", lambda home: doubtful)
    said = []
    demo = tmp_path / "demo"
    demo.mkdir()
    environment.found(demo, environment.DEMO)
    judge_disk(demo, said.append)
    assert "layered" in said[0] and "overlay" in disk_said(tmp_path)
    with pytest.raises(DiskInDoubt, match="PILOTHOUSE_ACCEPT_FILE_SYSTEM=overlay"):
        judge_disk(tmp_path, said.append)
    monkeypatch.setenv(ACCEPT_VARIABLE, "nfs4")
    with pytest.raises(DiskInDoubt):
        judge_disk(tmp_path, said.append)
    monkeypatch.setenv(ACCEPT_VARIABLE, "overlay")
    judge_disk(tmp_path, said.append)
    assert len(said) == 2


def test_where_the_system_does_not_tell_nobody_guesses(tmp_path):
    assert file_system_of(tmp_path, tmp_path / "nothing") is None
    (tmp_path / "garbage").write_text("what\n\n22 1 254:0 / / - \n")
    assert file_system_of(tmp_path, tmp_path / "garbage") is None
