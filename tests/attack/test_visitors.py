"""The console against people without a session, and against one person who has one."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from django.contrib.auth.hashers import check_password
from django.db import connection
from django.test import AsyncClient, Client

from pilothouse.access.passwords import LENGTH_MAX
from pilothouse.console.live import places, view
from pilothouse.console.live.places import Places
from pilothouse.gate.allowances import Rate
from pilothouse.records import audit, checking
from pilothouse.records.models import AuditHead, AuditRow
from pilothouse.records.refusals import PERSON, STRANGER, SUMMARY_EVERY_S, Bound

FEED_JS = Path(view.__file__).parents[1] / "static" / "js" / "feed.js"
LONG = "/changes/1/moves/" + "x" * 60_000
HTMX = {"HX-Request": "true"}


@pytest.mark.django_db
def test_nobody_writes_no_row_however_often_they_ask():
    client = Client(enforce_csrf_checks=True)
    for _ in range(300):
        assert client.post(LONG).status_code == 403
    assert AuditRow.objects.count() == 0
    audit.write_summaries()
    audit.write_summaries()
    row = AuditRow.objects.get()
    assert row.actor == "nobody" and row.facts["count"] == 300
    assert len(str(row.facts)) < 500, "the path is cut"


@pytest.mark.django_db
def test_refused_sign_ins_of_strangers_are_bounded():
    from django.contrib.auth.signals import user_login_failed

    from pilothouse.access.models import Person

    for number in range(500):
        user_login_failed.send(Person, credentials={"username": f"n{number}"}, request=None)
    assert AuditRow.objects.count() <= STRANGER.limit


@pytest.mark.django_db
def test_one_person_does_not_fill_the_audit_either(at, team, stage):
    viewer = at(team.viewer)
    long = "/changes/propose?x=" + "y" * 5_000
    for _ in range(int(PERSON.limit) + 40):
        assert viewer.post(long, {"kind": "price_band"}).status_code == 403
    mine = AuditRow.objects.filter(actor=f"person:{team.viewer.pk}", outcome="refused")
    assert 0 < mine.count() <= PERSON.limit + 20, "half a row a second comes back"
    longest = max(len(str(one.facts)) for one in mine)
    assert longest < 500


def test_summaries_come_once_a_minute_and_kinds_are_bounded():
    now = [0.0]
    bound = Bound(lambda: now[0])
    for number in range(5_000):
        bound.is_row("nobody", "request", {"n": number})
    assert [(one.count, one.last) for one in bound.due()] == [(5_000, {"n": 4_999})]
    bound.is_row("nobody", "request", {})
    assert bound.due() == []
    now[0] += SUMMARY_EVERY_S
    assert [one.count for one in bound.due()] == [1]


# the audit's page


def rows(count):
    from django.db import transaction

    with transaction.atomic():
        for number in range(count):
            audit.write("machine", "deed", "thing", f"row {number}")


@pytest.mark.django_db
def test_the_audit_page_reads_what_is_new_and_no_more(at, team, stage, monkeypatch):
    monkeypatch.setattr(checking, "PIECE", 50)
    rows(120)
    read = []
    followed = checking.check_chain
    monkeypatch.setattr(
        checking,
        "check_chain",
        lambda found, *rest: read.append(len(found)) or followed(found, *rest),
    )
    auditor = at(team.auditor)
    for _ in range(4):
        assert "chain verified" in auditor.get("/audit").content.decode()
    assert max(read) <= 50
    before = sum(read)
    auditor.get("/audit")
    assert sum(read) == before, "nothing new: nothing is read again"


@pytest.mark.django_db
@pytest.mark.parametrize("harm", ["changed", "removed", "cut", "emptied"])
def test_what_was_changed_long_ago_shows_within_a_round(monkeypatch, harm):
    monkeypatch.setattr(checking, "PIECE", 50)
    rows(120)
    found = checking.Checking()
    for _ in range(5):
        found.go_round()
    assert found.verdict().whole and found.verdict().rows == 120
    every = AuditRow.objects.all()
    if harm == "changed":
        with connection.cursor() as cursor:
            cursor.execute("UPDATE records_auditrow SET sentence = 'another' WHERE number = 10")
    elif harm == "removed":
        every.filter(number=10)._raw_delete("default")
    elif harm == "cut":
        every.filter(number__gt=100)._raw_delete("default")
        last = AuditRow.objects.order_by("-number").first()
        AuditHead.objects.update(number=last.number, hash=last.hash)
    else:
        every._raw_delete("default")
    for _ in range(8):
        found.go_round()
    assert not found.verdict().whole


# signing in, and out


@pytest.mark.django_db
def test_p40_a_password_beyond_its_length_is_refused_not_cut(at, team):
    team.viewer.set_password("y" * LENGTH_MAX)
    team.viewer.save()
    client = Client()
    for password in ("y" * (LENGTH_MAX + 1), "y" * 5_000):
        form = {"login": team.viewer.username, "password": password}
        answer = client.post("/sign-in/login/", form)
        assert answer.status_code == 200 and "too long" in answer.content.decode()
    assert check_password("y" * LENGTH_MAX, team.viewer.password)
    form = {"login": team.viewer.username, "password": "y" * LENGTH_MAX}
    assert client.post("/sign-in/login/", form).status_code == 302


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address", ["/panels/markets", "/replay/banner", "/search?q=a", "/changes/1/effects/instead"]
)
def test_p69_a_part_of_a_page_without_a_session_says_so_and_redirects_nowhere(address):
    answer = Client().get(address, headers=HTMX)
    assert answer.status_code == 401
    assert answer["X-Sign-In"] == "/sign-in/login/"
    assert answer["HX-Reswap"] == "none"
    assert "Location" not in answer and b"<form" not in answer.content
    assert Client().get(address).status_code == 302, "a page of its own is sent to sign in"


def test_p69_the_page_keeps_what_was_typed_and_stops_its_pollers():
    words = (FEED_JS.parent / "signed_out.js").read_text()
    assert "htmx:beforeRequest" in words and "preventDefault" in words
    assert "location.reload" not in words and "location =" not in words
    assert "status === 401" in words and "csrfmiddlewaretoken" in words


def test_p70_a_feed_that_fails_waits_longer_each_time_and_not_in_step():
    words = FEED_JS.read_text()
    assert 'addEventListener("error"' in words
    assert re.search(r"waitMs \* \(0\.75 \+ Math\.random\(\) / 2\)", words)
    assert "waitMs * 2" in words and "LONGEST_WAIT_MS" in words


@pytest.mark.django_db(transaction=True)
def test_p70_full_means_503_with_a_wait_and_nobody_is_thrown_out(at, team, monkeypatch):
    kept = Places(of_one=3, in_all=4, pace=Rate(100, 100))
    monkeypatch.setattr(view, "PLACES", kept)
    cookies = at(team.viewer).cookies, at(team.operator).cookies

    async def crowd():
        told = []
        for owner in (0, 0, 0, 0, 1, 1):
            client = AsyncClient()
            client.cookies = cookies[owner]
            answer = await client.get("/live")
            told.append(answer.status_code)
            if answer.status_code == 503:
                assert 1 <= int(answer["Retry-After"]) <= 60
        return told

    told = asyncio.run(crowd())
    assert told == [200, 200, 200, 503, 200, 503]
    assert len(kept) == 4 and kept.refused == 2


def test_p70_after_a_restart_feeds_are_opened_at_a_pace():
    assert places.PACE.limit <= 60 and places.PACE.per_second <= 60
    full = Places(pace=Rate(60, 0))
    assert sum(full.enter(number) for number in range(1_000)) == 60
    for number in range(60):
        full.leave(number)
    assert len(full) == 0


def test_one_person_does_not_use_up_the_pace_of_all():
    kept = Places(pace=Rate(60, 0))
    for _ in range(1_000):
        if kept.enter(1):
            kept.leave(1)
    assert kept.enter(2)


# F19: no 5xx


@pytest.mark.django_db
@pytest.mark.parametrize(
    "back",
    ["nowhere", "", "//evil", "/\\evil", "https://evil", "/a\r\nSet-Cookie: x=1", "../", "a:b",
     "/" + "x" * 9_000, "javascript:1", "\x00", "account_login", "/ok?x=é"],
)  # fmt: skip
def test_theme_goes_back_to_a_page_of_ours_or_home(back):
    answer = Client().post("/theme", {"theme": "dark", "back": back})
    assert answer.status_code == 302
    assert answer["Location"].startswith("/") and not answer["Location"].startswith(("//", "/\\"))


@pytest.mark.django_db
@pytest.mark.parametrize("digits", ["9" * 100_000, "9" * 5_000, "9" * 19, "٣", "-1", "1e5", "0x1"])
def test_p39_long_digits_where_the_console_takes_a_number(at, team, stage, digits):
    auditor = at(team.auditor)
    for address in (f"/audit?before={digits}", f"/changes?q={digits}", f"/search?q={digits}"):
        assert auditor.get(address).status_code < 500
    for name in ("changes", "incidents", "alerts", "accounts"):
        assert auditor.get(f"/{name}/{digits}").status_code in (403, 404)
    propose = at(team.operator).get(f"/changes/propose?kind=price_band&cause=incident:{digits}")
    assert propose.status_code < 500
