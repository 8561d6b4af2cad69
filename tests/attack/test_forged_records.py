"""Signatures, grants and entries put in or changed with SQL are found: SEC F13."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection, transaction

from pilothouse.access.models import Grant, Person
from pilothouse.control import authority, reconciler, register, standing
from pilothouse.control.models import RegisterRow, Signature
from pilothouse.control.reconcile import Difference
from pilothouse.records.models import AuditRow
from pilothouse.wiring import people
from tests.attack.reconciling import (
    applied,
    approved,
    exchange,
    journal,
    previewed,
    raise_margin,
    team,
)
from tests.control.conftest import NOON

__all__ = ["applied", "approved", "exchange", "journal", "previewed", "raise_margin", "team"]
MINUTE = timedelta(minutes=1)


TAMPERED = {
    "no signature at all": lambda change: (
        Signature.objects.all().delete(),
        AuditRow.objects.filter(deed="approve")._raw_delete("default"),
    ),
    "the proposer's own": lambda change: AuditRow.objects.filter(deed="approve")._raw_delete(
        "default"
    ),
    "never approved": lambda change: AuditRow.objects.filter(
        deed__in=("preview", "approve")
    )._raw_delete("default"),
    "never sent": lambda change: AuditRow.objects.filter(deed="apply")._raw_delete("default"),
}


@pytest.mark.parametrize("how", TAMPERED)
def test_what_the_audit_does_not_carry_was_not_signed(journal, applied, how):
    TAMPERED[how](applied)
    assert Difference.NOT_SIGNED in journal.tick()


def test_f13_a_changed_signer_is_found(journal, applied, team):
    Signature.objects.update(person=team.manager)
    assert journal.tick() == [Difference.NOT_SIGNED] * 2, "the change and its signature"
    assert "Signature" in reconciler.differences()[0].sentence


@pytest.mark.parametrize(
    "change",
    [{"roles": ["risk", "manager"]}, {"preview_hash": "0" * 64}, {"fingerprint": "0" * 64},
     {"signed_at": NOON + MINUTE}, {"expires_at": NOON + 9_999 * MINUTE}, {"prices": {}},
     {"preview_position": 5}],
    ids=str,
)  # fmt: skip
def test_f13_whatever_is_changed_in_a_signature_is_found(applied, change):
    assert not list(authority._signatures())
    exchange_prices = {"1": {"middle": 1}} if change.get("prices") == {} else change.get("prices")
    change = change | ({"prices": exchange_prices} if "prices" in change else {})
    Signature.objects.update(**change)
    assert len(list(authority._signatures())) == 1


def test_f13_a_grant_that_nobody_gave_is_found(db):
    people.add_person("ann", "operator", "a long password of ours")
    ann = Person.objects.get()
    assert not list(standing.differences())
    Grant.objects.create(person=ann, role="manager")
    assert ["manager" in one for one in standing.differences()] == [True]


@pytest.mark.parametrize("change", [{"role": "manager"}, {"until": NOON}])
def test_f13_a_grant_that_was_changed_is_found(db, change):
    people.add_person("ann", "operator", "a long password of ours")
    Grant.objects.update(**change)
    assert len(list(standing.differences())) == 1


def test_f13_an_entry_of_the_register_beside_the_audit_is_found(db):
    from pilothouse.wiring.founding import found_register

    found_register()
    assert not list(authority._entries())
    row = RegisterRow.objects.filter(kind="alert_rule").first()
    RegisterRow(kind=row.kind, key=row.key, version=2, body=None, at=NOON).save()
    assert len(list(authority._entries())) == 1


@pytest.mark.parametrize(
    ("column", "value"),
    [("kind", "runbook"), ("key", "forged"), ("version", 9), ("body", '{"forged": 1}'),
     ("body", None), ("change_id", 1), ("step", 1), ("at", "2030-01-01 00:00:00")],
)  # fmt: skip
def test_whatever_is_exchanged_in_an_entry_is_found(raise_margin, column, value):
    from pilothouse.wiring.founding import found_register

    assert raise_margin().pk == 1
    found_register()
    row = RegisterRow.objects.filter(kind="alert_rule").first()
    sql(f"UPDATE control_registerrow SET {column} = %s WHERE id = %s", value, row.pk)
    assert list(authority._entries())


def test_every_column_of_an_entry_is_tried():
    (marks,) = test_whatever_is_exchanged_in_an_entry_is_found.pytestmark
    tried = {column for column, _ in marks.args[1]}
    assert {one.attname for one in RegisterRow._meta.concrete_fields} == tried | {"id"}


def test_a_version_of_an_entry_that_is_taken_away_or_numbered_anew_brings_nothing_back(db):
    words = register.Write("alert_rule", "x", {"limit": 1}, 0)
    with transaction.atomic():
        for version in (0, 1):
            change = replace(words, body={"limit": version + 1}, base_version=version)
            register._add(change, NOON)
    first, second = RegisterRow.objects.order_by("pk")
    sql("UPDATE control_registerrow SET id = %s WHERE id = %s", second.pk + 9, first.pk)
    assert [one.body for one in register.entries("alert_rule")] == [{"limit": 2}]
    sql("DELETE FROM control_registerrow WHERE id = %s", second.pk)
    assert ["is gone" in one for one in authority._entries()] == [True]


def sql(words, *values):
    with connection.cursor() as cursor:
        cursor.execute(words, values)
