"""P30: a moment that somebody enters is one instant, whatever a zone's clocks do that night."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from pilothouse.control.forms import Unreadable, moment, moment_us

# Clocks go back in each that night; in Santiago and Beirut around midnight.
ZONES = {
    "Europe/Berlin": datetime(2026, 10, 25),
    "America/New_York": datetime(2026, 11, 1),
    "America/Santiago": datetime(2026, 4, 5),
    "Asia/Beirut": datetime(2026, 10, 25),
}


def entered(text):
    return moment({"at": text}, "at")


@pytest.mark.parametrize("zone", ZONES)
def test_a_moment_of_a_night_with_a_changed_clock_is_one_instant(zone):
    begin = ZONES[zone].replace(tzinfo=UTC) - timedelta(hours=12)
    instants = [begin + timedelta(minutes=30 * k) for k in range(72)]
    local = [one.astimezone(ZoneInfo(zone)) for one in instants]
    assert [entered(one.isoformat()) for one in local] == instants
    bare = [one.replace(tzinfo=None).isoformat() for one in local]
    assert len(set(bare)) < len(bare), "the local time stands there twice"


@pytest.mark.parametrize("zone", ZONES)
def test_without_an_offset_it_is_utc_for_everybody(zone, monkeypatch):
    monkeypatch.setenv("TZ", zone)
    assert entered("2026-10-25T02:30:00") == datetime(2026, 10, 25, 2, 30, tzinfo=UTC)
    assert moment_us({"at": "2026-03-29T02:30:00"}, "at") == 1_774_751_400_000_000


@pytest.mark.parametrize("zone", ZONES)
def test_the_name_of_a_zone_is_refused(zone):
    for text in (f"2026-10-25T02:30:00 {zone}", f"2026-10-25T02:30:00[{zone}]"):
        with pytest.raises(Unreadable, match="not a date and time"):
            entered(text)
