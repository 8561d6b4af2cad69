"""Rows of power appended to the audit with SQL, chained rightly, give nobody anything."""

import hashlib
import hmac

import pytest
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.utils import timezone

from pilothouse.access.models import Grant, Person
from pilothouse.access.roles import Role
from pilothouse.control import (
    audited,
    authority,
    believed,
    credentials,
    founding_file,
    reconciler,
    settling,
    standing,
)
from pilothouse.control.models import RegisterRow, Signature
from pilothouse.control.reconcile import Difference
from pilothouse.records import audit
from pilothouse.records.models import AuditHead, AuditRow
from pilothouse.wiring import founding_row, people
from pilothouse.wiring.environment import WrongEnvironment
from tests.attack.forging import append_row
from tests.attack.reconciling import (
    applied,
    approved,
    exchange,
    journal,
    previewed,
    raise_margin,
    team,
)
from tests.attack.test_credentials import verified
from tests.attack.test_settlement_ends import ann, looked, settle_all

__all__ = [
    "ann",
    "applied",
    "approved",
    "exchange",
    "journal",
    "previewed",
    "raise_margin",
    "team",
]
PASSWORD = "a long password of ours"


def without_forged_rows():
    """Return what differs beside the forged rows, which the exchange and `verify` both name."""
    every = list(authority.differences())
    rows = [one for one in every if "was not written by this exchange" in one]
    assert len(rows) == 1 and set(every) <= set(verified().faults)
    return [one for one in every if one not in rows]


def test_a_grant_with_its_row(ann):
    given = Grant.objects.create(person=ann, role=Role.MANAGER)
    facts = {"grant": given.pk, "role": Role.MANAGER, "until": None}
    append_row("command line", standing.GRANTED, f"person:{ann.pk}", facts)
    (grant,) = without_forged_rows()
    assert grant.startswith("Grant")
    assert authority.differences_of(ann), "such a person settles nothing"


def another_key(made):
    return hmac.new(b"x" * 32, made.encode(), hashlib.sha256).hexdigest()


SEALS = {
    "none": lambda made: "",
    "zeros": lambda made: "0" * 64,
    "its own hash": lambda made: made,
    "that of the row before": lambda made: AuditRow.objects.order_by("-number").first().seal,
    "of another key": another_key,
    "no letters of a seal": lambda made: "é",
}


@pytest.mark.parametrize("seal", SEALS)
def test_a_password_put_back_with_its_old_digest(ann, seal):
    kept, digest = ann.password, credentials.digest(ann)
    ann.set_password("a newer long password of hers")
    ann.save()
    Person.objects.filter(pk=ann.pk).update(password=kept)
    about = f"person:{ann.pk}"
    append_row("machine", credentials.CHANGED, about, {"digest": digest}, seal=SEALS[seal])
    (password,) = without_forged_rows()
    assert password.startswith("The password")


def test_a_settlement_by_two_people_who_did_not_settle(ann):
    Person.objects.filter(pk=ann.pk).update(password=make_password("known to somebody else"))
    assert looked() == 1
    sentences = [one.sentence for one in reconciler.differences()]
    joe, rob = (f"person:{Person.objects.get(username=one).pk}" for one in ("joe", "rob"))
    facts = {"why": "put right", "sentences": sentences}
    append_row(joe, audited.Verb.PROPOSE, "settlement:abc", facts)
    append_row(rob, audited.Verb.SIGN, "settlement:abc", facts)
    assert settling.settled() == {} and settling.waiting() == []
    assert looked() == 3, "both rows are differences too"
    assert not verified().good


def test_a_settlement_ended_by_the_machine_that_did_not(ann):
    Person.objects.filter(pk=ann.pk).update(password=make_password("known to somebody else"))
    looked()
    settle_all()
    facts = {"sentences": [one.sentence for one in audited.said().noted]}
    append_row("machine", audited.Verb.END, "settlements", facts)
    assert len(settling.settled()) == 1


def test_a_difference_that_the_machine_did_not_note(ann):
    facts = {"difference": Difference.BYTES, "position": 7, "change": 1}
    append_row("machine", audited.NOTED, "command:7", facts, sentence="Command 7: never mind")
    (row,) = reconciler.differences() or [None] if looked() else [None]
    assert "counts for nothing" in row.sentence


def test_an_entry_of_the_register(ann):
    words = {"kind": "alert_rule", "key": "x", "version": 1, "body": {"any": "thing"}}
    RegisterRow(**words, at=timezone.now()).save()
    facts = {"version": 1, "body": {"any": "thing"}}
    append_row("person:1", "register.set", "alert_rule:x", facts)
    (entry,) = without_forged_rows()
    assert entry.startswith("Version 1 of alert_rule x")


def test_a_signature_with_its_row(journal, approved, team):
    founding_row.begin(settings.PILOTHOUSE_HOME)
    change = approved()
    (signed,) = AuditRow.objects.filter(deed="approve")
    one = Signature.objects.get()
    eve = Person.objects.create_user("eve")
    one.pk, one.person = None, eve
    Signature.objects.bulk_create([one])
    append_row(f"person:{eve.pk}", "approve", change.subject, signed.facts)
    every = list(authority.differences())
    assert any(text.startswith("Signature") for text in every)
    assert sum("counts for nothing" in text for text in every) == 1


def test_the_first_founding_is_not_somebody_elses(ann):
    """Where nothing is noted of the founding yet, one without its seal is refused."""
    facts = believed.founding_row().facts
    AuditRow.objects.all()._raw_delete("default")
    AuditHead.objects.update(number=0, hash=audit.NO_HASH)
    founding_file.remove(settings.PILOTHOUSE_HOME)
    append_row("machine", believed.FOUNDING, "exchange", facts)
    assert credentials.has_begun() and believed.founding_row() is None
    with pytest.raises(WrongEnvironment, match="a founding, was not written by this exchange"):
        founding_row.begin(settings.PILOTHOUSE_HOME)
    assert AuditRow.objects.count() == 1 and credentials.recorded() == {}


def test_rows_of_before_the_founding_are_believed(db):
    """A folder of a release that sealed nothing goes on as it was."""
    people.add_person("ann", "operator", PASSWORD)
    rows = list(AuditRow.objects.order_by("number"))
    AuditRow.objects.all()._raw_delete("default")
    for row in rows:
        row.seal = ""
    AuditRow.objects.bulk_create(rows)
    founding_row.begin(settings.PILOTHOUSE_HOME)
    assert list(authority.differences()) == [] and verified().good


def test_verify_names_any_row_and_the_exchange_many_as_one(ann):
    append_row("person:1", "query", "archive", {})
    assert list(authority.differences()) == []
    assert any("(query, archive, person:1)" in one for one in verified().faults)
    for _ in range(believed.NAMED_MOST + 5):
        append_row("machine", credentials.CHANGED, "person:9", {"digest": ""})
    every = list(authority.differences())
    assert len(every) == believed.NAMED_MOST + 1 and every[-1].startswith("5 further rows")


def test_a_row_changed_with_its_seal_kept_is_not_believed(ann):
    row = AuditRow.objects.get(deed=believed.FOUNDING)
    assert audit.is_sealed(row)
    row.facts = row.facts | {"credentials": {}}
    assert not audit.is_sealed(row)
