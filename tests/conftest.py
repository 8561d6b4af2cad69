"""What holds for every test: no deadlines, and browser tests that say so when they are not run."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import django
import pytest
from django.contrib.auth.hashers import ScryptPasswordHasher
from hypothesis import settings

from pilothouse.wiring import environment
from tests.browser import chromium, demonstration, desk

__all__ = ["chromium", "demonstration", "desk"]

# A journal waits for its disk at every block, thousands of times in a test: folders of tests are
# kept in memory where there is room. That a file is synced is tested by what is called, not here.
MEMORY, ROOM = Path("/dev/shm"), 4 << 30
IS_FREE = "TMPDIR" not in os.environ and os.access(MEMORY, os.W_OK)
if IS_FREE and shutil.disk_usage(MEMORY).free > ROOM:
    os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)
    # Production refuses memory for its folder (`test_file_system.py`) unless people accept it.
    os.environ.setdefault("PILOTHOUSE_ACCEPT_FILE_SYSTEM", "tmpfs")

# Django's tests live in a home of their own; it must be named before Django reads its settings.
if "PILOTHOUSE_HOME" not in os.environ:
    os.environ["PILOTHOUSE_HOME"] = tempfile.mkdtemp(prefix="pilothouse-tests-")
    atexit.register(shutil.rmtree, os.environ["PILOTHOUSE_HOME"], ignore_errors=True)
# Nor is the user's own word on whose code runs theirs.
os.environ["XDG_CONFIG_HOME"] = tempfile.mkdtemp(prefix="pilothouse-tests-")
atexit.register(shutil.rmtree, os.environ["XDG_CONFIG_HOME"], ignore_errors=True)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pilothouse.wiring.settings")
environment.found(Path(os.environ["PILOTHOUSE_HOME"]), environment.DEMO)
django.setup()
# Passwords are hashed as ever, but with the least work: what is tested is which of them opens.
ScryptPasswordHasher.work_factor = 2

# A deadline would judge the speed of the machine, not the code; and what is found by chance is
# found by `make world`, with a seed: a suite that is green is green again.
settings.register_profile("house", deadline=None, derandomize=True)
settings.register_profile("chance", deadline=None, print_blob=True)
settings.load_profile("house")


@pytest.fixture(autouse=True)
def _nothing_was_refused_before():
    """The bounds of a process are each test's own."""
    from django.conf import settings as django_settings

    from pilothouse.access.guesses import GUESSES
    from pilothouse.access.often import BEGUN, CHANGES, LIVE, SIGN_INS
    from pilothouse.control import founding_file, unbroken
    from pilothouse.records.checking import CHECKING
    from pilothouse.records.refusals import BOUND
    from pilothouse.records.room import ROOM

    for one in (BEGUN, CHANGES, GUESSES, LIVE, SIGN_INS):
        one.forget()
    BOUND.forget()
    ROOM.forget()
    CHECKING.forget()
    unbroken.forget()
    # The rows of a test are undone with its transaction, the file that names one is not.
    founding_file.remove(django_settings.PILOTHOUSE_HOME)


NOT_RUN = pytest.StashKey[int]()


def drives_a_browser(item: pytest.Item) -> bool:
    """Tell whether a test is marked `browser` or asks for a browser's fixtures."""
    fixtures = set(getattr(item, "fixturenames", ()))
    return item.get_closest_marker("browser") is not None or bool(
        fixtures & {"browser", "page", "chromium", "desk"}
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the browser tests and put them last; with PILOTHOUSE_NO_BROWSER=1 take them out and
    count them.

    Playwright keeps an event loop running in the thread of the tests as long as its browser lives,
    in which no other test could run one of its own. So `make test` gives them a process of theirs.
    """
    browser = [one for one in items if drives_a_browser(one)]
    others = [one for one in items if not drives_a_browser(one)]
    for one in browser:
        one.add_marker(pytest.mark.browser)
    if os.environ.get("PILOTHOUSE_NO_BROWSER") == "1":
        config.stash[NOT_RUN] = len(browser)
        config.hook.pytest_deselected(items=browser)
        browser = []
    items[:] = others + browser


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many browser tests were not run."""
    count = terminalreporter.config.stash.get(NOT_RUN, None)
    if count is not None:
        terminalreporter.write_line(f"{count} browser tests NOT RUN (PILOTHOUSE_NO_BROWSER=1)")
