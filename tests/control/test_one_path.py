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


def test_only_apply_submits_for_change_control():
    submitters = {
        str(path)
        for path, tree in trees()
        if path.parts[0] in {"control", "watch", "desk", "console", "access", "records"}
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in {"submit", "submit_rows"}
    }
    assert submitters == {"control/apply.py"}


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
