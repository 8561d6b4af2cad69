"""The sources that wrote a block stay beside the journal and are known by their digest."""

import pytest

from pilothouse.journal.releases import ReleaseIsMissing, keep_release, kept_release
from pilothouse.release import HOUSE, digest_of, sources
from pilothouse.release import digest as running


def test_the_running_release_is_kept_whole(tmp_path):
    digest = keep_release(tmp_path)
    kept = kept_release(tmp_path, digest)
    mine = [one.relative_to(HOUSE) for one in sources()]
    theirs = [one.relative_to(kept / "pilothouse") for one in sources(kept / "pilothouse")]
    assert digest.hex()[:16] == running()
    assert mine == theirs and len(mine) > 10
    assert keep_release(tmp_path) == digest
    assert [one.name for one in (tmp_path / "engines").iterdir()] == [digest.hex()]


def test_one_changed_letter_is_another_release(tmp_path):
    digest = keep_release(tmp_path)
    package = tmp_path / "engines" / digest.hex() / "pilothouse"
    source = package / "language" / "numbers.py"
    source.write_text(source.read_text() + "\n")
    assert digest_of(package) != digest
    with pytest.raises(ReleaseIsMissing, match="not those of that release"):
        kept_release(tmp_path, digest)


def test_a_release_that_is_not_kept_is_said(tmp_path):
    with pytest.raises(ReleaseIsMissing, match="0707070707070707"):
        kept_release(tmp_path, b"\7" * 32)
