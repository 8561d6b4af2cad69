"""The door of the founding makes money: it ends with the founding, and use after it is found."""

import time

import pytest

from pilothouse.control import reconcile
from pilothouse.language.commands import Deposit, OpenAccount
from pilothouse.language.doors import Doorway
from pilothouse.language.kinds import CauseKind, ClientClass
from pilothouse.language.names import Cause, Name, Sender
from pilothouse.language.rows import Message
from pilothouse.venue.client import VenueClient, WriterIsAway
from pilothouse.venue.machine import present_release
from pilothouse.venue.sockets import socket_path
from pilothouse.venue.watched_commands import Watched
from pilothouse.wiring import environment
from pilothouse.wiring.child import _doors
from tests.venue.exchange import genesis, trader
from tests.venue.running import client_of, running_writer

GENESIS = Cause(CauseKind.GENESIS, 1)
MONEY = Message(Deposit(account=1, asset=1, amount=1), Name(Sender.GENESIS, 9, 0), GENESIS)


def _gone(path, seconds=60):
    ends = time.monotonic() + seconds
    while path.exists():
        assert time.monotonic() < ends, f"{path} is still there"
        time.sleep(0.01)


def test_its_door_shuts_when_anybody_else_has_spoken(tmp_path):
    with running_writer(tmp_path, present_release(), founding_ends=True):
        with client_of(tmp_path, patience_s=300) as client:
            client.submit(genesis())
            assert socket_path(tmp_path, Doorway.FOUNDING).exists()
            client.submit([next(trader(Sender.GATEWAY, 3))])
        _gone(socket_path(tmp_path, Doorway.FOUNDING))
        with pytest.raises(WriterIsAway):
            VenueClient(tmp_path, 0.3, door=Doorway.FOUNDING).submit([MONEY])


@pytest.mark.parametrize("kind", [environment.DEMO, environment.PRODUCTION])
def test_a_founded_folder_has_no_such_door_at_its_next_start(tmp_path, kind):
    environment.found(tmp_path, kind)
    assert Doorway.FOUNDING in _doors(tmp_path)
    with running_writer(tmp_path, present_release()), client_of(tmp_path, patience_s=300) as one:
        one.submit(genesis())
    (tmp_path / "demo-keys.json").write_text("{}")
    assert Doorway.FOUNDING not in _doors(tmp_path)
    assert (Doorway.TRAFFIC in _doors(tmp_path)) == (kind == environment.DEMO)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "command",
    [Deposit(account=7, asset=1, amount=1), OpenAccount(client_class=ClientClass.RETAIL)],
)
def test_money_from_nowhere_is_found_once_clients_trade(command):
    said = Watched(
        position=9, block=3, time=1, number=command.number, sender=Sender.GENESIS,
        cause=GENESIS, command=command, said="", outcome=0,
    )  # fmt: skip
    assert reconcile.judge(said, set()).verdict == reconcile.AGREES
    found = reconcile.judge(said, {4})
    assert found.verdict == reconcile.Difference.GENESIS and "trade already" in found.sentence
