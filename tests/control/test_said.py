"""What people write is taken whole or refused; what the machine shortens shows it."""

import pytest

from pilothouse.control import propose, reject, withdraw
from pilothouse.control.models import Change
from pilothouse.control.refusals import REASON_IS_MISSING, Refused
from pilothouse.control.said import SENTENCE_MOST, TITLE_MOST, not_too_long, said, shortened
from pilothouse.records.models import AuditRow
from tests.control.conftest import NOON, wish

LONG = "x" * (SENTENCE_MOST + 1)


def test_it_is_taken_whole_but_for_the_space_around_it():
    assert said("  a word \n", REASON_IS_MISSING) == "a word"
    assert said("x" * SENTENCE_MOST, REASON_IS_MISSING) == "x" * SENTENCE_MOST
    assert not_too_long("  ") == ""


def test_a_new_line_counts_once_as_it_does_in_a_browser():
    assert not_too_long("a\r\nb", most=3) == "a\nb"


@pytest.mark.parametrize(
    ("text", "name"), [(" \r\n", "a_reason_is_missing"), (LONG, "it_is_too_long")]
)
def test_it_is_refused_with_what_to_do(text, name):
    with pytest.raises(Refused) as refused:
        said(text, REASON_IS_MISSING)
    assert refused.value.reason.name == name
    if text == LONG:
        assert "it has 4001 characters" in str(refused.value)
        assert "at most 4000 characters" in str(refused.value)


def test_what_is_composed_shows_that_it_was_shortened():
    assert shortened("x" * TITLE_MOST) == "x" * TITLE_MOST
    assert shortened("x" * (TITLE_MOST + 1)) == "x" * (TITLE_MOST - 1) + "…"


def test_no_verb_of_a_change_cuts_its_reason(team, exchange, approved):
    change = approved()
    for verb, by in ((reject.reject, team.risk), (withdraw.withdraw, team.operator)):
        with pytest.raises(Refused, match="it is too long"):
            verb(change, LONG, by=by, now=NOON)
    with pytest.raises(Refused, match="it is too long"):
        propose.propose("margin_schedule", wish(5, 3), by=team.operator, why=LONG, now=NOON)
    change.refresh_from_db()
    assert (change.state, Change.objects.count()) == ("approved", 1)
    assert AuditRow.objects.filter(outcome="refused").count() == 3


def test_a_long_title_of_a_change_ends_visibly(team, exchange):
    title = "t" * TITLE_MOST
    body = {"title": title, "when": "always", "steps": ["look"], "proposes": "", "template": {}}
    fields = {"key": "a_long_one", "body": body}
    change = propose.propose("runbook", fields, by=team.operator, why="to try", now=NOON)
    assert change.title.startswith("Runbook a_long_one: ttt") and change.title.endswith("t…")
    assert len(change.title) == TITLE_MOST
    assert change.fields["body"]["title"] == title
