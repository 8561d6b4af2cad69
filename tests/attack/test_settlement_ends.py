"""A settlement holds for one appearance; what the audit noted cannot be taken away elsewhere."""

import pytest
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from pilothouse.access.models import Grant, Person
from pilothouse.access.roles import Role
from pilothouse.control import audited, authority, reconciler, refusals, settling
from pilothouse.control.models import Reconciled
from pilothouse.language.kinds import CauseKind
from pilothouse.language.names import Cause, Name, Sender
from pilothouse.language.rows import Message
from pilothouse.records.models import AuditRow
from pilothouse.wiring import founding_row, people
from tests.attack import trading_world as world
from tests.attack.reconciling import (
    Journal,
    applied,
    approved,
    band,
    exchange,
    forged,
    journal,
    previewed,
    raise_margin,
    refused,
    settle,
    team,
)
from tests.attack.test_credentials import verified
from tests.control.conftest import NOON

__all__ = ["applied", "approved", "exchange", "forged", "journal", "previewed"]
__all__ += ["raise_margin", "team"]
PASSWORD = "a long password of ours"


@pytest.fixture
def ann(db):
    """A person of a folder whose founding is in the audit, beside two who settle."""
    for name, role in (("ann", "operator"), ("rob", "risk"), ("joe", "operator")):
        people.add_person(name, role, PASSWORD)
    founding_row.begin(settings.PILOTHOUSE_HOME)
    assert list(authority.differences()) == []
    return Person.objects.get(username="ann")


def settle_all():
    joe, rob = (Person.objects.get(username=one) for one in ("joe", "rob"))
    numbers = [one.pk for one in reconciler.differences()]
    settling.sign(settling.propose(numbers, "found, and put right", by=joe).key, by=rob)


def looked():
    reconciler.look_at_authority(timezone.now())
    return reconciler.count()


def test_a_settled_password_that_is_put_back_is_another_difference(ann):
    evil = make_password("known to somebody else")
    Person.objects.filter(pk=ann.pk).update(password=evil)
    assert looked() == 1
    settle_all()
    assert looked() == 0 and verified().good, "it is settled while it is there"
    again = Person.objects.get(pk=ann.pk)
    again.set_password("a newer long password of hers")
    again.save()
    assert verified().good and reconciler.count() == 0
    Person.objects.filter(pk=ann.pk).update(password=evil)
    assert not verified().good, "also before the running exchange looked again"
    assert looked() == 1 == len(reconciler.differences())
    settle_all()
    assert looked() == 0 and verified().good


def test_a_settled_grant_that_is_put_back_is_another_difference(ann):
    given = Grant.objects.create(person=ann, role=Role.MANAGER)
    kept = {"pk": given.pk, "person": ann, "role": Role.MANAGER, "given_at": given.given_at}
    assert looked() == 1
    settle_all()
    Grant.objects.filter(pk=given.pk).delete()
    assert looked() == 0 and verified().good
    assert AuditRow.objects.filter(deed=audited.Verb.END).count() == 1
    Grant.objects.create(**kept)
    assert looked() == 1 == len(reconciler.differences()) and not verified().good


def test_a_new_settlement_is_looked_at_in_the_next_round(journal, team):
    eve = Person.objects.create_user("eve")
    given = Grant.objects.create(person=eve, role=Role.VIEWER)
    journal.tick()
    settle(team)
    Grant.objects.filter(pk=given.pk).delete()
    journal.tick()
    assert AuditRow.objects.filter(deed=audited.Verb.END).exists() and reconciler.count() == 0


TAKEN_AWAY = {
    "removed": lambda: Reconciled.objects.filter(verdict="differs").delete(),
    "called agreed": lambda: Reconciled.objects.filter(verdict="differs").update(verdict="agreed"),
    "another sentence": lambda: Reconciled.objects.update(sentence="x"),
}


@pytest.mark.parametrize("how", TAKEN_AWAY)
def test_a_difference_that_is_taken_away_with_sql_stays_one(journal, forged, how):
    TAKEN_AWAY[how]()
    assert reconciler.count() == 1, "it is counted in the audit"
    journal.tick()
    (one,) = reconciler.differences()
    assert "777" in one.sentence and reconciler.count() == 1
    assert AuditRow.objects.filter(deed="reconcile").count() == 1


def of_genesis(command):
    return Message(command, Name(Sender.GENESIS, 1, 1), Cause(CauseKind.GENESIS, 1))


def test_comparing_again_does_not_call_the_fees_of_the_founding_new(journal, team, monkeypatch):
    monkeypatch.setattr(reconciler, "LISTED_MOST", 3)
    start = journal.position
    said = [of_genesis(world.fees(3)), of_genesis(world.contract("PF_NEW", 3))]
    said += [band(number) for number in range(1_000, 1_005)]
    for one in said:
        journal.say(one)
    journal.tick()
    settle(team)
    again = Journal(start)
    assert again.reconciler.since == 0
    for one in said:
        again.say(one)
    again.tick()
    assert reconciler.count() == 2
    assert not any("fee schedule" in one.sentence for one in reconciler.differences())


def test_proposals_of_one_person_have_a_bound(forged, team):
    for count in range(settling.A_DAY_MOST):
        one = settling.propose([forged], f"because {count}", by=team.operator, now=NOON)
        settling.decline(one.key, "no", by=team.operator, now=NOON)
    by = {"by": team.operator, "now": NOON}
    refused(refusals.TOO_MANY_SETTLEMENTS, settling.propose, [forged], "once more", **by)
    settling.propose([forged], "a day later", by=team.operator, now=NOON + settling.DAY)


def test_only_its_proposer_and_signers_decline(forged, team):
    one = settling.propose([forged], "x y", by=team.risk, now=NOON)
    operator = {"by": team.operator, "now": NOON}
    refused(refusals.NO_RIGHT, settling.decline, one.key, "no", **operator)
    settling.decline(one.key, "no", by=team.manager, now=NOON)


def test_what_was_undone_is_not_remembered(forged, team):
    with transaction.atomic():
        settle(team)
        assert reconciler.count() == 0
        transaction.set_rollback(True)
    assert reconciler.count() == 1 and settling.signed() == []
