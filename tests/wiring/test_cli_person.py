"""`pilothouse person`: an exchange that is no demonstration gets its first people."""

import json
import os
import subprocess
import sys

PASSWORD = "a long enough one"
CHECK = """
from pilothouse.wiring.people import begin_django
import sys; from pathlib import Path
begin_django(Path(sys.argv[1]))
from django.contrib.auth import authenticate
from pilothouse.access.rights import roles_of
from pilothouse.records.models import AuditRow
person = authenticate(username=sys.argv[2], password=sys.argv[3])
rows = AuditRow.objects.filter(deed="person.added").count()
print(person, [str(one) for one in roles_of(person)], rows)
"""


def run(home, *arguments, password=PASSWORD):
    place = {**os.environ, "PILOTHOUSE_PASSWORD": password, "PILOTHOUSE_HOME": str(home)}
    place.pop("DJANGO_SETTINGS_MODULE", None)
    asked = [sys.executable, "-m", "pilothouse.wiring.cli", "person", *arguments, "--json"]
    return subprocess.run(asked, env=place, capture_output=True, text=True, check=False)


def test_the_first_person_can_sign_in_and_stands_in_the_audit(tmp_path):
    done = run(tmp_path, "first", "--role", "manager")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["role"] == "manager"
    told = subprocess.run(
        [sys.executable, "-c", CHECK, str(tmp_path), "first", PASSWORD],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert told.stdout.strip() == "first ['manager'] 1"


def test_what_is_no_role_and_a_short_password_are_refused(tmp_path):
    done = run(tmp_path, "first", "--role", "emperor")
    assert done.returncode == 1 and "is not a role" in json.loads(done.stderr)["error"]
    for password, why in (("short", "12 characters"), ("1qaz2wsx3edc", "too common")):
        done = run(tmp_path, "first", "--role", "manager", password=password)
        assert done.returncode == 1 and why in json.loads(done.stderr)["error"]
    for name in ("a b/ <script>", "n" * 65, ""):
        done = run(tmp_path, name, "--role", "manager")
        assert done.returncode == 1 and json.loads(done.stderr)["error"]
