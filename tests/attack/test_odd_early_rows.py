"""Rows of the audit from before the founding, made odd with SQL: no start and no deed ends in one.

They have no seal, and a release would believe them.
"""

import pytest
from django.conf import settings

from pilothouse.control import approve, audited, believed, reconciler, recorded, rounds, standing
from pilothouse.records import audit
from pilothouse.records.checking import CHECKING
from pilothouse.records.models import AuditRow
from pilothouse.wiring import environment, founding_row
from tests.attack.putting_back import sql
from tests.attack.reconciling import approved, exchange, previewed, raise_margin, team
from tests.control.conftest import NOON

__all__ = ["approved", "exchange", "previewed", "raise_margin", "team"]
pytestmark = pytest.mark.django_db
DEEP = "[" * 100_000
WORDS = {
    "a list": "facts = '[]'",
    "a text": """facts = '"records"'""",
    "a number": "facts = '7'",
    "null": "facts = 'null'",
    "deep": f"facts = '{DEEP}'",
    "no JSON": "facts = '{'",
    "bytes": "facts = x'ff'",
    "a records of texts": """facts = '{"records": {"x": 1, "²": 2, "99999999999999999999": 3}}'""",
    "a records that is a list": """facts = '{"records": [], "credentials": 3}'""",
    "a subject of bytes": "subject = CAST(subject AS BLOB)",
    "a sentence of bytes": "sentence = CAST(sentence AS BLOB)",
    "a hash of bytes": "hash = CAST(hash AS BLOB)",
    "no UTF-8": "sentence = CAST(x'ff' AS TEXT)",
    "no time": "at = 'x'",
    "a time as a number": "at = 7",
    "the year 0": "at = '0000-01-01 00:00:00'",
    "a far year": "at = '99999-01-01 00:00:00'",
}
NUMBERS = {
    "a number that is a text": "number = 'zzz'",
    "a number that is bytes": "number = x'ff'",
    "a number that is none": "number = 1.5",
    "a huge number": "number = 9223372036854775807",
}
DEEDS = (recorded.BEGUN, believed.FOUNDING, *audited.DEEDS, standing.DOUBTED)


EVERY = {one: (words, DEEDS) for one, words in WORDS.items()} | {
    one: (words, (believed.FOUNDING,)) for one, words in NUMBERS.items()
}


@pytest.fixture
def begun(team, exchange):
    for _ in DEEDS:
        audit.write("machine", "query", "archive", "a row of before the founding")
    founding_row.begin(settings.PILOTHOUSE_HOME)
    return team


def make_odd(deed, words):
    number = AuditRow.objects.filter(deed="query").latest("number").number
    sql("PRAGMA ignore_check_constraints = ON")
    sql("UPDATE records_auditrow SET deed = %s WHERE number = %s", deed, number)
    sql(f"UPDATE records_auditrow SET {words} WHERE number = {number}")


@pytest.mark.parametrize("how", EVERY)
def test_nothing_ends_in_an_odd_row(begun, previewed, how):
    change, home = previewed(), settings.PILOTHOUSE_HOME
    words, deeds = EVERY[how]
    for deed in deeds:
        make_odd(deed, words)
    founding_row.begin(home)
    founding_row.judge(home, environment.read(home))
    compares = reconciler.Reconciler()
    compares.tick(NOON)
    assert approve.approve(change, change.fingerprint, by=begun.risk, now=NOON).signatures.get()
    for _ in range(3):
        CHECKING.go_round()
    assert CHECKING.broken() is not None and not audit.verify().whole, "it is found"
    compares.tick(NOON)
    assert rounds.differences()
    rounds.forget()
