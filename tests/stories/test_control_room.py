"""The control room: it fits, it lives, it says when it does not, and keys and themes work."""

import os
import re
import signal

from pilothouse.wiring.running import running_parts

CARRIED_BYTES_MAX = 120_000
"""What the control room may send to a browser that comes for the first time, compressed."""


def test_it_fits_without_scrolling_in_both_themes(desk):
    page = desk.sit_down("operator")
    for theme in (None, "light"):
        assert page.locator("html").get_attribute("data-theme") == theme
        sizes = page.locator("main").evaluate("main => [main.scrollHeight, main.clientHeight]")
        assert sizes[0] <= sizes[1]
        assert page.evaluate("document.documentElement.scrollHeight") <= 900
        page.get_by_role("button", name=re.compile("Switch to the")).click()
        page.wait_for_load_state()


def ground(page):
    """How bright the page's ground is, from 0 to 255."""
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return sum(map(int, re.findall(r"\d+", colour)[:3])) // 3


def test_it_follows_the_system_until_a_theme_is_chosen(desk):
    page = desk.sit_down("operator")
    assert ground(page) < 40
    page.emulate_media(color_scheme="light")
    assert ground(page) > 215
    assert page.get_by_role("button", name="Switch to the light theme").is_hidden()
    page.get_by_role("button", name="Switch to the dark theme").click()
    page.locator("html[data-theme=dark]").wait_for()
    assert ground(page) < 40, "chosen is chosen, whatever the system says"
    assert page.get_by_role("button", name="Switch to the light theme").is_visible()


def test_a_phone_is_not_told_of_keys(desk, demonstration):
    page = desk.sit_down("operator")
    assert page.locator("kbd").filter(visible=True).count() > 0
    held = desk.browser.new_context(
        base_url=demonstration.console,
        storage_state=page.context.storage_state(),
        viewport={"width": 390, "height": 844},
        is_mobile=True,
        has_touch=True,
    )
    desk.contexts.append(held)
    phone = held.new_page()
    for address in ("/", "/sql"):
        phone.goto(address)
        assert phone.locator("kbd, .of-keys").filter(visible=True).count() == 0
        sizes = phone.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert sizes[0] <= sizes[1]


def test_it_is_small_and_soon_usable(desk, demonstration, record_property):
    page = desk.sit_down("operator")
    carried = []
    fresh = desk.browser.new_context(
        base_url=demonstration.console, storage_state=page.context.storage_state()
    )
    desk.contexts.append(fresh)
    other = fresh.new_page()
    other.on("requestfinished", lambda asked: carried.append(asked))
    other.goto("/")
    timing = other.evaluate("performance.getEntriesByType('navigation')[0].toJSON()")
    sizes = [one.sizes() for one in carried]
    total = sum(one["responseBodySize"] + one["responseHeadersSize"] for one in sizes)
    record_property("control_room_bytes", total)
    record_property("control_room_usable_ms", int(timing["domContentLoadedEventEnd"]))
    print(f"control room: {total} bytes, usable in {timing['domContentLoadedEventEnd']:.0f} ms")
    assert 0 < total < CARRIED_BYTES_MAX


def test_figures_move_and_one_feed_serves_every_tab(desk):
    feeds = []
    page = desk.sit_down("operator")
    # The page behind the sign-in has a feed of its own, which may still be about to start.
    page.goto("about:blank")
    page.context.on("request", lambda asked: feeds.append(asked) if "/live" in asked.url else None)
    page.goto("/")
    page.get_by_text("Live", exact=True).wait_for()
    was = page.locator("[data-figure=position]").inner_text()
    page.wait_for_function(
        "was => document.querySelector('[data-figure=position]').textContent !== was", arg=was
    )
    other = page.context.new_page()
    other.goto("/changes")
    other.get_by_text("Live", exact=True).wait_for()
    assert len(feeds) == 1
    answer = feeds[0].response()
    assert answer.headers["content-encoding"] == "identity"
    assert answer.headers["content-type"].startswith("text/event-stream")


def test_a_page_says_since_when_it_is_stale_and_goes_on_working(desk):
    page = desk.sit_down("operator")
    page.context.route("**/live", lambda route: route.abort())
    page.goto("/")
    page.get_by_text(re.compile(r"stale since \d\d:\d\d:\d\d")).wait_for(timeout=20_000)
    page.get_by_role("link", name="All markets").click()
    assert page.get_by_role("heading", name="All markets").is_visible()
    # It goes on asking for the feed until the very end.
    desk.leave(page, broken="/live")


def test_a_frozen_writer_is_not_called_live(desk, demonstration):
    page = desk.sit_down("operator")
    page.get_by_text("Live", exact=True).wait_for()
    writer = running_parts(demonstration.home)["writer"]["pid"]
    os.kill(writer, signal.SIGSTOP)
    try:
        said = page.get_by_text(re.compile(r"^nothing written since \d\d:\d\d:\d\d UTC$"))
        said.wait_for(timeout=30_000)
        assert page.locator("[data-writer].dot-down").is_visible()
        page.set_viewport_size({"width": 1280, "height": 900})
        frame = page.locator(".top, .top .vitals, main")
        assert frame.evaluate_all(
            "every => every.every(one => one.scrollWidth <= one.clientWidth)"
        ), "its words push nothing off the page"
        page.goto("/changes")
        assert said.is_visible()
    finally:
        os.kill(writer, signal.SIGCONT)
    page.get_by_text("Live", exact=True).wait_for()
    assert page.locator("[data-writer].dot-up").is_visible()


def test_it_is_used_by_keys(desk):
    page = desk.sit_down("risk")
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.wait_for_url("**/changes")
    page.keyboard.press("g")
    page.keyboard.press("h")
    page.get_by_role("heading", name="Markets by exception").wait_for()
    page.keyboard.press("?")
    assert page.get_by_role("heading", name="Keys").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.keyboard.type("PF_X")
    page.keyboard.press("Enter")
    page.wait_for_url("**/markets/PF_X*")


def test_it_works_without_scripts(desk, demonstration):
    page = desk.sit_down("operator")
    plain = desk.browser.new_context(
        base_url=demonstration.console,
        storage_state=page.context.storage_state(),
        java_script_enabled=False,
    )
    desk.contexts.append(plain)
    bare = plain.new_page()
    for address, heading in (
        ("/", "Accounts by margin health"),
        ("/markets/PF_XBTUSD", "Margin schedules"),
        ("/accounts/20", "Wallets"),
        ("/changes/propose?kind=margin_schedule&market=PF_XBTUSD", "New values"),
        ("/audit", "One timeline"),
    ):
        assert bare.goto(address).status == 200
        assert bare.get_by_role("heading", name=heading).is_visible()


def test_the_margin_of_an_account_adds_up_line_by_line(desk):
    page = desk.sit_down("risk")
    page.goto("/markets/PF_XBTUSD")
    page.locator("section", has_text="Largest positions").locator("tbody a").first.click()
    page.get_by_role("heading", name="Margin, line by line").wait_for()
    assert page.locator(".notice-error").count() == 0
    lines = [row.split("\t") for row in page.locator("#equity tbody tr").all_inner_texts()]
    micro = {line[0]: int(re.sub(r"[^\d-]", "", line[-1].replace("−", "-"))) for line in lines}
    totals = {micro.pop(name) for name in ("Equity",)}
    collateral = micro.pop("Collateral")
    rest = micro.pop("Unrealised") + micro.pop("Funding")
    assert sum(micro.values()) == collateral
    assert totals == {collateral + rest}
