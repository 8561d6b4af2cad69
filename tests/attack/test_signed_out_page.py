"""P69 in a browser: a session ends under a page, nothing typed is lost, and work goes on."""

from importlib.resources import files
from typing import Any

CONSOLE = files("pilothouse.console")
DIALOG = (CONSOLE / "templates" / "components" / "signed_out.html").read_text()
SCRIPT = (CONSOLE / "static" / "js" / "signed_out.js").read_text()
ASKED = "!document.dispatchEvent(new CustomEvent('htmx:beforeRequest', {cancelable: true}))"
TOLD = "{detail: {xhr: {status: 401}}}"
ENDED = f"document.dispatchEvent(new CustomEvent('htmx:responseError', {TOLD}))"
OPEN = "document.querySelector('dialog').open"


def page_with(token: str) -> str:
    return (
        f'<div class="shell" hx-headers=\'{{"X-CSRFToken": "{token}"}}\'><form>'
        f'<input name="csrfmiddlewaretoken" value="{token}"><textarea name="why"></textarea>'
        f"</form></div>{DIALOG}"
    )


def test_p69_what_was_typed_is_there_after_signing_in_again(chromium: Any) -> None:
    page = chromium.new_page()
    token = ["old"]
    page.route(
        "http://console.test/**",
        lambda route: route.fulfill(content_type="text/html", body=page_with(token[0])),
    )
    page.goto("http://console.test/changes/1")
    page.evaluate("window.htmx = {}")
    page.evaluate(
        "text => { const made = document.createElement('script');"
        " made.textContent = text; document.head.append(made) }",
        SCRIPT,
    )
    page.locator("textarea").fill("typed before")
    assert not page.evaluate(ASKED)
    page.evaluate(ENDED)
    assert page.evaluate(OPEN) and page.evaluate(ASKED), (
        "it is said, and nothing is asked any more"
    )
    token[0] = "new"
    page.get_by_role("button", name="Continue here").click()
    page.wait_for_function(f"!{OPEN}")
    assert page.locator("textarea").input_value() == "typed before"
    assert page.locator("[name=csrfmiddlewaretoken]").input_value() == "new"
    assert not page.evaluate(ASKED)
    page.close()
