"""Nobody fills the disk through a log: requests, errors and parts, each with a bound."""

import io
import logging
import os

import pytest
from django.test import Client

from pilothouse.console.tracebacks import LINES, TRACEBACKS, Bounded
from pilothouse.wiring.logs import bound_logs
from pilothouse.wiring.parts import Part
from pilothouse.wiring.processes import Processes

SIGN_IN = (
    "login/", "logout/", "2fa/authenticate/", "inactive/", "reauthenticate/", "password/",
    "password/none/", "2fa/", "2fa/totp/activate/", "2fa/recovery-codes/generate/",
)  # fmt: skip
NOWHERE = (
    "http://[::1", "//[", "//evil", "https://evil/", "/\\evil", "javascript:1", "a", "/\x00",
    "///", "http://[::1]:x/", "/\r\nA: b", "//[::1%zz]/",
)  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("page", SIGN_IN)
def test_an_address_that_leads_nowhere_is_refused_before_it_is_parsed(page, caplog):
    client = Client(raise_request_exception=False)
    for address in NOWHERE:
        for send in (client.get, client.post):
            assert send(f"/sign-in/{page}", QUERY_STRING=f"next={address}").status_code == 400
        assert client.post(f"/sign-in/{page}", {"next": address}).status_code == 400
    assert not [one for one in caplog.records if one.exc_info]


@pytest.mark.django_db
def test_a_page_of_ours_is_returned_to(at, team):
    long = "/sql?question=" + "x" * 9_000
    for address in ("/", "/changes?q=1", "", "/x?next=http%3A%2F%2F%5B%3A%3A1", long):
        assert Client().get("/sign-in/login/", {"next": address}).status_code == 200
    away = Client().get(long)
    assert away.status_code == 302 and Client().get(away["Location"]).status_code == 200


@pytest.fixture
def log():
    """A logger with the console's handler and a clock that the test turns."""
    now = [0.0]
    handler = Bounded(lambda: now[0])
    handler.stream = io.StringIO()
    made = logging.Logger("of this test")
    made.addHandler(handler)
    return made, handler.stream, now


def fail(log, times):
    for _ in range(times):
        try:
            raise ValueError("a fault of a page")
        except ValueError:
            log.exception("it failed")


def test_errors_of_pages_write_so_many_tracebacks_a_minute(log):
    made, stream, now = log
    fail(made, 500)
    assert stream.getvalue().count("Traceback") == TRACEBACKS.limit
    made.error("a line")
    assert "490 more errors were counted and not written\na line" in stream.getvalue()
    now[0] += 60
    fail(made, 500)
    assert stream.getvalue().count("Traceback") == 2 * TRACEBACKS.limit
    for _ in range(500):
        made.error("a line")
    assert stream.getvalue().count("\na line") == LINES.limit + 1


def test_a_long_traceback_is_cut_at_its_beginning(log):
    made, stream, _ = log
    try:
        raise ValueError("x" * 100_000 + " the end")
    except ValueError:
        made.exception("it failed")
    assert len(stream.getvalue()) < 40_000 and stream.getvalue().endswith(" the end\n")


def test_a_log_that_is_long_is_cut_while_its_part_goes_on(tmp_path):
    log = tmp_path / "console.log"
    with log.open("ab", buffering=0) as part:
        part.write(b"x" * 900 + b"the end")
        assert bound_logs(tmp_path, bytes_max=1_000, kept=50) == []
        part.write(b"y" * 100)
        assert bound_logs(tmp_path, bytes_max=1_000, kept=50) == [log]
        part.write(b"and on")
    assert log.read_bytes() == b"and on"
    assert (tmp_path / "console.log.1").read_bytes() == b"y" * 50
    assert sorted(os.listdir(tmp_path)) == ["console.log", "console.log.1"]


def test_a_log_that_leads_elsewhere_is_left_alone(tmp_path):
    victim, logs = tmp_path / "victim", tmp_path / "logs"
    victim.write_bytes(b"x" * 5_000)
    logs.mkdir()
    (logs / "console.log").symlink_to(victim)
    (logs / "gateway.log").mkdir()
    os.mkfifo(logs / "writer.log")
    assert bound_logs(logs, bytes_max=1_000, kept=50) == []
    assert victim.stat().st_size == 5_000


def test_what_a_part_said_is_read_behind_a_cut(tmp_path):
    made = Processes(tmp_path, module="tests.wiring.fake_child")
    (tmp_path / "gateway.fails").touch()
    (tmp_path / "logs").mkdir()
    log = tmp_path / "logs" / "gateway.log"
    log.write_bytes(b"x" * 10_000)
    child = made.start(Part.GATEWAY)
    child.process.wait(60)
    log.write_text("its last words\n")
    assert child.last_sentence() == "its last words"
    made.stop()
