"""The stage of browser tests: a started demonstration, and a browser for each person."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

PASSWORD = "stories-are-tests"
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
UP = ("up", "--demo", "--trading-port=0", "--console-port=0")
SOURCE = Path(__file__).parents[1] / "src"


@dataclass
class Demonstration:
    """A running exchange: its folder, its console's address, and the process to stop."""

    home: Path
    console: str
    process: subprocess.Popen = field(repr=False)


@pytest.fixture(scope="session")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    """Start `pilothouse up --demo` on a folder of its own; stop it at the end."""
    with demonstration_in(tmp_path_factory.mktemp("stories") / "home", rate=100) as started:
        yield started


@contextmanager
def demonstration_in(home: Path, rate: int) -> Iterator[Demonstration]:
    """Start `pilothouse up --demo` on a folder, at so many orders a second; stop it at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "pilothouse.wiring.cli", *UP, f"--home={home}"],
        env=os.environ
        | {
            "PYTHONPATH": str(SOURCE),
            "PILOTHOUSE_DEMO_PASSWORD": PASSWORD,
            "PILOTHOUSE_TRAFFIC_RATE": str(rate),
            "COLUMNS": "200",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield Demonstration(home, _console_address(process), process)
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)


def _console_address(process: subprocess.Popen) -> str:
    said = []
    for line in process.stdout:
        said.append(line)
        found = re.search(r"console\s+(http://\S+)", line)
        if found:
            return found.group(1)
    raise AssertionError("the demonstration did not start:\n" + "".join(said))


@pytest.fixture(scope="session")
def chromium() -> Iterator:
    """Start Debian's Chromium."""
    from playwright.sync_api import sync_playwright

    assert Path(CHROMIUM).exists(), "Chromium is missing: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield browser
        browser.close()


@dataclass
class Desk:
    """People at their browsers. Each has a session of their own; what a page complains of fails
    the story."""

    browser: object
    console: str
    complaints: list = field(default_factory=list)
    contexts: list = field(default_factory=list)

    def sit_down(self, name: str, console: str = ""):
        """Sign a person in and return their page, on the control room."""
        console = console or self.console
        context = self.browser.new_context(
            viewport={"width": 1440, "height": 900}, base_url=console, color_scheme="dark"
        )
        self.contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.on("console", lambda said: self._hear(page, said))
        page.goto("/")
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("heading", name="Markets by exception").wait_for()
        page.wait_for_load_state()  # the page's scripts listen from now on
        return page

    def _hear(self, page: object, said: object) -> None:
        if "Content Security Policy" in said.text or said.type == "error":
            at = said.location.get("url", "")
            self.complaints.append(f"{page.url}: {said.text} {at}")

    def leave(self, page: object, broken: str = "") -> None:
        """Close a person's browser; complaints that name what the story itself broke are none."""
        page.context.close()
        self.contexts.remove(page.context)
        if broken:
            self.complaints[:] = [one for one in self.complaints if broken not in one]


@pytest.fixture
def desk(chromium, demonstration: Demonstration) -> Iterator[Desk]:
    """The desk of one story; at its end no page has complained."""
    made = Desk(chromium, demonstration.console)
    yield made
    for context in made.contexts:
        context.close()
    assert made.complaints == [], made.complaints
