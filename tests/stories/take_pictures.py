"""Take the pictures of the pages anew, in both themes: `make pictures`.

It starts a demonstration of its own, lets people do what the guide describes, and photographs what
they saw. Nothing is drawn by hand; look at every picture before it is committed.
"""

import re
import tempfile
import time
from pathlib import Path
from urllib.parse import urljoin

from playwright.sync_api import sync_playwright

from pilothouse.simulation.crash import as_csv, bars
from tests.browser import ARGUMENTS, CHROMIUM, Desk, demonstration_in
from tests.stories.business import (
    apply,
    open_in_stages,
    pause_the_market,
    propose_raise,
    set_ceiling,
    sign,
    wait_for_state,
)
from tests.stories.drilling import Drill

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
BACK_S = 22 * 60
"""When the price of the invented crash is back."""
THEMES = ("dark", "light")
NEAR = "Accounts come near their maintenance margin"


def photograph(page, name, height=900, reach=None):
    """Photograph the page, once in each theme; `reach` brings it where it shall stand."""
    page.set_viewport_size({"width": 1440, "height": height})
    for theme in THEMES:
        # Of the whole site: one of the page's own path would stand beside it.
        site = urljoin(page.url, "/")
        page.context.add_cookies([{"name": "theme", "value": theme, "url": site}])
        reach(page) if reach else page.reload()
        page.wait_for_timeout(1_500)
        page.screenshot(path=PICTURES / f"{name}_{theme}.png")
        print(f"{name}_{theme}.png", flush=True)


def change_and_explanation(desk):
    """The raise of a margin, signed with its ceiling and applied; and what a client asks then."""
    operator, risk = desk.sit_down("operator"), desk.sit_down("risk")
    change = propose_raise(operator, "PF_XBTUSD")
    operator.get_by_text("At present marks").first.wait_for()
    photograph(operator, "change", height=1_500)
    operator.goto("/")
    photograph(operator, "control_room")
    set_ceiling(operator, change, accounts=1_000)
    sign(risk, change)
    apply(operator, change)
    wait_for_state(operator, change, "verified")
    liquidated = operator.locator("tr", has=operator.locator(".pill", has_text="liquidation"))
    hurt = liquidated.locator("a[href*='/accounts/']").first.get_attribute("href")
    operator.goto(hurt)
    why = operator.get_by_label(re.compile("Why. .*liquidat", re.I)).first.get_attribute("href")
    operator.goto(f"{why}&purpose=the+client+asks")
    photograph(operator, "explanation", height=1_500)


def question(desk):
    """A saved question, its chart and its table."""
    photograph(desk.sit_down("operator"), "sql", height=1_200, reach=_ask)


def _ask(page):
    page.goto("/sql?question=open_interest_concentration")
    page.locator("[name=purpose]").fill("the weekly report")
    page.get_by_role("button", name="Run").click()
    page.locator("main table tbody tr").first.wait_for()


def drill(desk, home, folder):
    """An invented crash over a copy: alert, incident, pause, opening, and the sheet."""
    bars_file = folder / "crash.csv"
    bars_file.write_text(as_csv(bars()))
    made = Drill(home, folder / "drill", (str(bars_file), "--market=PF_SOLUSD", "--speed=6"))
    try:
        copy = Desk(desk.browser, made.line(r"console\s+(http://\S+)", within_s=120))
        page = copy.sit_down("operator")
        alert = page.locator("tr", has_text=NEAR).filter(has_text="PF_SOLUSD").locator("a")
        while not alert.count():
            page.goto("/inbox")
            page.wait_for_timeout(250)
        alert.first.click()
        photograph(page, "alert")
        pause_the_market(page)
        page.goto("/incidents/1")
        photograph(page, "incident")
        page.goto("/")
        photograph(page, "control_room_drill")
        made.slow_down_at(BACK_S, to=1)
        open_in_stages(page, copy.sit_down("risk"), "PF_SOLUSD")
        made.speed(100)
        made.line("saved as (drill-sheet.txt)", within_s=600)
        page.goto("/drill")
        photograph(page, "drill")
    finally:
        made.stop()


def main():
    """Live through it all once."""
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        with demonstration_in(Path(folder) / "home", rate=500) as started:
            desk = Desk(browser, started.console)
            time.sleep(60)  # markets learn what is usual for them
            change_and_explanation(desk)
            question(desk)
            drill(desk, started.home, Path(folder))
        browser.close()


if __name__ == "__main__":
    main()
