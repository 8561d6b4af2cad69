"""A process that archives told blocks, slowly, until it is killed or done: home, file, pause."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path


def main() -> None:
    home, kept, pause = Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])
    os.environ["PILOTHOUSE_HOME"] = str(home)
    os.environ["DJANGO_SETTINGS_MODULE"] = "pilothouse.wiring.settings"
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0, interactive=False)

    from pilothouse.records.archive import compaction
    from pilothouse.records.archive import keeper as keeping
    from pilothouse.records.archive.archive import Archive
    from pilothouse.records.archive.keeper import Keeper
    from tests.records import archive_team as team
    from tests.records.archive_worlds import load

    compaction.FAN, keeping.PICTURES_EVERY_S = 3, 0.02
    keeper = Keeper(Archive(home), every_s=0.01)
    team.show(keeper)
    keeper.start()
    print("started", flush=True)
    person = team.people()
    for span in load(kept)[keeper.since :]:
        team.live(span.block, person)
        keeper.archive.append("measures", team.measured(span.block, span.time))
        keeper.hear(span)
        time.sleep(pause)
    keeper.stop()
    print(f"done {keeper.lag.archived.blocks} {keeper.fault}", flush=True)


if __name__ == "__main__":
    main()
