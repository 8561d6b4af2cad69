"""The wall clock is read in a few known places: durations come from the steady clock."""

import re

from tests.house.source import PACKAGE, python, read

READS_THE_WALL = re.compile(r"\btime\.time\(|\btime_ns\(|\bdatetime\.now\(|\butcnow\(")
KNOWN = {
    "journal/steady.py": "where the time of the day of this process begins",
    "venue/clock.py": "where time enters the exchange",
    "trading_api/door.py": "the time that clients are told",
    "gate/report.py": "when a door last said how full it is, which another process reads",
    "watch/taking.py": "when a reading was taken",
    "watch/trial.py": "up to which moment recorded history is tried",
    "console/shell.py": "when a page was drawn",
    "console/pages/alert/measured.py": "which minutes a drawing shows",
    "console/pages/replay/view.py": "how long a replay's driver was silent",
    "wiring/database.py": "how old the file of the last check is",
    "wiring/environment.py": "when a folder was founded",
    "wiring/supervision.py": "when a part is started again, as another process shows it",
    "wiring/cli/status.py": "how long it is until then",
    "wiring/cli/drill.py": "the name of a drill's folder",
}


def test_p28_the_wall_clock_is_read_only_where_it_is_known_why():
    found = {str(one.relative_to(PACKAGE)) for one in python() if READS_THE_WALL.search(read(one))}
    assert not found - set(KNOWN), "take durations from journal/steady.py, or say here why not"
