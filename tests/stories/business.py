"""What people do at the console, in business words."""

import re

REACHED = "accounts that liquidation reaches again"
BELOW_MAINTENANCE = "accounts newly below maintenance margin"
ROOM = {
    "accounts_below_initial": 100_000,
    "notional_below_initial": 1_000_000_000,
    "notional_below_maintenance": 1_000_000_000,
}
"""Ceilings that nothing in a story reaches."""
JSON = {"Accept": "application/json"}


def propose_raise(page, contract, initial="4", maintenance="2"):
    """Propose from the contract's page to raise the first tier from 2 and 1 %; return the number.

    The exchange goes on trading meanwhile.
    """
    page.goto(f"/markets/{contract}")
    page.get_by_role("link", name="Change margin schedule").click()
    page.locator("[name=tier_1_initial]").fill(initial)
    page.locator("[name=tier_1_maintenance]").fill(maintenance)
    page.get_by_label("Why").fill("volatility is expected at the weekend")
    page.get_by_role("button", name="Propose and preview").click()
    page.wait_for_url(re.compile(r"/changes/\d+$"))
    return int(page.url.rsplit("/", 1)[1])


def facts(page, number):
    """What the console answers a machine about a change."""
    return page.request.get(f"/changes/{number}", headers=JSON).json()


def shown(page, label, column="Predicted"):
    """The number that stands beside a question in the table of impact."""
    table = page.locator("#counts")
    headings = [one.strip() for one in table.locator("thead th").all_inner_texts()]
    row = table.locator("tbody tr").filter(has_text=label).first
    cells = [one.strip() for one in row.locator("th, td").all_inner_texts()]
    return int(cells[headings.index(column)].replace(",", ""))


def state(page):
    """The state in the head of a change's page."""
    return page.locator(".head h1 .pill").first.inner_text()


def wait_for_state(page, number, *states):
    """Look at the change until it is in one of these states; the machine acts by itself."""
    page.goto(f"/changes/{number}")
    for _ in range(60):
        if state(page) in states:
            return state(page)
        page.wait_for_timeout(500)
        page.reload()
    raise AssertionError(f"change {number} is {state(page)}, not one of {states}")


def sign(page, number):
    """Read a change, go to Approve by its key, and press it."""
    page.goto(f"/changes/{number}")
    page.keyboard.press("a")
    approve = page.get_by_role("button", name="Approve")
    assert approve.evaluate("button => button === document.activeElement")
    page.keyboard.press("Enter")
    page.get_by_text(f"CH-{number} is now").wait_for()


def apply(page, number):
    """Send an approved change."""
    page.goto(f"/changes/{number}")
    page.get_by_role("button", name="Apply").click()
    page.wait_for_load_state()


def arm(page, number):
    """Leave it to the machine to send an approved change when its conditions hold."""
    page.goto(f"/changes/{number}")
    page.get_by_role("button", name="Apply as planned").click()
    wait_for_state(page, number, "scheduled")


def pause_the_market(operator):
    """From the alert to the incident, to the change its runbook names, and to the exchange."""
    operator.get_by_role("button", name="Make it an incident").click()
    operator.wait_for_url(re.compile(r"/incidents/\d+$"))
    operator.get_by_role("link", name="Draft the change: market status").click()
    operator.get_by_role("button", name="Propose and preview").click()
    operator.wait_for_url(re.compile(r"/changes/\d+$"))
    number = int(operator.url.rsplit("/", 1)[1])
    apply(operator, number)
    wait_for_state(operator, number, "verified")
    return number


def open_in_stages(operator, risk, contract):
    """Two people open a market again, by the alternative that is offered, until its first stage
    holds; return how many accounts the preview says that reaches.
    """
    operator.goto(f"/changes/propose?kind=market_status&market={contract}&status=online")
    operator.get_by_label("Why").fill("the price is back")
    operator.get_by_role("button", name="Propose and preview").click()
    operator.get_by_role("button", name="Choose: In stages").click()
    number = int(re.search(r"/changes/(\d+)", operator.url).group(1))
    operator.get_by_text(f"CH-{number} is now previewed").wait_for()
    reached = shown(operator, REACHED)
    # People take their time, and on a busy machine the market moves on meanwhile.
    set_ceiling(operator, number, 3 * reached + 20)
    sign(risk, number)
    arm(operator, number)
    _wait_for_the_first_stage(operator, number)
    return reached


def _wait_for_the_first_stage(page, number):
    # The machine sends it by itself as soon as what was signed for it holds.
    for _ in range(240):
        step = facts(page, number)["steps"][0]
        if step["state"] == "verified":
            return
        page.wait_for_timeout(500)
    raise AssertionError(f"the first stage is {step}")


def set_ceiling(page, number, accounts):
    """Allow so many accounts newly below maintenance, and any of the rest."""
    page.goto(f"/changes/{number}")
    page.locator("[name=accounts_below_maintenance]").fill(str(accounts))
    for name, room in ROOM.items():
        if (asked := page.locator(f"[name={name}]")).count():
            asked.fill(str(room))
    page.get_by_role("button", name="Set and preview again").click()
    page.get_by_text(f"CH-{number} is now previewed").wait_for()


def token(page):
    """The token by which the console knows its own forms."""
    return page.locator("[name=csrfmiddlewaretoken]").first.input_value()
