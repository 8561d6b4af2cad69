"""No page breaks a rule of WCAG 2.2 AA that axe can see, in either theme.

A new page adds its address to PAGES; a test says so when one is forgotten.
"""

import json
import re
from contextlib import contextmanager
from dataclasses import asdict
from types import SimpleNamespace

import pytest
from axe_playwright_python.sync_playwright import Axe

from pilothouse.venue.harm import Harm
from pilothouse.venue.outcome import Left, Outcome
from pilothouse.wiring.drill import sheet
from pilothouse.wiring.drill.copying import MARKER, Copied
from pilothouse.wiring.drill.tally import Tally
from pilothouse.wiring.urls import urlpatterns
from tests.stories.business import propose_raise, token

CONTRACT = "PF_XBTUSD"
THEMES = ("dark", "light")
PAGES = (
    "/",
    "/markets",
    f"/markets/{CONTRACT}",
    "/accounts/300",
    "/changes",
    f"/changes/propose?kind=margin_schedule&market={CONTRACT}",
    "/changes/1",
    "/inbox",
    "/lately",
    "/alerts",
    "/incidents",
    "/incidents/open",
    "/audit",
    "/sql",
    "/replay",
    "/drill",
    "/products",
    "/runbooks",
    "/search",
    "/keys",
    "/orders",
    "/people",
    "/people/operator",
)
ENTRANCE = ("/sign-in/login/", "/sign-in/reauthenticate/", "/sign-in/password/", "/sign-in/2fa/")
NO_PAGES = {"live", "theme", "healthz", "replay/banner", "sign-in/logout/", "sign-in/inactive/"}
NO_PAGES |= {"sign-in/password/none/", "audit/settlements"}
FACTORS = {"authenticate/", "reauthenticate/", "totp/activate/", "totp/deactivate/"}
FACTORS |= {f"recovery-codes/{one}" for one in ("", "generate/", "download/")}
NO_PAGES |= {f"sign-in/2fa/{one}" for one in FACTORS}
"""They ask for the password first, or have no page of their own."""
ODD = re.compile(r"\$\s*\$|\bNone\b|\bnan\b|\{[{%]|%\s*%")
"""What a template leaves on a page when a figure has two signs, or none at all."""
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],
}


def breaches(page):
    """What axe finds on a page as it stands; stories ask it where only they lead."""
    found = Axe().run(page, options=RULES).response["violations"]
    return [_told(one) for one in found]


def breaches_in_each_theme(page):
    found = []
    for theme in THEMES:
        page.context.add_cookies([{"name": "theme", "value": theme, "url": page.url}])
        page.reload()
        found += breaches(page)
    return found


@contextmanager
def as_after_a_drill(home):
    """Leave what a drill leaves while it is looked at, so that its page has something to show."""
    hurt = Harm(3, 4, 250_000_000_000, 1, 5_000_000_000, 700_000_000, 1)
    outcome = Outcome(hurt, Left(2, 90_000_000_000))
    tally = Tally(outcome, outcome, 1_800_000_000_000_000, 2, 900)
    copied = Copied("exchange", "demonstration", 20, 500, 1_800_000_000_000_000)
    facts = sheet.sheet(
        copied,
        SimpleNamespace(market=CONTRACT, file="crash.csv"),
        tally,
        sheet.Moments(),
        whole=True,
    )
    (home / MARKER).write_text(json.dumps(asdict(copied)))
    sheet.save(home, facts)
    yield
    for name in (MARKER, sheet.JSON_FILE, sheet.TEXT_FILE):
        (home / name).unlink()


@pytest.fixture(scope="module")
def tellers(chromium, demonstration):
    """An operator's page for each theme, with a previewed change to look at."""
    from tests.browser import Desk

    desk, made = Desk(chromium, demonstration.console), {}
    for theme in THEMES:
        page = desk.sit_down("operator")
        if theme == "dark":
            number = propose_raise(page, CONTRACT)
        if page.locator("html").get_attribute("data-theme") != theme and theme == "light":
            page.get_by_role("button", name="Switch to the light theme").click()
            page.locator("html[data-theme=light]").wait_for()
        made[theme] = page
    with as_after_a_drill(demonstration.home):
        yield made
    # Stories that come later propose the same.
    done = made["dark"].request.post(
        f"/changes/{number}/moves/withdraw",
        form={"csrfmiddlewaretoken": token(made["dark"]), "why": "it was only looked at"},
    )
    assert done.ok
    for context in desk.contexts:
        context.close()


@pytest.mark.browser
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("address", PAGES + ENTRANCE)
def test_axe_finds_nothing(tellers, address, theme):
    page = tellers[theme]
    answer = page.goto(address)
    assert answer.ok, f"{address} answers {answer.status}"
    assert breaches(page) == []
    assert ODD.findall(page.inner_text("body")) == []


@pytest.mark.browser
def test_the_code_of_a_second_factor_is_dark_on_light_in_either_theme(tellers):
    for theme in THEMES:
        page = tellers[theme]
        page.goto("/sign-in/2fa/totp/activate/")
        ask = page.get_by_label("Password")
        if ask.count():
            ask.fill("stories-are-tests")
            ask.press("Enter")
        picture = page.locator("img[src^='data:image/svg']")
        picture.wait_for()
        ground = picture.evaluate("one => getComputedStyle(one).backgroundColor")
        assert ground == "rgb(255, 255, 255)"
        assert page.get_by_role("link", name="Go to the console").count() == 1


def test_no_page_is_forgotten():
    known = {one.split("?")[0].strip("/") for one in PAGES + ENTRANCE}
    plain = {str(one.pattern) for one in urlpatterns} - NO_PAGES
    pages = {one.strip("/") for one in plain if not re.search("[<(]", one)}
    assert pages <= known, f"add to PAGES: {sorted(pages - known)}"


def _told(violation):
    where = [" ".join(node["target"][0:1]) for node in violation["nodes"]][:3]
    return violation["id"], violation["help"], where
