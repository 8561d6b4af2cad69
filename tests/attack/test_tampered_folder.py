"""A folder whose journal or records were changed beside each other is found (SEC F4, F13; P61).

One real exchange is lived once; each attack is made on a copy of its folder and of its records.
"""

import json
import os
import shutil

import pytest
from django.core.management import call_command
from django.utils import timezone

from pilothouse.access.models import Person
from pilothouse.access.secret_file import read_secret
from pilothouse.control import (
    apply,
    approve,
    heads,
    heads_out,
    ports,
    preview,
    propose,
    unbroken,
    verify,
)
from pilothouse.control.heads import Heads
from pilothouse.control.models import Signature
from pilothouse.journal.durable import DurableMark
from pilothouse.journal.storage import Files
from pilothouse.language.commands import Deposit, SetPriceBand
from pilothouse.language.kinds import CauseKind
from pilothouse.language.names import Cause, Name, Sender
from pilothouse.language.rows import Message
from pilothouse.records import audit
from pilothouse.records.checking import CHECKING
from pilothouse.records.models import AuditHead, AuditRow
from pilothouse.venue.client import FrameRefused
from pilothouse.venue.follower import Follower
from pilothouse.venue.machine import present_release
from pilothouse.venue.rehearsal import Rehearsal
from pilothouse.wiring import people
from pilothouse.wiring.verifying import compare
from tests.venue.exchange import genesis
from tests.venue.running import client_of, running_writer

APPS = ("access", "records", "control", "desk", "watch")
PATIENCE_S = 300


def change_a_band(client, home):
    """Take one change the whole way, and exchange heads before and after it."""
    # Made before what a test forgets: another audit may have been broken in this process.
    CHECKING.forget()
    unbroken.forget()
    people.add_person("ann", "operator", "a long password of ours")
    people.add_person("rob", "risk", "a long password of ours")
    ann, rob = Person.objects.get(username="ann"), Person.objects.get(username="rob")
    follower = Follower(home)
    ports.connect(client, Rehearsal(follower), follower)
    follower.start()
    try:
        exchanger = heads.Exchanger(
            lambda one: heads_out.leave(home.parent / "kept.heads", signed(home, one))
        )
        assert follower.wait_for(1, PATIENCE_S)
        assert exchanger.exchange(timezone.now()), exchanger.fault
        market = ports.ports().reader.markets()[0]
        fields = {"market": market.number, "band_ppm": market.band_ppm + 10_000}
        change = propose.propose("price_band", fields, by=ann, why="thin book")
        change = preview.first(change, by=ann)
        if change.state == "previewed":
            change = approve.approve(change, change.fingerprint, by=rob)
        change = verify.verify(apply.apply(change, by=ann))
        assert change.state == "verified", change.state_reason
        assert exchanger.exchange(timezone.now()), exchanger.fault
        return change.pk
    finally:
        follower.stop()
        ports.disconnect()


def signed(home, one):
    return heads_out.line_of(read_secret(home), heads_out.first_seal(home), one)


@pytest.fixture(scope="module")
def lived(tmp_path_factory, django_db_setup, django_db_blocker):
    """The folder, its records as a fixture of Django, and its heads that left it."""
    place = tmp_path_factory.mktemp("lived")
    home = place / "home"
    home.mkdir()
    with django_db_blocker.unblock():
        patient = client_of(home, patience_s=PATIENCE_S)
        with running_writer(home, present_release()), patient as client:
            assert all(one.accepted for one in client.submit(genesis()))
            number = change_a_band(client, home)
        call_command(
            "dumpdata", *APPS, format="xml", output=str(place / "records.xml"), verbosity=0
        )
        call_command("flush", interactive=False, verbosity=0)
    return place, number


@pytest.fixture
def folder(lived, tmp_path, transactional_db):
    """A copy of the folder, with its records in this test's database."""
    place, _ = lived
    shutil.copytree(place, tmp_path / "copy")
    call_command("loaddata", str(place / "records.xml"), verbosity=0)
    return tmp_path / "copy"


def faults(folder, heads_file=None):
    home = folder / "home"
    return compare(home, heads_file, DurableMark(Files(home)).block, "").faults


def say(folder, *messages):
    patient = client_of(folder / "home", patience_s=PATIENCE_S)
    with running_writer(folder / "home", present_release()), patient as client:
        return client.submit(list(messages))


def test_what_nobody_touched_agrees(folder):
    home = folder / "home"
    report = compare(home, folder / "kept.heads", DurableMark(Files(home)).block, "")
    assert report.good, report.faults
    said = " ".join(report.proved)
    assert "1 command of change control agrees" in said
    assert "2 signed heads kept elsewhere agree" in said and "blocks are sealed" in said


def test_f4_an_unsigned_change_and_a_deposit_through_the_socket(folder):
    words = SetPriceBand(market=1, band_ppm=500_000, base_version=2)
    forged = Message(words, Name(Sender.CONTROL, 777, 1), Cause(CauseKind.CHANGE, 777))
    money = Message(Deposit(account=1, asset=1, amount=10**9), Name(Sender.GATEWAY, 9, 9))
    with pytest.raises(FrameRefused, match="not of this door"):
        say(folder, money)
    say(folder, forged)
    (found,) = faults(folder)
    assert "there is no change 777" in found


def test_f4_another_change_in_the_name_of_a_signed_one(folder, lived):
    words = SetPriceBand(market=1, band_ppm=500_000, base_version=2)
    say(folder, Message(words, Name(Sender.CONTROL, lived[1], 2),
                        Cause(CauseKind.CHANGE, lived[1])))  # fmt: skip
    (found,) = faults(folder)
    assert "has these words" in found


def cut_journal(folder, blocks):
    """Cut the last whole blocks, and the mark with them: nothing in the journal tells."""
    from pilothouse.journal.reader import Reader

    home = folder / "home"
    storage = Files(home)
    heads_of = [one.header for one in Reader(storage).read()]
    kept = sum(one.size for one in heads_of[:-blocks])
    (segment,) = [one for one in (home / "journal").iterdir() if one.stat().st_size > 4_096]
    os.truncate(segment, kept)
    (home / "journal" / "durable").write_bytes((len(heads_of) - blocks).to_bytes(8, "little"))
    return len(heads_of) - blocks


def test_f13_cutting_whole_blocks_of_the_journal(folder):
    last = AuditRow.objects.filter(deed="anchor").order_by("-number").first().facts["block"]
    from pilothouse.journal.reader import Reader

    total = sum(1 for _ in Reader(Files(folder / "home")).read())
    cut_journal(folder, total - last + 1)
    found = faults(folder)
    assert any("the journal was cut" in one for one in found), found


def cut_audit(rows):
    last = AuditRow.objects.order_by("-number").first().number - rows
    AuditRow.objects.filter(number__gt=last)._raw_delete("default")
    head = AuditRow.objects.filter(number=last).first()
    AuditHead.objects.update(number=last, hash=head.hash if head else audit.NO_HASH)
    assert audit.verify().whole, "the chain alone says nothing"


@pytest.mark.parametrize("rows", [1, 5, None])
def test_f13_cutting_the_last_rows_of_the_audit_or_all(folder, rows):
    cut_audit(rows or AuditRow.objects.count())
    found = faults(folder)
    assert any("audit was cut" in one for one in found), found


@pytest.mark.parametrize("number", [1, 4])
def test_f13_making_the_whole_audit_anew(folder, number):
    before = audit.NO_HASH
    for row in AuditRow.objects.order_by("number"):
        sentence = "nothing happened" if row.number == number else row.sentence
        row.sentence, row.before_hash = sentence, before
        before = audit.row_hash(row)
        AuditRow._base_manager.model.objects.filter(number=row.number)._raw_delete("default")
        AuditRow(**{f.attname: getattr(row, f.attname) for f in AuditRow._meta.concrete_fields}
                 | {"hash": before}).save()  # fmt: skip
    AuditHead.objects.update(hash=before)
    assert audit.verify().whole, "the chain alone says nothing"
    found = faults(folder)
    assert any("audit was rewritten" in one for one in found), found


def test_f13_another_signer(folder):
    if not Signature.objects.exists():
        pytest.skip("the change needed no signature")
    Signature.objects.update(person=Person.objects.create_user("eve"))
    assert any("Signature" in one for one in faults(folder))


def test_p61_a_shorter_history_that_is_whole_in_itself(folder):
    """Journal and audit are both taken back to one moment: only heads kept elsewhere tell."""
    kept = folder / "kept.heads"
    last = heads_out.read(kept.read_text().splitlines())[-1].heads
    ahead = Heads(last.block + 50, "ab" * 32, last.position + 9, last.row + 9, "cd" * 32, 1)
    heads_out.leave(kept, signed(folder / "home", ahead))
    found = faults(folder, kept)
    assert any("the journal was cut" in one for one in found)
    assert any("the audit was cut" in one for one in found)


def test_p61_a_forked_history(folder):
    kept = folder / "forked.heads"
    last = heads_out.read((folder / "kept.heads").read_text().splitlines())[-1].heads
    other = Heads(last.block, "ab" * 32, last.position, last.row, "cd" * 32, 1)
    heads_out.leave(kept, signed(folder / "home", other))
    found = faults(folder, kept)
    assert any("the journal was made anew" in one for one in found)
    assert any("the audit was made anew" in one for one in found)


def test_p61_a_renamed_history(folder):
    kept = folder / "renamed.heads"
    last = heads_out.read((folder / "kept.heads").read_text().splitlines())[-1].heads
    secret = read_secret(folder / "home")
    heads_out.leave(kept, heads_out.line_of(secret, "ef" * 32, last))
    assert any("of another exchange" in one for one in faults(folder, kept))


LINES = {
    "empty": lambda lines: [],
    "not json": lambda lines: ["{"],
    "a value edited": lambda lines: [lines[0], lines[1].replace('"row":', '"row":1')],
    "a signature cut": lambda lines: [lines[0][:-4] + '"}'],
    "another key in the middle": lambda lines: [lines[0], _by_another_key(lines[1])],
    "backwards": lambda lines: lines[::-1],
    "a number as a text": lambda lines: [lines[0].replace('"block":', '"block":"1","b":')],
    "nested without end": lambda lines: ["[" * 100_000],
}


def _by_another_key(text):
    plain = json.loads(text)
    one = Heads(**{name: plain[name] for name in Heads.__dataclass_fields__})
    return heads_out.line_of(b"\7" * 64, plain["exchange"], one).text


@pytest.mark.parametrize("how", LINES)
def test_a_file_of_heads_that_cannot_be_relied_on_is_refused(folder, how):
    lines = (folder / "kept.heads").read_text().splitlines()
    bad = folder / "bad.heads"
    bad.write_text("\n".join(LINES[how](lines)))
    (found,) = faults(folder, bad)
    assert "is not a file of heads" in found


def test_heads_are_not_kept_within_the_folder(folder, monkeypatch):
    monkeypatch.setenv(heads_out.VARIABLE, str(folder / "home" / "heads"))
    with pytest.raises(heads_out.BadHeads, match="within the exchange's folder"):
        heads_out.leaving(folder / "home")
    monkeypatch.setenv(heads_out.VARIABLE, str(folder))
    last = heads_out.read((folder / "kept.heads").read_text().splitlines())[-1]
    heads_out.leaving(folder / "home")(last.heads)
    (made,) = folder.glob(f"{last.exchange[:16]}.heads")
    assert heads_out.read(made.read_text().splitlines()) == [last]
