"""Story Five: the crash day. The watch notices, people act, and a client's question is answered.

The index falls by a sixth within a minute and comes back within the hour. One person stops the
contract's trade; two open it again, in stages, when the price is back, knowing whom that reaches.

A drill copies the demonstration and lets the day happen to the copy, so that its sheet can say
what it came to beside the same day with nothing done. Both are printed.
"""

import os
import re
import time
from pathlib import Path

import pytest

from pilothouse.language.events import ProtectionStepTaken
from pilothouse.language.kinds import ProtectionStep
from pilothouse.venue.follower import Follower
from tests.browser import Desk
from tests.stories.business import (
    JSON,
    open_in_stages,
    pause_the_market,
)
from tests.stories.drilling import Drill

CONTRACT = "PF_SOLUSD"
SHARED = Path(os.environ.get("PILOTHOUSE_SHARED", Path(__file__).parents[3] / "shared"))
DAY = SHARED / "data/crash/FILUSDT_1m_2024_04.csv.gz"
WINDOW = ("--from=2024-04-12T18:34", "--until=2024-04-12T19:22", "--speed=1")
"""At the market's own speed until people have acted: a look that a busy machine takes late is not
minutes late in the market."""
OVER_S, BACK_S = 150, 2_740
"""After so many seconds the worst is told; after so many the price is back to 1 % below."""
SLOWER_S = 200
"""So many seconds before it the file is walked so slowly that 14 s of standstill do no harm."""
TRAFFIC = 200
"""Orders a second: so many that somebody bids while the price falls."""
NEAR = "Accounts come near their maintenance margin"
STEP = ProtectionStepTaken.number
KIND = ProtectionStepTaken.layout.slot("step").start

pytestmark = [
    pytest.mark.skipif(not DAY.exists(), reason=f"the bars of the day are not at {DAY}"),
    pytest.mark.timeout(900),
]


class Liquidations:
    """Hears of equity protection from the copy's own journal: (account, position)."""

    def __init__(self, home: Path) -> None:
        self.seen: list[tuple[int, int]] = []
        self._follower = Follower(home)
        self._follower.listen(self._hear)
        self._follower.start()

    def _hear(self, span) -> None:
        steps = span.events[span.events[:, 0] == STEP]
        steps = steps[steps[:, KIND] != ProtectionStep.CONVERSION]
        self.seen += [(int(row[3]), int(row[1])) for row in steps]

    def first(self) -> tuple[int, int]:
        """Wait for the first one."""
        for _ in range(1_200):
            if self.seen:
                return self.seen[0]
            time.sleep(0.1)
        raise AssertionError("nobody was liquidated")

    def stop(self) -> None:
        """Stop hearing."""
        self._follower.stop()


@pytest.fixture
def drill(demonstration, tmp_path):
    asked = (str(DAY), f"--market={CONTRACT}", *WINDOW)
    made = Drill(demonstration.home, tmp_path / "drill", asked, rate=TRAFFIC)
    yield made
    made.stop()


@pytest.fixture
def console(drill, chromium):
    made = Desk(chromium, drill.line(r"console\s+(http://\S+)", within_s=120))
    yield made
    for context in made.contexts:
        context.close()


@pytest.fixture
def liquidations(drill, console):
    made = Liquidations(drill.home)
    yield made
    made.stop()


def wait_for_alert(page):
    """Look at the queue until accounts come near their margin; open the alert."""
    for _ in range(400):
        page.goto("/alerts")
        lines = page.locator("tr", has_text=NEAR).filter(has_text=CONTRACT).locator("a")
        if lines.count():
            lines.first.click()
            page.get_by_role("heading", name=NEAR).wait_for()
            return page.request.get(page.url, headers=JSON).json()["alert"]
        page.wait_for_timeout(250)
    raise AssertionError("the watch did not notice")


def ask_why(page, account, position):
    """Ask what a client asks; return what support may send."""
    address = f"/accounts/{account}/why?position={position}&purpose=the+client+asks"
    answer = page.request.get(address, headers=JSON)
    assert answer.ok, answer.text()
    return answer.json()["paragraph"]


def time_to_change(page, change):
    """Ask the saved question until the archive has the change; return its row's text."""
    for _ in range(120):
        page.goto("/sql?question=alert_to_change")
        page.locator("[name=purpose]").fill("the sheet of the drill")
        page.get_by_role("button", name="Run").click()
        rows = page.locator("main table tbody tr").filter(has_text="accounts_near")
        found = [one for one in rows.all_inner_texts() if re.search(rf"\b{change}\b", one)]
        if found:
            return found[0]
        page.wait_for_timeout(1_000)
    raise AssertionError("the archive has no such change")


def test_the_crash_day_is_noticed_acted_on_and_explained(console, drill, liquidations):
    operator, risk = console.sit_down("operator"), console.sit_down("risk")
    assert "DRILL" in operator.locator(".environment").inner_text()

    alert = wait_for_alert(operator)
    change = pause_the_market(operator)
    drill.speed(3)

    drill.reach(OVER_S)
    # Slower and slower, so that a busy machine is not carried beyond the end of the file.
    drill.speed(80)
    drill.slow_down_at(BACK_S - SLOWER_S, to=10)
    drill.slow_down_at(BACK_S, to=1)
    reached = open_in_stages(operator, risk, CONTRACT)
    assert reached > 0, "two people open it and know whom that reaches"
    account, position = liquidations.first()
    drill.speed(100)

    told = drill.sheet()
    done, nothing = told["done"], told["nothing_done"]
    assert alert["raised"] < nothing["first_us"], "noticed before it would have hurt anyone"
    assert not done["first_us"] or alert["raised"] < done["first_us"]
    assert told["to_notice_us"] <= alert["raised"] - told["crash_began_us"] < told["to_act_us"]
    assert done["accounts_hurt"] < nothing["accounts_hurt"]
    assert done["insurance_micro_usd"] < nothing["insurance_micro_usd"]
    assert done["liquidated_micro_usd"] < nothing["liquidated_micro_usd"]
    put_off = done["still_below_accounts"]
    assert done["accounts_hurt"] + put_off < nothing["accounts_hurt"], "spared, not put off"

    paragraph = ask_why(operator, account, position)
    assert CONTRACT in paragraph and "maintenance" in paragraph
    assert str(change) in time_to_change(operator, change)
    assert console.complaints == []
