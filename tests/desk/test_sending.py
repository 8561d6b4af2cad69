"""One try through Apprise against real sockets: what is known of it afterwards."""

import socket

import pytest

from pilothouse.desk import sending, targets
from pilothouse.desk.models import Target
from pilothouse.desk.sending import Fate, Letter, Outcome
from pilothouse.records.models import AuditRow
from tests.desk.conftest import NOON
from tests.desk.receiver import receiver

LETTER = Letter("[HIGH] INC-7 opened", "look", "high", "0123abcd-hook")


@pytest.fixture
def hook():
    with receiver() as made:
        yield made


def test_what_the_receiver_took_carries_its_key(hook):
    assert sending.send(hook.address(), LETTER) == Outcome(Fate.ARRIVED)
    assert hook.came == [("0123abcd-hook", "[HIGH] INC-7 opened")]


@pytest.mark.parametrize("code", [400, 403, 429, 500, 503])
def test_what_the_receiver_refuses_is_known_not_to_have_arrived(hook, code):
    hook.behaviour = code
    assert sending.send(hook.address(), LETTER) == Outcome(Fate.REFUSED, code)


@pytest.mark.parametrize("code", [408, 502, 504])
def test_what_stands_between_does_not_know_what_the_receiver_did(hook, code):
    hook.behaviour = code
    assert sending.send(hook.address(), LETTER) == Outcome(Fate.LOST, code)


def test_a_receiver_that_hangs_up_may_have_taken_it(hook):
    hook.behaviour = "hangs up"
    assert sending.send(hook.address(), LETTER).fate is Fate.LOST
    assert len(hook.came) == 1


def test_a_receiver_that_says_nothing_may_have_taken_it(hook):
    hook.behaviour = "says nothing"
    assert sending.send(hook.address("?rto=0.2"), LETTER).fate is Fate.LOST
    assert len(hook.came) == 1


def test_where_nobody_listens_nothing_was_sent():
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
        for schema, path in (("json", "hook"), ("mailto", "?to=ops@example.org")):
            address = f"{schema}://someone:secret@127.0.0.1:{port}/{path}"
            assert sending.send(address, LETTER).fate is Fate.NOT_SENT


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ("Socket Exception: (550, b'no such user')", Outcome(Fate.REFUSED, 550)),
        ("Socket Exception: {'a@b.c': (451, b'later')}", Outcome(Fate.REFUSED, 451)),
        ("Socket Exception: Connection unexpectedly closed", Outcome(Fate.LOST)),
        ("Socket Exception: Read timed out. (read timeout=4.0)", Outcome(Fate.LOST)),
        ("Failed to send Slack: Not Found, error=404.", Outcome(Fate.REFUSED, 404)),
        ("something nobody has seen before", Outcome(Fate.LOST)),
        ("", Outcome(Fate.LOST)),
    ],
)
def test_what_bears_no_known_mark_counts_as_unknown(said, outcome):
    assert sending.judge(said) == outcome


def test_no_secret_is_in_the_database_the_audit_or_a_sentence(db, hook):
    address = hook.address("/path-secret?token=a-second-secret")
    target = targets.set_target("hook", address, drops_repeats=True, actor="test", now=NOON)
    assert targets.address_of(target) == address
    row = Target.objects.values().get()
    assert target.masked == f"json://someone:****@127.0.0.1:{hook.port}"
    kept = [repr(row), repr(AuditRow.objects.values().get())]
    assert all("secret" not in one for one in kept)
    hook.behaviour = 500
    assert "secret" not in sending.send(address, LETTER).sentence


@pytest.mark.parametrize(
    ("key", "address", "drops_repeats", "why"),
    [
        ("Ops", "json://127.0.0.1/x", False, "lower-case"),
        ("ops", "nothing://127.0.0.1", False, "does not support this address"),
        ("ops", "json://127.0.0.1/x?retry=3", False, "outbox's"),
        ("ops", "mailto://u:p@example.org?to=a@example.org,b@example.org", False, "2 recipients"),
        ("ops", "mailto://u:p@example.org?to=a@example.org", True, "only a webhook"),
    ],
)
def test_a_target_that_cannot_be(db, key, address, drops_repeats, why):
    with pytest.raises(targets.BadTarget, match=why):
        targets.set_target(key, address, drops_repeats=drops_repeats, actor="test", now=NOON)
    assert Target.objects.count() == 0
