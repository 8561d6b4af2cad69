"""Why was I liquidated? The page, its JSON and the command line over a journal that lived."""

import json
import re
import sqlite3
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import numpy as np
import pytest
from django.test import Client
from typer.testing import CliRunner

from pilothouse.console import exchange as of_console
from pilothouse.console.pages.explanation import noting
from pilothouse.console.templatetags.figures import price, quantity
from pilothouse.control import ports
from pilothouse.control.models import Change, ChangeStep, Signature, Touched
from pilothouse.gate.allowances import Rate
from pilothouse.language.events import (
    Deposited,
    OrderFilled,
    PositionChanged,
    ProtectionStepTaken,
)
from pilothouse.language.kinds import FillKind, ProtectionStep, Side
from pilothouse.language.rows import from_event_row
from pilothouse.records import audit
from pilothouse.records import room as room_module
from pilothouse.records.models import AuditRow
from pilothouse.records.refusals import Bound
from pilothouse.records.timeline import Timeline
from pilothouse.venue.explanation import before as of_before
from pilothouse.venue.explanation import telling, units
from pilothouse.venue.explanation.before import Seen
from pilothouse.venue.explanation.facts import usd
from pilothouse.venue.follower import Span
from pilothouse.venue.leaving_out import without
from pilothouse.venue.past import Past
from pilothouse.wiring.cli import app
from pilothouse.wiring.cli.says import OUT
from tests.control.doubles import Exchange
from tests.engine.eventful import leave_in_the_pool
from tests.venue.lived import CHANGE, CONTRACT, live, write_home

JSON = {"Accept": "application/json"}
SEED = 5


class OfAHome(Exchange):
    """The exchange of one page, with the machine and the folder of a world that lived."""

    def __init__(self, home, machine):
        super().__init__()
        self.home, self.real = home, machine

    @contextmanager
    def machine(self):
        yield self.real


CLOSING = (ProtectionStep.LIQUIDATION, ProtectionStep.INSURANCE, ProtectionStep.UNWIND)


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    """Return a home, its world, and every block's events and receipts."""
    return written(live(SEED), tmp_path_factory.mktemp("why"))


@pytest.fixture(scope="module")
def fallen(tmp_path_factory):
    """Return the same of a world that fell so far that a step alone closed nothing."""
    world = live(SEED, beats=3)
    leave_in_the_pool(world, dollars=1_000)
    world.fall(-150_000, blocks=4)
    return written(world, tmp_path_factory.mktemp("fallen"))


def written(world, home):
    count = len(world.blocks)
    write_home(home, world.blocks, {count // 3, 2 * count // 3})
    # Without a database beside its journal a folder is refused; this process reads its own.
    with closing(sqlite3.connect(home / "pilothouse.sqlite3")) as database:
        database.execute("CREATE TABLE people (name)")
    past, told, position = Past(home), [], 0
    for machine, block in past.blocks_from_command(1):
        stepped = machine.step(np.array(block.rows), block.header.time)
        head = block.header
        span = block.rows.copy(), stepped.receipts, stepped.events
        told.append(Span(head.first_position, head.time, *span, head.number))
        if len(block.rows) and (block.rows[:, 5] == CHANGE.kind).any():
            position = head.first_position
    return home, world, told, position


@pytest.fixture
def console(settings):
    """Let people sign in, and a test say which exchange the pages show."""
    settings.AUTHENTICATION_BACKENDS = [
        *settings.AUTHENTICATION_BACKENDS,
        "django.contrib.auth.backends.ModelBackend",
    ]
    yield shown
    ports.disconnect()


def shown(home, machine):
    """Let the pages show an exchange."""
    made = OfAHome(home, machine)
    ports.connect(made, made, made, made)
    of_console._pasts.clear()
    return made


@pytest.fixture
def exchange(lived, console):
    return console(lived[0], lived[1].machine)


@pytest.fixture
def change(team, lived):
    """The change whose command the journal holds, with who signed it."""
    _, world, _, position = lived
    at = datetime.fromtimestamp(world.time // 10**6, UTC)
    made = Change.objects.create(
        pk=CHANGE.id, kind="margin_schedule", title="Twice the margin", why="volatility",
        state="verified", state_at=at, proposer=team.operator, proposed_at=at,
        change_class="B", direction="protects", reversible="yes",
    )  # fmt: skip
    Touched.objects.create(change=made, name=f"market:{CONTRACT}:margin_schedule")
    ChangeStep.objects.create(
        change=made, number=1, base_version=2, state="verified", position=position, outcome=0,
        applied_at=at,
    )  # fmt: skip
    Signature.objects.create(
        change=made, person=team.risk, proposer=team.operator, roles=["risk"], fingerprint="f",
        preview_hash="h", preview_position=1, signed_at=at, expires_at=at,
    )  # fmt: skip
    return made


def signed_in(person):
    client = Client()
    client.force_login(person, "django.contrib.auth.backends.ModelBackend")
    return client


def liquidations(lived):
    """Return the steps that closed something in the contract, with block and place."""
    found = []
    for span in lived[2]:
        for place in np.flatnonzero(span.events[:, 0] == ProtectionStepTaken.number).tolist():
            one = from_event_row(span.events[place])
            closing = one.event.step in CLOSING
            if closing and one.event.market == CONTRACT and one.position > lived[3]:
                found.append((span.block, place, one))
    return found


def test_a_liquidated_client_gets_an_answer(exchange, team, change, lived):
    block, place, one = liquidations(lived)[0]
    client = signed_in(team.operator)
    address = f"/accounts/{one.account}/why?block={block}&event={place}&purpose=the+client+asks"
    page = client.get(address).content.decode()
    facts = client.get(address, headers=JSON).json()
    assert facts["explanation"]["what"] == "liquidation" and not facts["explanation"]["faults"]
    assert facts["explanation"]["margin"]["equity"] == one.event.equity
    assert facts["paragraph"] in page.replace("&#x27;", "'")
    assert "below the maintenance margin" in facts["paragraph"]
    (touched,) = facts["changes"]
    assert (touched["number"], touched["signers"][0]["name"]) == (change.pk, "risk")
    assert f"/why/without/{change.pk}?block={block}" in page and "Twice the margin" in page
    assert 'hx-sync="closest section:queue all"' in page, "one part after the other"
    rows = AuditRow.objects.filter(deed="explanation.seen", subject=f"account:{one.account}")
    assert [row.facts["purpose"] for row in rows] == ["the client asks"] * 2


def test_without_the_change_is_what_a_world_without_it_did(exchange, team, change, lived):
    """Whether the account is protected by then is read from a run without the change."""
    home, _, _, position = lived
    client, judged = signed_in(team.operator), set()
    for block, place, one in liquidations(lived)[::7][:6]:
        steps, last = 0, None
        for last in without(Past(home), [position], block):
            told = [from_event_row(row) for row in last.stepped.events]
            steps += sum(
                at.account == one.account
                and isinstance(at.event, ProtectionStepTaken)
                and at.event.step in CLOSING
                for at in told
            )
        where = f"block={block}&event={place}"
        part = f"/accounts/{one.account}/why/without/{change.pk}?{where}"
        client.get(f"/accounts/{one.account}/why?{where}&purpose=x")
        answer = client.get(part, headers=JSON).json()
        would, page = answer["would_have"], client.get(part).content.decode()
        assert would["happens"] == (steps > 0)
        assert "same orders at the same moments" in page and "pill-up" not in page
        # A letter that hides nothing names our change and what would have been.
        assert "we changed PF_XBTUSD: " in answer["for_client"]
        assert ("would not have happened." in answer["for_client"]) == (steps == 0)
        judged.add(would["happens"])
    assert False in judged, "the change is to have hurt someone"


def test_a_purpose_is_asked_for_and_clients_are_not_shown_to_everyone(exchange, team, lived):
    block, place, one = liquidations(lived)[0]
    address = f"/accounts/{one.account}/why?block={block}&event={place}"
    client = signed_in(team.operator)
    assert "For which purpose?" in client.get(address).content.decode()
    long = client.get(f"{address}&purpose={'x' * 201}")
    assert long.status_code == 400 and "at most 200 characters" in long.content.decode()
    assert not AuditRow.objects.filter(deed="explanation.seen").exists()
    assert client.get(address, headers=JSON).status_code == 400
    assert signed_in(team.viewer).get(f"{address}&purpose=x").status_code == 403
    assert not AuditRow.objects.filter(deed="explanation.seen").exists()


def test_what_would_have_been_is_shown_to_those_who_gave_a_purpose(
    exchange, team, change, lived, monkeypatch
):
    block, place, one = liquidations(lived)[0]
    where = f"block={block}&event={place}"
    part = f"/accounts/{one.account}/why/without/{change.pk}?{where}"
    whole = f"/accounts/{one.account}/why?{where}&purpose=x"
    client, other = signed_in(team.operator), signed_in(team.auditor)
    other.get(whole)
    refused = client.get(part, headers=JSON)
    assert refused.status_code == 403 and "enter your purpose" in refused.json()["error"]
    assert "would_have" not in refused.json()
    assert client.get(whole).status_code == client.get(part).status_code == 200
    later = datetime.now(UTC) + timedelta(hours=13)
    monkeypatch.setattr(noting, "timezone", SimpleNamespace(now=lambda: later))
    assert client.get(part).status_code == 403
    rows = AuditRow.objects.filter(deed="explanation.refused", subject=f"account:{one.account}")
    assert [row.outcome for row in rows] == ["refused"] * 2


def test_asking_in_vain_leaves_a_row(exchange, team, change, lived, monkeypatch):
    # However long a hundred requests take here, no time passes for the bound.
    monkeypatch.setattr(audit, "BOUND", Bound(clock=lambda: 0.0))
    client = signed_in(team.operator)
    assert client.get("/accounts/7/why?position=999999999&purpose=x").status_code == 404
    (row,) = AuditRow.objects.filter(deed="explanation.refused")
    assert row.subject == "account:7" and row.actor == f"person:{team.operator.pk}"
    for _ in range(100):
        client.get(f"/accounts/7/why/without/{change.pk}?position=1")
    assert AuditRow.objects.filter(deed="explanation.refused").count() <= 70, "bounded"


def test_what_is_nobodys_or_another_accounts_is_not_explained(exchange, team, lived):
    block, place, one = liquidations(lived)[0]
    client = signed_in(team.operator)
    for account, asked in (
        (one.account + 1, f"block={block}&event={place}"),
        (one.account, "position=999999999"),
        (one.account, "position=many"),
        (one.account, "nothing=1"),
        (one.account, f"order={lived[3]}"),
    ):
        answer = client.get(f"/accounts/{account}/why?{asked}&purpose=x")
        assert answer.status_code == 404 and "No explanation" in answer.content.decode()


def test_the_paragraph_names_nobody_else(exchange, team, change, lived):
    """A fill has two sides; whoever reads one of them learns no account and no order of it."""
    fills = [
        (span.block, place, from_event_row(span.events[place]))
        for span in lived[2][-8:]
        for place in np.flatnonzero(span.events[:, 0] == OrderFilled.number).tolist()
    ]
    client = signed_in(team.operator)
    for block, place, one in fills[:5]:
        address = f"/accounts/{one.account}/why?block={block}&event={place}&purpose=x"
        facts = client.get(address, headers=JSON).json()
        assert facts["explanation"]["what"] == "fee"
        assert str(one.event.maker_account) not in facts["paragraph"].split()
        assert str(one.event.maker_order) not in facts["paragraph"].replace(".", " ").split()


def test_looks_take_room_of_their_person_in_the_audit(exchange, team, lived, monkeypatch):
    block, place, one = liquidations(lived)[0]
    address = f"/accounts/{one.account}/why?block={block}&event={place}&purpose=x"
    rows = AuditRow.objects.filter(deed="explanation.seen")
    client = signed_in(team.operator)
    assert client.get(address, headers=JSON).status_code == 200 and rows.count() == 1
    room = Rate(room_module.ROW_BYTES, 0)
    monkeypatch.setattr(room_module, "OF_A_DAY", room)
    refused = client.get(address, headers=JSON)
    assert refused.status_code == 429 and "as it keeps of one person" in refused.json()["error"]
    assert rows.count() == 1, "what is not written is not shown"


def test_the_command_line_says_the_same(exchange, team, change, lived):
    home, _, told, _ = lived
    refused = next(
        (span, int(span.receipts[k, 0]), span.rows[k])
        for span in told[-8:]
        for k in np.flatnonzero(span.receipts[:, 1]).tolist()
        if (span.rows[:, 1] == 1).all() and int(span.rows[k, 0]) == 200
    )
    span, position, row = refused
    asked = ["explain", "--account", str(row[7]), "--position", str(position), "--home", str(home)]
    done = CliRunner().invoke(app, [*asked, "--json", "--purpose", "a test"])
    assert done.exit_code == 0, done.output
    facts = json.loads(done.stdout)
    assert facts["explanation"]["what"] == "refusal"
    assert facts["explanation"]["moment"]["block"] == span.block
    assert AuditRow.objects.filter(facts__purpose="a test").count() == 1
    plain = CliRunner().invoke(app, asked)
    assert facts["paragraph"][:40] in plain.output
    order = CliRunner().invoke(app, ["explain", "--order", str(position), "--home", str(home)])
    assert order.exit_code == 0 and facts["paragraph"][:40] in order.output
    assert CliRunner().invoke(app, ["explain", "--home", str(home)]).exit_code == 2
    idle = CliRunner().invoke(app, [*asked, "--purpose", " "])
    assert idle.exit_code == 1 and "enter the purpose" in idle.output


def test_the_command_line_prints_all_that_the_page_shows(
    exchange, team, change, lived, monkeypatch
):
    monkeypatch.setattr(OUT, "_width", 240)
    *_, one = liquidations(lived)[0]
    home = lived[0]
    where = ["--account", str(one.account), "--position", str(one.position), "--home", str(home)]
    done = CliRunner().invoke(app, ["explain", *where])
    assert done.exit_code == 0, done.output
    said = done.output
    address = f"/accounts/{one.account}/why?position={one.position}&purpose=x"
    facts = signed_in(team.operator).get(address, headers=JSON).json()
    asked = CliRunner().invoke(app, ["explain", *where, "--json"])
    plain = json.loads(asked.stdout)
    assert plain == {name: facts[name] for name in plain}, "one answer at every door"
    made, market = facts["explanation"], SimpleNamespace(**facts["market"])
    assert facts["paragraph"] in said and made["because"] in said
    for text in (
        *facts["comparisons"],
        *made["outcome"],
        *(one["title"] for one in made["sections"]),
    ):
        assert text in said
    for line in (line for section in made["sections"] for line in section["lines"]):
        assert re.search(rf"{re.escape(line['name'])} .*{re.escape(line['figure']['text'])}", said)
    assert facts["before"] and f"{facts['looked']}, the latest first" in said
    for deed in facts["before"]:
        assert re.search(rf"{deed['position']:,} +{re.escape(deed['said'])}", said)
    assert made["book"]["bids"] and f"Book of {market.symbol} at that moment" in said
    for side, levels in (("sell", made["book"]["asks"]), ("buy", made["book"]["bids"])):
        for at, size, orders in levels:
            level = f"{price(at, market)} +{quantity(size, market)} +{orders:,}"
            assert re.search(rf"{side} +{level}\n", said)
    assert f"CH-{change.pk} Twice the margin, by operator, signed by risk, applied" in said
    assert facts["without"][str(change.pk)]["sentence"] in said


def test_an_account_that_did_nothing_is_told_so_on_the_page_and_in_the_terminal(
    exchange, team, lived, monkeypatch
):
    monkeypatch.setattr(of_before, "LOOK_BACK_WORK", 0)
    monkeypatch.setattr(Seen, "take", lambda *_: None)
    *_, one = liquidations(lived)[0]
    where = ["--account", str(one.account), "--position", str(one.position)]
    address = f"/accounts/{one.account}/why?position={one.position}&purpose=x"
    page = signed_in(team.operator).get(address).content.decode()
    done = CliRunner().invoke(app, ["explain", *where, "--home", str(lived[0])])
    (nothing,) = re.findall(r"Nothing since [^.]+ UTC, block [\d,]+; [^.]+\.", page)
    assert nothing.endswith("it was not looked further back.")
    assert nothing in done.output.replace("\n", " ").replace("  ", " ")


def test_the_timeline_names_every_event_that_is_explained(lived):
    timeline = Timeline()
    for span in lived[2]:
        timeline.hear(span)
    block, place, one = liquidations(lived)[-1]
    mine = timeline.of(one.account)
    assert any((entry.block, entry.place) == (block, place) for entry in mine)
    assert [entry.position for entry in mine] == sorted(
        (entry.position for entry in mine), reverse=True
    )
    assert timeline.since == lived[2][0].time


def test_the_account_page_asks_why(exchange, team, lived, monkeypatch):
    timeline = Timeline()
    for span in lived[2]:
        timeline.hear(span)
    monkeypatch.setattr("pilothouse.console.pages.account.events.TIMELINE", timeline)
    block, place, one = liquidations(lived)[-1]
    page = signed_in(team.operator).get(f"/accounts/{one.account}").content.decode()
    assert f"/accounts/{one.account}/why?block={block}&amp;event={place}" in page


def test_what_came_of_it_is_told_to_the_end_of_the_block(console, team, fallen):
    """A step that closed nothing is followed by one that did: the paragraph has both."""
    console(fallen[0], fallen[1].machine)
    client, followed = signed_in(team.operator), 0
    for block, place, one in liquidations(fallen)[-24:]:
        span = next(at for at in fallen[2] if at.block == block)
        told = [from_event_row(row) for row in span.events[place:]]
        steps, mine, last = 0, False, None
        realised = dict.fromkeys(range(1, 50), 0)
        for at in told:
            if isinstance(at.event, ProtectionStepTaken):
                mine = at.account == one.account
                kind = at.event.step, at.event.market
                goes_on = kind == last and at.event.step == ProtectionStep.UNWIND
                steps += mine and not goes_on
                last = kind if mine else last
            elif mine and at.account == one.account and isinstance(at.event, PositionChanged):
                realised[steps] += at.event.realised
        address = f"/accounts/{one.account}/why?block={block}&event={place}&purpose=x"
        facts = client.get(address, headers=JSON).json()
        outcome = facts["explanation"]["outcome"]
        assert sum(said.startswith("Equity protection then") for said in outcome) == steps - 1
        for amount in filter(None, realised.values()):
            result = "a loss" if amount < 0 else "a profit"
            figure = usd(abs(amount)).text
            assert any(f"{result} of {figure};" in said for said in outcome), outcome
        assert " ".join(outcome) in facts["paragraph"]
        followed += steps > 1
    assert followed, "a step is to have been followed by another"


def test_what_an_account_did_is_told_in_symbols_and_amounts(exchange, team, lived):
    block, place, one = liquidations(lived)[-1]
    client = signed_in(team.operator)
    address = f"/accounts/{one.account}/why?block={block}&event={place}&purpose=x"
    page = client.get(address).content.decode()
    before = client.get(address, headers=JSON).json()["before"]
    assert before and all(line["said"] in page.replace("&#x27;", "'") for line in before)
    assert not re.search(r"(market|contract|asset) \d", "".join(line["said"] for line in before))
    assert "No change." in page, "no change touched it"


def test_each_side_of_a_fill_reads_what_it_did_itself(lived):
    world = lived[1]
    machine, fill = world.machine, OrderFilled(
        market=CONTRACT, trade=1, side=Side.BUY, taker_order=7, maker_order=5, maker_account=2,
        price=15_000, quantity=250, value=1, taker_fee=1, maker_fee=1, fill_kind=FillKind.TRADE,
    )  # fmt: skip
    of = units.market_of(machine, CONTRACT)
    what = f"{units.quantity(machine, of, 250).text} in {of.symbol} at "
    what += units.price(machine, of, 15_000).text
    assert telling.told(machine, fill, 1) == f"order 7: bought {what}"
    assert telling.told(machine, fill, 2) == f"order 5: sold {what}"
    paid = Deposited(asset=1, amount=4_250_000_000, reference=0)
    assert telling.told(machine, paid, 1) == "4,250 USD are deposited"
