"""A number that the audit knows, made free with SQL, is given to nobody else."""

import pytest
from django.conf import settings
from django.db import transaction

from pilothouse.access.models import Grant, Person
from pilothouse.access.rights import revoke, roles_of
from pilothouse.access.roles import Role
from pilothouse.control import authority, credentials_noted, people_made, standing
from pilothouse.records import audit
from pilothouse.records.models import AuditRow
from pilothouse.wiring import founding_row, people
from tests.attack.putting_back import each_deed_is_committed, sql
from tests.attack.reconciling import team
from tests.control.conftest import exchange

__all__ = ["each_deed_is_committed", "exchange", "team"]
pytestmark = pytest.mark.django_db
PASSWORD = "abcd-efgh 1234 zz"


@pytest.fixture
def former(team):
    founding_row.begin(settings.PILOTHOUSE_HOME)
    people.add_person("former", "risk", PASSWORD)
    one = Person.objects.get(username="former")
    one.is_active = False
    one.save()
    assert list(authority.differences()) == []
    return one


def rows_of(table, where, number):
    return sql(f"SELECT * FROM {table} WHERE {where} = %s", number)


def put(table, rows):
    for one in rows:
        sql(f"INSERT INTO {table} VALUES ({', '.join(['%s'] * len(one))})", *one)


def made_free(table, number):
    sql("UPDATE sqlite_sequence SET seq = %s WHERE name = %s", number - 1, table)


def taken_out(former):
    """The person and their grant as no database remembers them; return the grant."""
    kept = rows_of("access_grant", "person_id", former.pk)
    sql("DELETE FROM access_grant WHERE person_id = %s", former.pk)
    sql("DELETE FROM access_person WHERE id = %s", former.pk)
    made_free("access_person", former.pk)
    return kept


def newcomer():
    people.add_person("newcomer", "viewer", PASSWORD)
    return Person.objects.get(username="newcomer")


def test_a_newcomer_has_nothing_of_a_former_person(former):
    kept = taken_out(former)
    gone = list(authority.differences())
    assert any(one.startswith(f"Person {former.pk} is gone") for one in gone)
    assert any(one.startswith(f"Grant {kept[0][0]} of person {former.pk} is gone") for one in gone)
    new = newcomer()
    assert new.pk > former.pk and roles_of(new) == {Role.VIEWER}
    assert set(gone) <= set(authority.differences())


def test_nor_while_the_rows_of_the_audit_are_out_as_well(former):
    kept = taken_out(former)
    about = rows_of("records_auditrow", "subject", f"person:{former.pk}")
    sql("DELETE FROM records_auditrow WHERE subject = %s", f"person:{former.pk}")
    new = newcomer()
    assert new.pk == former.pk
    put("records_auditrow", about)
    put("access_grant", kept)
    new = Person.objects.get(pk=new.pk)
    assert roles_of(new) == {Role.VIEWER} and not standing.why_doubted(new)
    odd = list(authority.differences())
    assert any("created person" in one and "again" in one for one in odd)
    assert any(one.startswith("Grant") and "is not as the audit" in one for one in odd)


def test_a_number_that_the_founding_knows_is_made_once(team):
    founding_row.begin(settings.PILOTHOUSE_HOME)
    last = Person.objects.latest("pk")
    sql("DELETE FROM access_grant WHERE person_id = %s", last.pk)
    sql("DELETE FROM access_person WHERE id = %s", last.pk)
    made_free("access_person", last.pk)
    about = rows_of("records_auditrow", "subject", f"person:{last.pk}")
    sql("DELETE FROM records_auditrow WHERE subject = %s", f"person:{last.pk}")
    assert newcomer().pk == last.pk
    put("records_auditrow", about)
    assert len(list(people_made.made_again())) == 1


def test_a_grant_gets_no_number_of_one_that_ended(former):
    last = Grant.objects.latest("pk")
    revoke(former, Role.RISK)
    sql("DELETE FROM access_grant WHERE id = %s", last.pk)
    made_free("access_grant", last.pk)
    with transaction.atomic():
        people._give(former, "risk", "x")
    assert Grant.objects.latest("pk").pk > last.pk and roles_of(former) == {Role.RISK}


@pytest.mark.parametrize("planted", [1, 50, 2**62, "x", "99999999999999999999999"])
def test_a_planted_name_takes_no_more_than_its_own_number(former, planted):
    number = planted if isinstance(planted, str) else former.pk + planted
    row = AuditRow.objects.latest("number")
    last = row.number
    for one in {number, former.pk + 1}:
        sql(
            "INSERT INTO records_auditrow SELECT number + %s, at, actor, deed, %s, outcome, "
            "sentence, facts, before_hash, hash, '' FROM records_auditrow WHERE number = %s",
            5_000 + (one == number), f"person:{one}", last,
        )  # fmt: skip
    assert former.pk < newcomer().pk <= former.pk + 51


def test_numbers_go_on_as_ever(former):
    assert newcomer().pk == former.pk + 1 and list(authority.differences()) == []


def test_a_grant_that_is_gone_is_a_difference_and_keeps_its_person_from_nothing(former):
    people.add_person("risk-two", "risk", PASSWORD)
    one = Person.objects.get(username="risk-two")
    revoke(one, Role.RISK)
    people.add_person("risk-two", "risk", PASSWORD)
    old = Grant.objects.filter(person=one).earliest("pk")
    sql("DELETE FROM access_grant WHERE id = %s", old.pk)
    assert [odd for odd in authority.differences() if f"Grant {old.pk} " in odd]
    assert authority.differences_of(one) == [], "they may settle what differs"


def test_an_odd_grant_in_an_old_row_hides_no_other_difference(team):
    people.add_person("early", "risk", PASSWORD)
    founding_row.begin(settings.PILOTHOUSE_HOME)
    early = Person.objects.get(username="early")
    grant = Grant.objects.get(person=early)
    odd = "UPDATE records_auditrow SET facts = json_set(facts, '$.grant', json('[1]')) "
    sql(odd + "WHERE deed = 'person.added' AND subject = %s", f"person:{early.pk}")
    assert any(one.startswith(f"Grant {grant.pk}, ") for one in authority.differences())
    assert len(authority.differences_of(early)) == 1


@pytest.mark.parametrize("was_made", [True, False])
def test_a_signature_has_no_role_of_somebody_who_had_the_number_before(
    team, monkeypatch, was_made
):
    founding_row.begin(settings.PILOTHOUSE_HOME)
    with monkeypatch.context() as patched:
        if not was_made:
            # The release before did not write that they were made.
            note = credentials_noted._note
            patched.setattr(credentials_noted, "_note", lambda now, is_new=False: note(now))
        people.add_person("former", "risk", PASSWORD)
    former = Person.objects.get(username="former")
    about = rows_of("records_auditrow", "subject", f"person:{former.pk}")
    taken_out(former)
    sql("DELETE FROM records_auditrow WHERE subject = %s", f"person:{former.pk}")
    new = newcomer()
    assert new.pk == former.pk
    put("records_auditrow", about)
    signed = audit.write(
        f"person:{new.pk}", "approve", "change:99", "signed", facts={"roles": ["risk"]}
    )
    assert standing.roles_of_row(signed) == []
    assert (
        list(people_made.made_again())
        == [odd for odd in authority.differences() if " created person " in odd]
        != []
    )
