"""A folder knows what it is: no flag, variable or edit turns it into something weaker."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys

import pytest

from pilothouse.journal.appender import Appender
from pilothouse.journal.blocks import Pen
from pilothouse.journal.storage import Files
from pilothouse.language.names import Name, Sender
from pilothouse.language.rows import Message, to_rows
from pilothouse.wiring import environment
from pilothouse.wiring.environment import WrongEnvironment
from pilothouse.wiring.genesis import founding
from pilothouse.wiring.settling import settle, what_it_was
from tests.venue.counter import RELEASE

ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    if name not in ("DJANGO_SETTINGS_MODULE", "PILOTHOUSE_HOME", environment.VARIABLE)
}
PASSWORD = "a long enough one"


def pilothouse(home, *arguments, **more):
    command = [sys.executable, "-m", "pilothouse.wiring.cli", *arguments, "--home", str(home)]
    return subprocess.run(
        command,
        env=ENVIRONMENT | {"PYTHONPATH": os.pathsep.join(sys.path), "COLUMNS": "400"} | more,
        capture_output=True,
        text=True,
        check=False,
    )


def bytes_of(home):
    """Return every file of a folder with its bytes and mode."""
    return {
        str(one.relative_to(home)): (one.stat().st_mode, one.is_file() and one.read_bytes())
        for one in home.rglob("*")
        if not one.is_socket()
    }


@pytest.fixture(scope="module")
def founded(tmp_path_factory):
    home = tmp_path_factory.mktemp("production") / "home"
    made = pilothouse(home, "person", "opa", "--role", "operator", PILOTHOUSE_PASSWORD=PASSWORD)
    assert made.returncode == 0, made.stderr
    return home


@pytest.fixture
def production(founded, tmp_path):
    return shutil.copytree(founded, tmp_path / "home")


def test_a_production_folder_is_never_started_as_a_demonstration(production):
    before = bytes_of(production)
    done = pilothouse(production, "up", "--demo", "--trading-port=0", "--console-port=0")
    assert done.returncode == 65 and "Traceback" not in done.stderr
    assert "was founded as production; --demo wants demo. Nothing was changed" in done.stderr
    assert bytes_of(production) == before


@pytest.mark.parametrize("said", ["demo", "staging", "drill"])
def test_a_variable_cannot_say_that_a_folder_is_something_else(production, said):
    before = bytes_of(production)
    command = ["up"] if said == "demo" else ["person", "eve", "--role", "operator"]
    done = pilothouse(production, *command, PILOTHOUSE_ENVIRONMENT=said)
    assert done.returncode == 65 and "PILOTHOUSE_ENVIRONMENT says" in done.stderr
    assert bytes_of(production) == before


def test_a_variable_that_is_no_environment_founds_nothing(tmp_path):
    done = pilothouse(tmp_path / "home", "up", PILOTHOUSE_ENVIRONMENT="prod")
    assert done.returncode == 65 and "'prod'" in done.stderr
    assert not (tmp_path / "home").exists()


def test_an_edited_founding_is_refused(production):
    path = production / environment.FILE
    facts = json.loads(path.read_text())
    for edited in (
        facts | {"environment": "demo"},
        {"environment": "demo"},
        ["demo"],
        "x" * 9_999,
    ):
        path.write_text(json.dumps(edited))
        with pytest.raises(WrongEnvironment, match="damaged or was edited"):
            settle(production, demo=True)
    done = pilothouse(production, "up", "--demo")
    assert done.returncode == 65 and "damaged or was edited" in done.stderr


STRICT = """
import django, os
os.environ["DJANGO_SETTINGS_MODULE"] = "pilothouse.wiring.settings"
django.setup()
from django.conf import settings
print(settings.PILOTHOUSE_ENVIRONMENT, settings.PILOTHOUSE_SECOND_FACTOR,
      settings.SESSION_COOKIE_SECURE, settings.CSRF_COOKIE_SECURE)
"""


@pytest.mark.parametrize("said", [{}, {"PILOTHOUSE_ENVIRONMENT": "demo"}])
def test_a_folder_that_says_nothing_gets_the_strictest_settings(tmp_path, said):
    done = subprocess.run(
        [sys.executable, "-c", STRICT],
        env=ENVIRONMENT
        | {"PYTHONPATH": os.pathsep.join(sys.path), "PILOTHOUSE_HOME": str(tmp_path)}
        | said,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["production", "True", "True", "True"]


def with_journal(home, *messages):
    """Write a journal of an older release, which has no founding."""
    home.mkdir(mode=0o700, exist_ok=True)
    appender = Appender(Files(home), Pen(RELEASE.digest, 1), None)
    for at, one in enumerate(messages, 1):
        appender.append(to_rows(one), 1, at)
    appender.close()
    return home


def named(hi, lo=0, sender=Sender.GENESIS):
    return Message(founding()[0].command, Name(sender, hi, lo))


def test_an_old_folder_is_production_unless_its_journal_begins_as_a_demonstration(tmp_path):
    demo = with_journal(tmp_path / "demo", named(1), named(1, 1), named(2))
    turned = with_journal(tmp_path / "turned", named(1), named(9, 0, Sender.CONTROL), named(2))
    founded = with_journal(tmp_path / "founded", named(1), named(1, 1))
    assert what_it_was(demo) == ("demo", "")
    assert what_it_was(turned) == what_it_was(founded) == ("production", "")
    for home in (turned, founded):
        with pytest.raises(WrongEnvironment, match="was founded as production; --demo wants"):
            settle(home, demo=True)
        assert not (home / environment.FILE).exists()
    assert settle(demo, demo=True).environment == "demo"


def test_an_old_demonstration_in_which_others_work_is_production(tmp_path):
    home = with_journal(tmp_path / "demo", named(1), named(2))
    with sqlite3.connect(home / "pilothouse.sqlite3") as made:
        made.execute("CREATE TABLE access_person (username)")
        made.execute("INSERT INTO access_person VALUES ('operator'), ('opa')")
    assert what_it_was(home) == ("production", "")
    # The one word that says otherwise, once, by who can write the folder.
    (home / "pilothouse.sqlite3").unlink()
    assert pilothouse(home, "environment", "staging").returncode == 0
    again = pilothouse(home, "environment", "demo")
    assert again.returncode == 65 and "cannot be changed later" in again.stderr


def test_the_seeding_itself_refuses_what_is_no_demonstration(production):
    before = bytes_of(production)
    # The pipe stays open for as long as the child lives: at its end the child would leave.
    with subprocess.Popen(
        [sys.executable, "-m", "pilothouse.wiring.child", "seed", str(production), "0"],
        env=ENVIRONMENT | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        said = process.stderr.read()
        assert process.wait(60) == 65 and "no demonstration is seeded there" in said
    after = bytes_of(production)
    assert {name for name in after if after[name] != before.get(name)} <= {"database.checked"}


@pytest.mark.django_db
def test_the_seeding_leaves_a_person_alone_whom_somebody_else_made():
    from pilothouse.access.models import Person
    from pilothouse.access.rights import roles_of
    from pilothouse.wiring.demo import seed_people
    from pilothouse.wiring.people import add_person

    add_person("risk", "viewer", PASSWORD)
    known = Person.objects.get(username="risk").password
    seed_people("the password of everybody")
    person = Person.objects.get(username="risk")
    assert person.password == known
    assert [str(one) for one in roles_of(person)] == ["viewer"]
