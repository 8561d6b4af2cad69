"""The borders between rooms are proven by import-linter, and the contracts cannot be softened."""

import subprocess
import sys
import tomllib

from tests.house.source import PACKAGE, ROOT

PURE = {"language", "rules", "engine"}
IMPURE = {
    "django", "time", "random", "os", "socket", "asyncio", "threading", "logging", "secrets",
    "uuid",
}  # fmt: skip


def contracts():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return {one["id"]: one for one in project["tool"]["importlinter"]["contracts"]}


def rooms():
    return {one.name for one in PACKAGE.iterdir() if (one / "__init__.py").exists()}


def test_every_contract_is_kept():
    tool = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = subprocess.run(
        [sys.executable, "-c", tool, "--no-cache"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def test_no_contract_has_an_ignore_list():
    for one in contracts().values():
        assert not {"ignore_imports", "exhaustive_ignores"} & set(one)
    assert contracts()["rooms"]["exhaustive"] is True


def test_the_layers_are_those_of_the_house():
    layers = [one.replace("(", "").replace(")", "") for one in contracts()["rooms"]["layers"]]
    assert layers == [
        "wiring",
        "console | trading_api | simulation",
        "desk",
        "watch",
        "control",
        "access | records | venue",
        "engine | gate | journal",
        "rules",
        "language",
        "release",
    ]


def test_the_pure_rooms_know_no_clock_chance_disk_or_net():
    pure = contracts()["pure"]
    assert {one.removeprefix("pilothouse.") for one in pure["source_modules"]} == PURE & rooms()
    assert set(pure["forbidden_modules"]) >= IMPURE


def test_only_venue_and_simulation_reach_the_engine():
    closed = contracts()["engine"]
    sources = {one.removeprefix("pilothouse.") for one in closed["source_modules"]}
    assert sources == rooms() - PURE - {"venue", "simulation"}
    assert closed["forbidden_modules"] == ["pilothouse.engine"]


def test_django_stays_with_people_and_pages():
    closed = contracts()["django"]
    sources = {one.removeprefix("pilothouse.") for one in closed["source_modules"]}
    assert sources == rooms() & {"journal", "gate", "venue", "trading_api", "simulation"}
    assert closed["forbidden_modules"] == ["django"]
