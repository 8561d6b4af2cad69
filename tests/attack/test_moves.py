"""Every verb in every state: a move that leads nowhere is 409 with a sentence, never a fault."""

import pytest

from pilothouse.console.pages.change.move import MOVES
from pilothouse.control import deed, preview, propose
from pilothouse.control.models import Change
from pilothouse.control.moves import NoSuchMove, State, Verb, leads_on
from pilothouse.control.refusals import WRONG_STATE, Refused
from pilothouse.control.severity import Severity
from pilothouse.desk.opening import open_incident
from pilothouse.records.models import AuditRow
from tests.control.conftest import NOON, wish
from tests.control.recording import record_changes

JSON = {"Accept": "application/json"}
VERBS = {word: Verb(word) if word in set(Verb) else Verb.EDIT for word in MOVES}


@pytest.fixture
def change(team, stage):
    made = propose.propose("margin_schedule", wish(4, 2), by=team.operator, why="x")
    return preview.first(made, by=team.operator)


@pytest.mark.django_db
@pytest.mark.parametrize("state", list(State))
def test_a_verb_that_does_not_lead_from_a_state_is_a_conflict(at, team, change, state):
    clients = [at(one, raise_request_exception=False) for one in (team.operator, team.risk)]
    for word, verb in VERBS.items():
        for client in clients:
            Change.objects.update(state=state)
            record_changes()
            form = {"why": "x", "fingerprint": change.fingerprint}
            for headers in ({}, JSON):
                answer = client.post(f"/changes/{change.pk}/moves/{word}", form, headers=headers)
                assert answer.status_code < 500, (word, state)
                said = answer.content.decode()
                if answer.status_code == 409:
                    assert "not in a state for this" in said and "see its timeline" in said
                    break
            is_theirs = client is clients[0] and verb in (Verb.EDIT, Verb.WITHDRAW, Verb.PREVIEW)
            if is_theirs and not leads_on(verb, state):
                assert answer.status_code == 409, (word, state)


@pytest.mark.django_db
def test_a_change_that_is_being_reverted_is_not_reverted_again(at, team, change):
    Change.objects.update(state=State.REVERTING)
    record_changes()
    before = Change.objects.count()
    manager = at(team.manager, raise_request_exception=False)
    answer = manager.post(f"/changes/{change.pk}/moves/revert", {"why": "x"})
    assert answer.status_code == 409 and f'href="/changes/{change.pk}"' in answer.content.decode()
    assert Change.objects.count() == before
    assert AuditRow.objects.filter(deed="revert", outcome="refused").count() == 1


@pytest.mark.django_db
def test_a_move_the_table_does_not_have_is_refused_to_people_and_a_fault_of_ours(team, change):
    def go(by):
        with deed.deed(Verb.APPLY, by, change.subject):
            deed.move(change, Verb.APPLY, State.VERIFIED, by=by, now=NOON)

    with pytest.raises(Refused) as refused:
        go(team.operator)
    assert refused.value.reason is WRONG_STATE
    with pytest.raises(NoSuchMove):
        go(None)


@pytest.mark.django_db
def test_incidents_and_alerts_say_it_alike(at, team, stage):
    one = open_incident("Index is stale", Severity.HIGH, by=team.operator, affected=[], what="x")
    client = at(team.operator)
    answer = client.post(f"/incidents/{one.pk}/moves/reopen", {"why": "x"}, headers=JSON)
    assert answer.status_code == 409 and "see its timeline" in answer.json()["sentence"]
