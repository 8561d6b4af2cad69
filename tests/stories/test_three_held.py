"""Story Three: the market moves after the last rehearsal; the engine refuses, writes nothing."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from tests.browser import SOURCE
from tests.stories.business import (
    BELOW_MAINTENANCE,
    JSON,
    apply,
    facts,
    propose_raise,
    set_ceiling,
    shown,
    sign,
    state,
)

CONTRACT = "PF_SOLUSD"


@pytest.fixture
def moving_console(demonstration, desk):
    """A second console of the same exchange, whose way in lets the market fall first."""
    operator = desk.sit_down("operator")
    asset = operator.request.get(f"/markets/{CONTRACT}", headers=JSON).json()["market"]["base"]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    arguments = [str(demonstration.home), str(port), str(asset)]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.stories.moving_console", *arguments],
        cwd=SOURCE.parent,
        env=os.environ | {"PYTHONPATH": str(SOURCE)},
    )
    try:
        yield _when_it_answers(f"http://127.0.0.1:{port}", process)
    finally:
        process.terminate()
        process.wait(timeout=30)


def _when_it_answers(address, process):
    for _ in range(600):
        assert process.poll() is None, "the second console has ended"
        try:
            urllib.request.urlopen(f"{address}/healthz/started", timeout=5)
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.2)
        else:
            return address
    raise AssertionError("the second console does not answer")


def test_above_the_signed_ceiling_the_engine_refuses_and_the_change_is_held(desk, moving_console):
    operator = desk.sit_down("operator")
    number = propose_raise(operator, CONTRACT, initial="3", maintenance="1.5")
    set_ceiling(operator, number, shown(operator, BELOW_MAINTENANCE) + 1)
    sign(desk.sit_down("risk"), number)
    before = operator.request.get(f"/markets/{CONTRACT}", headers=JSON).json()

    elsewhere = desk.sit_down("operator", moving_console)
    apply(elsewhere, number)

    assert state(elsewhere) == "held"
    assert "impact above what was signed" in elsewhere.content()
    told = facts(elsewhere, number)
    assert told["steps"][0]["state"] == "refused"
    assert told["steps"][0]["position"] > 0
    # Its console ends with the test, and a page that is open asks on.
    desk.leave(elsewhere)

    operator.goto(f"/markets/{CONTRACT}")
    after = operator.request.get(f"/markets/{CONTRACT}", headers=JSON).json()
    assert after["market"]["schedule_version"] == before["market"]["schedule_version"]
    assert after["schedules"] == before["schedules"]
    operator.goto("/")
    waiting = operator.locator("[data-panel=waiting]")
    assert "held" in waiting.get_by_role("row").filter(has_text=f"CH-{number}").inner_text()
