"""A console that judges a rule and sends notices, second by second, until it is killed or done.

A second that was cut short is lived again by the next process, as a journal is read again.
"""

import os
import sys
import time
from datetime import timedelta
from pathlib import Path

from pilothouse.wiring.people import begin_django

HOME = Path(os.environ["PILOTHOUSE_HOME"])
WAVES = ((0, 10), (30_001, 12), (0, 70)) * int(os.environ["WAVES"])
VALUES = [value for value, length in WAVES for _ in range(length)]
PAUSE_S = 0.003


def begin(addresses):
    """Found the register and the targets, once."""
    from pilothouse.control import register
    from pilothouse.desk import targets
    from pilothouse.desk.models import Target
    from pilothouse.wiring.founding import found_register
    from tests.desk.conftest import NOON

    if Target.objects.exists():
        return
    found_register([("perpetuals", "Perpetuals", ["PF_XBTUSD"])])
    for key, address in addresses.items():
        told_twice = key == "drops"
        targets.set_target(key, address, drops_repeats=told_twice, actor="test", now=NOON)
        body = {"title": key, "severity": "medium", "owner": "any", "target": key}
        register.found([("notice_route", f"to_{key}", body)], NOON)


def live():
    """Judge and send until the last second; the file `second` says how far it is."""
    from pilothouse.desk import from_alert, outbox
    from pilothouse.watch import judging, ports, rules
    from tests.desk.conftest import NOON
    from tests.watch.conftest import CONTRACT, Looks

    kept = tuple(one for one in rules.rules() if one.key == "price_runs")
    judging.rules = lambda: kept
    ports.connect(from_alert.hear)
    place = HOME / "second"
    second = int(place.read_text()) if place.exists() else 0
    outbox.recover(NOON + timedelta(seconds=second))
    looks = Looks(markets=(CONTRACT,), now=NOON + timedelta(seconds=second))
    for value in VALUES[second:]:
        looks.look({("price_move", "market:PF_XBTUSD"): value})
        outbox.tick(looks.now)
        second += 1
        (HOME / "next").write_text(str(second))
        (HOME / "next").rename(place)
        time.sleep(PAUSE_S)


def main():
    begin_django(HOME)
    begin(dict(zip(("drops", "plain"), sys.argv[1:], strict=True)))
    live()
    print("done")


main()
