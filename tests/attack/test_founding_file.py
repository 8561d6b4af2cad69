"""The founding taken out of the audit, or changed there, with SQL: nothing is begun anew."""

import json
import shutil
import sqlite3
import stat
from contextlib import closing
from datetime import datetime

import pytest
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import connection

from pilothouse.access.models import Grant, Person
from pilothouse.access.roles import Role
from pilothouse.access.secret_file import make_secret, read_secret
from pilothouse.control import (
    audited,
    authority,
    believed,
    credentials,
    founding_file,
    settling,
    standing,
)
from pilothouse.records import audit
from pilothouse.records.models import AuditHead, AuditRow
from pilothouse.wiring import environment, founding_row, people, verifying
from pilothouse.wiring.environment import WrongEnvironment
from pilothouse.wiring.home import DATABASE
from pilothouse.wiring.settling import settle
from tests.attack.forging import append_row
from tests.attack.test_credentials import edit, verified

PASSWORD = "a long password of ours"
HOME = settings.PILOTHOUSE_HOME


def sql(text, *words):
    with connection.cursor() as cursor:
        cursor.execute(text, words)


@pytest.fixture
def ann(db):
    """A person of a folder whose founding is in the audit, and noted beside the database."""
    for name, role in (("ann", "operator"), ("rob", "risk")):
        people.add_person(name, role, PASSWORD)
    founding_row.begin(HOME)
    return Person.objects.get(username="ann")


def founding():
    return AuditRow.objects.get(deed=believed.FOUNDING)


def without_seal():
    sql("UPDATE records_auditrow SET seal = '' WHERE deed = 'founding'")


def with_other_credentials():
    facts = json.dumps(founding().facts | {"credentials": {}})
    sql("UPDATE records_auditrow SET facts = %s WHERE deed = 'founding'", facts)


def rightly_hashed_again():
    row = founding()
    row.facts = row.facts | {"credentials": {}}
    words = json.dumps(row.facts), audit.row_hash(row)
    sql("UPDATE records_auditrow SET facts = %s, hash = %s WHERE deed = 'founding'", *words)


def of_another_deed():
    sql("UPDATE records_auditrow SET deed = 'query' WHERE deed = 'founding'")


def gone():
    sql("DELETE FROM records_auditrow WHERE deed = 'founding'")


def gone_with_all_others():
    sql("DELETE FROM records_auditrow")
    AuditHead.objects.update(number=0, hash=audit.NO_HASH)


def replaced_by_its_copy():
    facts = founding().facts
    gone_with_all_others()
    for _ in range(2):
        append_row("machine", "query", "archive", {})
    append_row("machine", believed.FOUNDING, "exchange", facts)


HARMS = [
    without_seal,
    with_other_credentials,
    rightly_hashed_again,
    of_another_deed,
    gone,
    gone_with_all_others,
    replaced_by_its_copy,
]


def test_rows_below_the_number_of_a_founding_that_is_gone_are_not_believed(ann):
    given = Grant.objects.create(person=ann, role=Role.MANAGER)
    gone_with_all_others()
    facts = {"grant": given.pk, "role": Role.MANAGER, "until": None}
    append_row("command line", standing.GRANTED, f"person:{ann.pk}", facts)
    assert any(one.startswith(f"Grant {given.pk}, ") for one in authority.differences())


@pytest.mark.parametrize("harm", HARMS)
def test_a_founding_that_was_harmed_begins_nothing(ann, harm):
    Person.objects.filter(pk=ann.pk).update(password=make_password("known to somebody else"))
    given = Grant.objects.create(person=ann, role=Role.MANAGER)
    facts = {"grant": given.pk, "role": Role.MANAGER, "until": None}
    append_row("command line", standing.GRANTED, f"person:{ann.pk}", facts)
    harm()
    every = list(authority.differences())
    assert every[0].startswith("Row 3 of the audit, the founding of this folder's secret, ")
    assert any(one.startswith(f"Grant {given.pk}, ") for one in every)
    assert any(f"person {ann.pk} (ann) are not as" in one for one in every)
    assert set(every) <= set(verified().faults)
    rows = AuditRow.objects.count()
    with pytest.raises(WrongEnvironment, match=r"put pilothouse\.sqlite3 and founding\.json back"):
        founding_row.begin(HOME)
    assert AuditRow.objects.count() == rows, "no start seals what somebody else wrote"


def test_a_settlement_behind_a_harmed_founding_settles_nothing(ann):
    without_seal()
    Person.objects.filter(pk=ann.pk).update(password="!")
    facts = {"why": "put right", "sentences": list(authority.differences())}
    append_row("person:2", audited.Verb.PROPOSE, "settlement:abc", facts)
    append_row("person:1", audited.Verb.SIGN, "settlement:abc", facts)
    assert settling.settled() == {}


def edited(**facts):
    known = json.loads((HOME / founding_file.FILE).read_text())
    (HOME / founding_file.FILE).write_text(json.dumps(known | facts))


FILES = {
    "another row": lambda: edited(number=1),
    "another hash": lambda: edited(hash="0" * 64),
    "another seal": lambda: edited(seal="0" * 64),
    "one word more": lambda: edited(more=1),
    "no number": lambda: edited(number="é"),
    "a number below the first": lambda: edited(number=0),
    "no object": lambda: (HOME / founding_file.FILE).write_text("[]"),
    "nothing": lambda: (HOME / founding_file.FILE).write_text(""),
    "a link to nowhere": lambda: (
        (HOME / founding_file.FILE).unlink(),
        (HOME / founding_file.FILE).symlink_to("nowhere"),
    ),
}


@pytest.mark.parametrize("how", FILES)
def test_a_file_that_was_edited_or_damaged_is_refused(ann, how):
    FILES[how]()
    (first, *_) = authority.differences()
    assert first.startswith("founding.json ")
    with pytest.raises(WrongEnvironment, match=r"founding\.json (is damaged|was edited)"):
        founding_row.begin(HOME)


def test_the_file_is_the_owners_alone_and_written_once(ann):
    path = HOME / founding_file.FILE
    before = path.read_bytes(), path.stat().st_mtime_ns
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    founding_row.begin(HOME)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert list(authority.differences()) == [] and verified().good
    assert list(HOME.glob(".founding-*")) == []


def test_after_a_crash_between_row_and_file_the_next_start_notes_it(ann):
    founding_file.remove(HOME)
    assert list(authority.differences()) == []
    founding_row.begin(HOME)
    noted = founding_file.read(HOME, read_secret(HOME))
    assert (noted.number, noted.hash) == (founding().number, founding().hash)


def test_a_file_that_is_gone_makes_no_founding_without_its_seal_one(ann):
    founding_file.remove(HOME)
    without_seal()
    with pytest.raises(WrongEnvironment, match="a founding, was not written by this exchange"):
        founding_row.begin(HOME)


def test_changes_that_are_sealed_say_that_there_was_a_founding(ann):
    ann.set_password("a newer long password of hers")
    ann.save()
    founding_file.remove(HOME)
    gone()
    with pytest.raises(WrongEnvironment, match="is gone from the audit"):
        founding_row.begin(HOME)


def test_a_file_of_another_secret_is_of_the_time_before(ann, tmp_path):
    """After `new-secret`, and where a folder's original left it: the new one begins anew."""
    make_secret(tmp_path)
    founding_file.write(HOME, read_secret(tmp_path), 1, "0" * 64)
    sql("DELETE FROM records_auditrow WHERE deed = 'founding'")
    AuditHead.objects.update(number=2, hash=AuditRow.objects.get(number=2).hash)
    assert not credentials.has_begun()
    founding_row.begin(HOME)
    assert founding_file.read(HOME, read_secret(HOME)).number == 3
    assert verified().good


def test_verify_judges_by_the_file_and_an_auditor_without_secret_leaves_it_out(ann, tmp_path):
    whole, aside = tmp_path / "whole", tmp_path / "aside"
    for one in (whole, aside):
        one.mkdir()
    for name in ("secret.key", founding_file.FILE, environment.FILE):
        (whole / name).write_bytes((HOME / name).read_bytes())
    (whole / "secret.key").chmod(0o600)
    verifying._copy_secret(whole, aside)
    assert founding_file.read(aside, read_secret(aside)).number == founding().number
    (whole / "secret.key").unlink()
    for one in aside.iterdir():
        one.unlink()
    verifying._copy_secret(whole, aside)
    assert founding_file.read(aside, read_secret(aside)) is None


ROWS = {"the last": 0, "one below": -5}


@pytest.mark.parametrize("which", ROWS)
@pytest.mark.parametrize("is_begun", [True, False])
def test_rows_below_the_first_are_not_believed_and_named(ann, which, is_begun):
    if not is_begun:
        founding_file.remove(HOME)
        gone()
        AuditHead.objects.update(number=2, hash=AuditRow.objects.get(number=2).hash)
    given = Grant.objects.create(person=ann, role=Role.MANAGER)
    facts = {"grant": given.pk, "role": Role.MANAGER, "until": None}
    row = append_row("command line", standing.GRANTED, f"person:{ann.pk}", facts)
    sql("UPDATE records_auditrow SET number = %s WHERE number = %s", ROWS[which], row.number)
    AuditHead.objects.update(number=row.number - 1, hash=row.before_hash)
    below, grant = authority.differences()
    assert below.startswith(f"Row {ROWS[which]} of the audit (person.added, ")
    assert grant.startswith(f"Grant {given.pk}, ")
    assert authority.differences_of(ann)
    assert {below, grant} <= set(verified().faults)
    assert not audit.verify().whole and "below the first" in audit.verify().reason


def beside(folder):
    """A folder of its own with the founding as it stands in the records, whatever was done."""
    for name in ("exchange.json", "secret.key", founding_file.FILE):
        shutil.copy(HOME / name, folder)
    fields = [one.column for one in AuditRow._meta.fields]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(fields)} FROM records_auditrow")
        rows = cursor.fetchall()
    marks = ", ".join("?" * len(fields))
    with closing(sqlite3.connect(folder / DATABASE)) as made, made:
        made.execute(f"CREATE TABLE records_auditrow ({', '.join(fields)})")
        for row in rows:
            words = [str(one) if isinstance(one, datetime) else one for one in row]
            made.execute(f"INSERT INTO records_auditrow VALUES ({marks})", words)
    return folder


@pytest.mark.parametrize("harm", [*HARMS, None])
def test_who_writes_the_database_alone_keeps_nobody_from_trading(ann, tmp_path, harm):
    """The console says that the founding was harmed; writer and gateway start."""
    facts = founding().facts | {"exchange": "1" * 32}
    if harm is not None:
        harm()
    if audit.verify().whole:
        append_row("machine", believed.FOUNDING, "exchange", facts)
    settle(beside(tmp_path))


def test_a_start_believes_the_noted_row_against_an_edited_file(ann, tmp_path):
    folder = beside(tmp_path)
    settle(folder)
    edit(folder, founded_us=1)
    with pytest.raises(WrongEnvironment, match="not as the audit recorded the founding"):
        settle(folder)
