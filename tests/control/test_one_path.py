"""There is one path: every governed command has its kind, and only `apply` sends one."""

import ast
from pathlib import Path

import pilothouse
import pilothouse.language.commands
from pilothouse.control.kinds import KINDS
from pilothouse.language.schema import COMMANDS

SOURCE = Path(pilothouse.__file__).parent
GOVERNED = [one for one in COMMANDS.values() if one.governed]
MAY_SAY = {"language", "rules", "engine", "simulation"}
"""Rooms that define, execute or rehearse the words; none of them reaches a running exchange but
the simulation, which holds no operator's pen."""


def trees():
    for path in sorted(SOURCE.rglob("*.py")):
        yield path.relative_to(SOURCE), ast.parse(path.read_text())


def test_every_governed_command_has_exactly_one_kind():
    assert GOVERNED
    assert sorted(one.COMMAND.number for one in KINDS.values()) == sorted(
        one.number for one in GOVERNED
    )


def test_a_kind_is_named_like_its_topic_in_the_language():
    for kind in KINDS.values():
        assert kind.COMMAND.__module__ == f"pilothouse.language.commands.{kind.NAME}"


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
    assert makers - at_genesis == {f"control/kinds/{name}.py" for name in KINDS}


def test_the_import_speaks_as_genesis():
    source = (SOURCE / "wiring/importing/kraken.py").read_text()
    assert "Name(Sender.GENESIS" in source and "CauseKind.GENESIS" in source


def test_only_apply_reaches_for_the_pen():
    takers = {
        str(path)
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr == "venue"
        and isinstance(node.value, ast.Call)
        and getattr(node.value.func, "id", "") == "ports"
    }
    assert takers == {"control/apply.py"}


def test_the_rooms_of_people_do_not_know_the_way_to_the_exchange():
    ways = {"pilothouse.venue.client", "pilothouse.venue.async_client", "pilothouse.venue.wire"}
    knowing = {
        str(path)
        for path, tree in trees()
        if path.parts[0] in {"access", "records", "control", "watch", "desk", "console"}
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and (node.module in ways or f"{node.module}.{node.names[0].name}" in ways)
    }
    # One file plugs the client in; it hands it to `control.ports` and sends nothing itself.
    assert knowing <= {"console/process.py"}
    plug = (SOURCE / "console/process.py").read_text()
    assert "submit" not in plug and "connect(" in plug


def test_only_apply_names_the_sender_control():
    speakers = {
        str(path)
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr == "CONTROL"
        and getattr(node.value, "id", "") == "Sender"
    }
    # The name is made where the message is laid down for signing and for the rehearsal.
    assert speakers <= {"control/fingerprint.py", "control/preview.py"}
