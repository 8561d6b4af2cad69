"""What is signed is read whole: no figure of a change's page is cut off at usual widths."""

import pytest

from tests.browser import Desk
from tests.stories.business import propose_raise, token

WIDTHS = (1280, 1440, 1920)
CUT = """() => [...document.querySelectorAll(
    "section[aria-labelledby=impact-title], section[aria-labelledby=impact-title] *,"
    + "section[aria-labelledby=parameters-title] *, .panel > header > *"
)].filter(one => !one.closest(".only-read") && !one.closest("svg")
    && getComputedStyle(one).overflowX !== "visible" && one.scrollWidth > one.clientWidth
).map(one => one.textContent.trim().slice(0, 60))"""


SCROLLS = """() => [...document.querySelectorAll(".scroll")].filter(
    one => one.scrollWidth > one.clientWidth
).map(one => one.getAttribute("aria-labelledby"))"""


@pytest.fixture(scope="module")
def page(chromium, demonstration):
    """An operator before a previewed change, which is withdrawn at the end."""
    desk = Desk(chromium, demonstration.console)
    page = desk.sit_down("operator")
    number = propose_raise(page, "PF_XBTUSD")
    yield page
    page.request.post(
        f"/changes/{number}/moves/withdraw",
        form={"csrfmiddlewaretoken": token(page), "why": "it was only looked at"},
    )
    for context in desk.contexts:
        context.close()


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
def test_impact_and_parameters_fit(page, width):
    page.set_viewport_size({"width": width, "height": 1000})
    assert page.locator("#counts thead").inner_text().split() == [
        "Question",
        "Predicted",
        "Ceiling",
    ]
    assert page.evaluate(CUT) == []


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("width", WIDTHS)
def test_no_table_of_a_change_scrolls_sideways(page, width, theme):
    page.set_viewport_size({"width": width, "height": 1000})
    page.context.add_cookies([{"name": "theme", "value": theme, "url": page.url}])
    page.reload()
    accounts = page.locator("section[aria-labelledby=affected-title] tbody tr")
    assert accounts.count() > 0
    # The longest outcome and a large account stand there as well.
    accounts.last.evaluate(
        """row => {
            row.querySelector(".pill").textContent = "below maintenance already"
            row.cells[1].textContent = "institutional"
            for (const at of [2, 3]) row.cells[at].textContent = "$12,345,678"
        }"""
    )
    assert page.evaluate(SCROLLS) == []
