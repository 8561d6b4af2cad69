"""P73: every text of a change, name, note, title, incident, query, reason, import and person."""

import json

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models
from django.test import Client

from pilothouse.access.models import Person
from pilothouse.control import edit, propose, reject, withdraw
from pilothouse.control.kinds import KINDS
from pilothouse.control.kinds.entry_fields import Choice, EntryField, Whole
from pilothouse.control.kinds.kind import Unreadable
from pilothouse.control.models import Change
from pilothouse.control.refusals import TEXT_HIDES, Refused
from pilothouse.control.severity import Severity
from pilothouse.desk import opening, progress, record
from pilothouse.desk.models import Incident
from pilothouse.language.texts import MARKS_MOST, NotPlain, check_text, is_plain
from pilothouse.records import audit, plain_rows
from pilothouse.records.archive import questions
from pilothouse.records.archive import refusals as archive_refusals
from pilothouse.records.archive.ask import ask
from pilothouse.records.models import AuditRow
from pilothouse.watch import alerts
from pilothouse.watch.models import Alert
from pilothouse.wiring import people
from pilothouse.wiring.explaining import Happening, NoPurpose, explained
from pilothouse.wiring.importing.answers import Refused as ImportRefused
from pilothouse.wiring.importing.answers import read_pairs
from tests.control.conftest import NOON, exchange, previewed, raise_margin, team
from tests.control.recording import record_changes

__all__ = ["exchange", "previewed", "raise_margin", "team"]
REVERSED = "as agreed with risk \u202e.lavorppa on sdeen"
HIDING = [REVERSED, "in\u200bvisible", "tags \U000e0061\U000e0062", "vs\ufe0f", "alef \u05d0 1"]
HIDING += ["ri\U0001d159sk", "no\u00a0break", "far" + " " * 120 + "away"]

every_text = pytest.mark.parametrize("text", HIDING)


def is_refused(deed, *rest, **named):
    rows = AuditRow.objects.count()
    with pytest.raises(Refused) as refused:
        deed(*rest, **named)
    assert refused.value.reason is TEXT_HIDES
    last = AuditRow.objects.order_by("number").last()
    assert AuditRow.objects.count() == rows + 1 and last.outcome == "refused"
    return True


@every_text
def test_p73_no_text_of_a_change_hides(team, raise_margin, text):
    change = raise_margin()
    by = {"by": team.operator, "now": NOON}
    assert is_refused(
        propose.propose, "price_band", {"market": 2, "band_ppm": 9_000}, why=text, **by
    )
    assert is_refused(
        propose.propose,
        "price_band",
        {"market": 2, "band_ppm": 9_000, "note": text},
        why="ok",
        **by,
    )
    assert is_refused(
        propose.propose, "price_band", {"market": 2, "band_ppm": 9_000}, why="ok", cause=text, **by
    )
    assert is_refused(edit.edit, change, {**change.fields, text: 1}, **by)
    assert is_refused(withdraw.withdraw, change, text, **by)
    assert is_refused(reject.reject, change, text, by=team.risk, now=NOON)
    assert Change.objects.count() == 1


@every_text
def test_p73_no_text_of_an_incident_hides(team, text):
    by = {"by": team.operator, "now": NOON}
    assert is_refused(opening.open_incident, text, Severity.HIGH, **by)
    assert is_refused(opening.open_incident, "calm", Severity.HIGH, what=text, **by)
    incident = opening.open_incident("calm", Severity.HIGH, **by)
    assert is_refused(record.note, incident, text, **by)
    assert is_refused(record.regrade, incident, Severity.MEDIUM, text, **by)
    incident = progress.acknowledge(incident, **by)
    assert is_refused(progress.mitigate, incident, text, **by)
    assert is_refused(progress.dismiss, incident, text, **by)
    assert Incident.objects.count() == 1


@pytest.mark.parametrize("kind", [key for key, one in KINDS.items() if hasattr(one, "FIELDS")])
@every_text
def test_p73_no_field_of_a_form_hides(kind, text):
    for field in KINDS[kind].FIELDS:
        assert isinstance(field, EntryField)
        if not isinstance(field, Whole | Choice):
            with pytest.raises(Unreadable):
                field.read({field.name: text})


@every_text
def test_p73_no_query_hides(db, tmp_path, text):
    chart = questions.Chart()
    for title, sql in ((text, "SELECT 1"), ("t", f"SELECT 1 -- {text}")):
        with pytest.raises(archive_refusals.Refused) as refused:
            questions.save(title, sql, chart, actor="person:1", owner="ann")
        assert refused.value.refusal is archive_refusals.TEXT_HIDES
    for sql, purpose in ((f"SELECT '{text}'", "audit"), ("SELECT 1", f"audit {text}")):
        with pytest.raises(archive_refusals.Refused) as refused:
            ask(tmp_path, sql, actor="person:1", purpose=purpose)
        assert refused.value.refusal is archive_refusals.TEXT_HIDES


@pytest.mark.parametrize("purpose", ["", "...", "--", "a b", "\u200b\u200b\u200b"])
def test_a_purpose_says_something(db, tmp_path, purpose):
    with pytest.raises(archive_refusals.Refused) as refused:
        ask(tmp_path, "SELECT 1", actor="person:1", purpose=purpose, sees_clients=True)
    assert refused.value.refusal is archive_refusals.PURPOSE_IS_MISSING
    with pytest.raises(NoPurpose):
        explained(tmp_path, Happening(order=1), actor="person:1", purpose=purpose)


@every_text
def test_p73_no_person_and_no_import_hides(db, text):
    with pytest.raises(ValidationError):
        people.add_person(text, "viewer", "a long password of ours")
    assert not Person.objects.exists()
    with pytest.raises(ImportRefused):
        read_pairs(json.dumps({"error": [], "result": {"X": {"altname": text}}}))


def models_of_ours():
    return [one for one in apps.get_models() if one.__module__.startswith("pilothouse.")]


@pytest.mark.parametrize("model", models_of_ours(), ids=lambda one: one._meta.label)
def test_p73_no_field_of_any_model_keeps_what_hides(db, model):
    """A model of tomorrow is judged as well: whatever is saved is shown as it reads."""
    row = model()
    fields = plain_rows.text_fields(model)
    kinds = (models.CharField, models.TextField)
    assert set(fields) == {f.attname for f in model._meta.concrete_fields if isinstance(f, kinds)}
    for name in fields:
        setattr(row, name, REVERSED)
    models.signals.pre_save.send(sender=model, instance=row, raw=False, using="default")
    for name in fields:
        assert "\u202e" not in getattr(row, name) and "[U+202E]" in getattr(row, name), name


def test_p73_the_audit_of_an_attempt_shows_codes(db):
    row = audit.write_refusal("nobody", "sign_in", REVERSED, REVERSED, {"path": [REVERSED]})
    assert "\u202e" not in f"{row.subject}{row.sentence}{row.facts}"
    assert audit.verify().whole


def test_p73_rows_of_before_are_shown_as_their_codes(team, raise_margin, exchange):
    change = raise_margin()
    Change.objects.filter(pk=change.pk).update(title=REVERSED, why=REVERSED)
    record_changes()
    client = Client()
    client.force_login(team.operator)
    for accept in ("text/html", "application/json"):
        answer = client.get(f"/changes/{change.pk}", headers={"accept": accept})
        body = answer.content.decode()
        assert answer.status_code == 200
        assert "\u202e" not in body and "\\u202e" not in body and "[U+202E].lavorppa" in body


def test_alerts_of_older_rules_are_raised_all_the_same(db):
    """What the machine composes of an older text is kept with its codes: no alert is lost."""
    assert "title" in plain_rows.text_fields(Alert) and alerts is not None


PILES = {
    "of a combining class": "\u0301",
    "around the letter": "\u20dd",
    "of a script": "\u0e31",
    "of millions": "\u0489",
}


@pytest.mark.parametrize("mark", PILES.values(), ids=PILES)
def test_no_pile_of_marks_covers_the_lines_around_it(mark):
    assert is_plain("e" + mark * MARKS_MOST)
    with pytest.raises(NotPlain, match="marks stand on character 2"):
        check_text("ae" + mark * (MARKS_MOST + 1))


@pytest.mark.parametrize("one", ["\ufffc", "\u2d7f"])
def test_what_shows_nothing_by_its_own_name_is_refused(one):
    with pytest.raises(NotPlain, match="invisible"):
        check_text(f"risk{one} agreed")


@pytest.mark.parametrize(
    "text", ["Zürich", "ประเทศไทยที่นี่", "हिन्दी में", "Việt Nam", "Ünïcödé", "日本語"]
)
def test_languages_with_marks_are_plain(text):
    assert is_plain(text)
