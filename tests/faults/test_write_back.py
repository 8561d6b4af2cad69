"""The real disk of `write_back.py`: what was answered is there after umount and mount."""

import pytest

from tests.faults.write_back import NoLoop, power_cut_at_once, story

pytestmark = pytest.mark.world


@pytest.mark.parametrize("size", [2_000, 3])
def test_d1_nothing_answered_is_lost_after_a_real_failed_write_back(tmp_path, size):
    try:
        failed, end, found = story(size, tmp_path)
    except NoLoop as why:
        pytest.skip(f"no loop device can be mounted here: {why}")
    assert "is not durable" in failed["why"]
    assert found.good and not found.torn, found.faults
    # The failed frame was whole in the cache and is kept, unanswered; a fingerprint a life.
    assert found.commands >= end


def test_what_the_disk_itself_lost_is_a_finding(tmp_path):
    try:
        failed, found = power_cut_at_once(2_000, tmp_path)
    except NoLoop as why:
        pytest.skip(f"no loop device can be mounted here: {why}")
    lost = failed["answered"] > found.commands
    assert lost <= (not found.good), "answered commands are gone, and verify says it is good"
