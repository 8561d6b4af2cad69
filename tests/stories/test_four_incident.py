"""Story Four: an alert becomes an incident in one step, and the incident drafts the change."""

import re
from decimal import Decimal
from urllib.parse import urlencode

from tests.console.test_axe import breaches_in_each_theme
from tests.stories.business import JSON, apply, facts, sign, wait_for_state

CONTRACT = "PF_XRPUSD"
RULE = {
    "kind": "alert_rule",
    "entry": "new",
    "key": "any_spread",
    "title": "There is a spread",
    "measure": "spread",
    "scope": f"market:{CONTRACT}",
    "test": "above",
    "limit": "0",
    "for_s": "1",
    "severity": "high",
    "owner": "operator",
    "runbook": "calm_the_market",
    "why": "a rule that fires at once, for the exercise",
}


def proposed(page, address):
    """Propose what a drafted form says; return the change's number."""
    page.goto(address)
    page.get_by_role("button", name="Propose and preview").click()
    page.wait_for_url(re.compile(r"/changes/\d+$"))
    return int(page.url.rsplit("/", 1)[1])


def wait_for_alert(page):
    """Look into the inbox until the alert waits there, and open it."""
    for _ in range(60):
        page.goto("/inbox")
        lines = page.locator("tr", has_text=RULE["title"]).locator("a")
        if lines.count():
            lines.first.click()
            page.get_by_role("heading", name=RULE["title"]).wait_for()
            return
        page.wait_for_timeout(500)
    raise AssertionError("no alert was raised")


def test_from_an_alert_to_a_change_that_names_the_incident(desk):
    operator, risk = desk.sit_down("operator"), desk.sit_down("risk")
    rule = proposed(operator, f"/changes/propose?{urlencode(RULE)}")
    apply(operator, rule)  # a rule more only adds to what is watched: one person may do it

    wait_for_alert(operator)
    assert breaches_in_each_theme(operator) == []
    operator.get_by_role("button", name="Make it an incident").click()
    operator.wait_for_url(re.compile(r"/incidents/\d+$"))
    incident = operator.url
    label = f"INC-{incident.rsplit('/', 1)[1]}"
    for clock in ("occurred", "detected", "aware"):
        read = operator.locator(".clocks .done").filter(has_text=clock)
        assert re.search(r"\d\d:\d\d:\d\d", read.inner_text())
    operator.keyboard.press("a")
    operator.keyboard.press("Enter")
    operator.get_by_text("acknowledged", exact=True).first.wait_for()

    before = operator.request.get(f"/markets/{CONTRACT}", headers=JSON).json()["market"]
    operator.get_by_role("link", name="Draft the change: price band").click()
    drafted = operator.get_by_label("Largest distance").input_value()
    assert int(Decimal(drafted) * 10_000) == before["band_ppm"] // 2
    operator.get_by_role("button", name="Propose and preview").click()
    operator.wait_for_url(re.compile(r"/changes/\d+$"))
    change = int(operator.url.rsplit("/", 1)[1])
    assert operator.get_by_role("link", name=label).is_visible()
    assert facts(operator, change)["change"]["cause"] == f"incident:{label[4:]}"

    sign(risk, change)
    apply(operator, change)
    wait_for_state(operator, change, "verified")
    operator.goto(incident)
    assert breaches_in_each_theme(operator) == []
    told = operator.locator(".timeline").inner_text()
    for words in ("Open", "Join", "Acknowledge", f"CH-{change} apply"):
        assert words in told
    operator.get_by_text("Resolved…").click()
    operator.locator("form[action$='/moves/resolve'] textarea").fill("the exercise is over")
    operator.get_by_role("button", name="Resolved").click()
    operator.get_by_text("resolved", exact=True).first.wait_for()


def test_the_palette_opens_pages_and_does_nothing(desk):
    page = desk.sit_down("operator")
    asked = []
    page.on("request", lambda one: asked.append(one) if one.method == "POST" else None)
    page.keyboard.press("Control+k")
    page.keyboard.type("> halt PF_XBT")
    page.locator("#palette-places a").first.wait_for()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="PF_XBTUSD: market status").wait_for()
    page.keyboard.press("g")
    page.keyboard.press("i")
    page.wait_for_url("**/incidents")
    page.keyboard.press("j")
    page.keyboard.press("x")
    assert page.locator("tr[data-marked]").count() == page.locator("tr[data-at]").count()
    page.keyboard.press("?")
    page.get_by_label("Single keys are on").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("h")
    page.wait_for_timeout(300)
    assert page.url.endswith("/incidents"), "single keys are switched off"
    page.keyboard.press("Control+k")
    page.keyboard.type("control room")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Markets by exception").wait_for()
    assert asked == []
