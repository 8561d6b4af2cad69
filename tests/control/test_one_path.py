"""There is one path: every governed command has its kind, and only `apply` sends one.

The same is true of the register: no entry is written but by an applied change, or at the founding.
"""

import ast
from functools import cache
from pathlib import Path

import pytest

import pilothouse
import pilothouse.language.commands
from pilothouse.control import register
from pilothouse.control.hearers import EXCHANGE, POWERS, REGISTER, hearer_of
from pilothouse.control.kinds import KINDS
from pilothouse.control.powers import KEEPERS, Give
from pilothouse.control.register import Write
from pilothouse.language.schema import COMMANDS
from pilothouse.records import audit
from tests.control.conftest import NOON

SOURCE = Path(pilothouse.__file__).parent
GOVERNED = [one for one in COMMANDS.values() if one.governed]
PEOPLES = {"access", "records", "control", "watch", "desk", "console", "wiring"}
MAY_SAY = {"language", "rules", "engine", "simulation"}
"""Rooms that define, execute or rehearse the words; none of them reaches a running exchange but
the simulation, which holds no operator's pen."""


OF_THE_EXCHANGE = {name: one for name, one in KINDS.items() if hearer_of(one.WORD) is EXCHANGE}
OF_THE_REGISTER = {name: one for name, one in KINDS.items() if hearer_of(one.WORD) is REGISTER}
OF_PEOPLE = {name: one for name, one in KINDS.items() if hearer_of(one.WORD) is POWERS}


@cache
def trees():
    paths = sorted(SOURCE.rglob("*.py"))
    return [(one.relative_to(SOURCE), ast.parse(one.read_text())) for one in paths]


def test_every_governed_command_has_exactly_one_kind():
    assert GOVERNED
    assert sorted(one.WORD.number for one in OF_THE_EXCHANGE.values()) == sorted(
        one.number for one in GOVERNED
    )


def test_a_kind_is_named_like_its_topic_in_the_language():
    for kind in OF_THE_EXCHANGE.values():
        assert kind.WORD.__module__ == f"pilothouse.language.commands.{kind.NAME}"


def test_only_kinds_make_governed_commands():
    names = {one.__name__ for one in GOVERNED}
    makers = {
        str(path)
        for path, tree in trees()
        if path.parts[0] not in MAY_SAY
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in names
    }
    # Before the exchange is opened there is nobody to hurt: the import writes the first schedules.
    at_genesis = {one for one in makers if one.startswith("wiring/importing/")}
    assert makers - at_genesis == {f"control/kinds/{name}.py" for name in OF_THE_EXCHANGE}


def test_the_import_speaks_by_its_own_door_for_genesis():
    source = (SOURCE / "wiring/importing/kraken.py").read_text()
    assert "Name(Sender.IMPORT, name_hi, k)" in source and "CauseKind.GENESIS" in source


def calls(name):
    """Return the files of people's rooms in which something of this name is called."""
    return {
        str(path)
        for path, tree in trees()
        for node in ast.walk(tree)
        if path.parts[0] in PEOPLES
        and isinstance(node, ast.Call)
        and name in (getattr(node.func, "attr", ""), getattr(node.func, "id", ""))
    }


def names(word):
    """Return the files that say a word as a name, an attribute or an import."""
    return {
        str(path)
        for path, tree in trees()
        if "migrations" not in path.parts
        for node in ast.walk(tree)
        if word in (getattr(node, "id", ""), getattr(node, "attr", ""), getattr(node, "name", ""))
    }


def test_only_apply_says_the_words_of_a_change():
    assert {one for one in calls("say") if one.startswith("control/")} == {"control/apply.py"}


def test_a_kind_is_heard_by_the_exchange_the_register_or_a_keeper_of_powers():
    assert OF_THE_EXCHANGE and OF_THE_REGISTER and OF_PEOPLE
    assert len(OF_THE_EXCHANGE) + len(OF_THE_REGISTER) + len(OF_PEOPLE) == len(KINDS)
    assert all(one.WORD is Write for one in OF_THE_REGISTER.values())
    assert all(one.WORD is Give for one in OF_PEOPLE.values())
    assert set(OF_PEOPLE) == set(KEEPERS)


def test_what_gives_people_powers_is_proposed_by_those_who_manage_them_alone():
    assert all(one.MANAGED_BY is not None for one in OF_PEOPLE.values())
    others = OF_THE_EXCHANGE | OF_THE_REGISTER
    assert all(one.MANAGED_BY is None for one in others.values())


def test_only_a_change_that_is_applied_gives_a_power():
    # The command line adds the first people of a folder, and the demonstration its own.
    givers = calls("grant") | calls("revoke") | calls("give_role")
    givers |= calls("make_key") | calls("revoke_key")
    assert givers == {
        "control/powers/roles.py",
        "control/powers/api_keys.py",
        "wiring/people.py",
        "wiring/demo.py",
    }
    assert calls("give") == {
        "control/powers/__init__.py",
        "wiring/people.py",
        "wiring/client_keys.py",
    }


def test_only_the_register_touches_its_rows():
    assert names("RegisterRow") == {"control/models.py", "control/register.py"}
    assert not names("get_model"), "a row could be reached by the name of its table"
    for room in sorted(PEOPLES):
        for path in (SOURCE / room).rglob("*.py"):
            assert "control_registerrow" not in path.read_text(), path


def test_only_a_change_that_is_applied_writes_into_the_register():
    writers = {
        str(path)
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr in ("write", "_add")
        and getattr(node.value, "id", "") == "register"
    }
    assert writers == {"control/hearers/register.py"}
    assert "from pilothouse.control.register import write" not in "".join(
        path.read_text() for path in SOURCE.rglob("*.py")
    )


def test_only_the_founding_writes_what_nobody_signed():
    founders = {
        str(path)
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr == "found"
        and getattr(node.value, "id", "") == "register"
    }
    assert founders == {"wiring/founding.py"}


def test_only_the_exchanges_ear_reaches_for_the_pen():
    takers = {
        str(path)
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr == "venue"
        and isinstance(node.value, ast.Call)
        and getattr(node.value.func, "id", "") == "ports"
    }
    assert takers == {"control/hearers/exchange.py"}


def test_the_rooms_of_people_do_not_know_the_way_to_the_exchange():
    ways = {"pilothouse.venue.client", "pilothouse.venue.async_client", "pilothouse.venue.wire"}
    knowing = {
        str(path)
        for path, tree in trees()
        if path.parts[0] in PEOPLES - {"wiring"}
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and (node.module in ways or f"{node.module}.{node.names[0].name}" in ways)
    }
    # One file plugs the client in; it hands it to `control.ports` and sends nothing itself.
    assert knowing <= {"console/process.py"}
    plug = (SOURCE / "console/process.py").read_text()
    assert "submit" not in plug and "connect(" in plug


def test_only_the_exchanges_ear_names_the_sender_control():
    speakers = {
        str(path)
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr == "CONTROL"
        and getattr(node.value, "id", "") == "Sender"
    }
    # The table of doors says where it may come in, the engine how far ahead it may name and what
    # nobody else may change.
    engine = {"engine/names.py", "engine/change_control.py"}
    assert speakers == {"control/hearers/exchange.py", "language/doors.py", *engine}


@pytest.mark.django_db(transaction=True)
def test_nothing_is_written_into_the_register_outside_a_deed():
    words = register.Write("alert_rule", "x1", {"title": "x"}, 0)
    with pytest.raises(audit.NoTransaction):
        register.write(words, change=1, step=1, now=NOON)
    assert register.version("alert_rule", "x1") == 0
