"""A page that gives back what hides arrives whole: the server counts what it really sends."""

from __future__ import annotations

import urllib.parse

import pytest
from django.conf import settings as configuration
from django.core.asgi import get_asgi_application
from django.http import HttpResponse

from pilothouse.console.gate import gate_of
from pilothouse.console.shown_text import ShownText
from tests.attack.served import connect, request, served

HIDDEN = "\u202eabc\u200b"
TOKEN = "a" * 32
READS = ("/search", "/audit", "/sql", "/nothing-here")
FORM = "content-type: application/x-www-form-urlencoded"


@pytest.fixture
def door(at, team, exchange):
    """The console behind its gate on a port, and the cookies of somebody who is signed in."""
    session = at(team.operator).cookies[configuration.SESSION_COOKIE_NAME].value
    kept = f"cookie: {configuration.CSRF_COOKIE_NAME}={TOKEN}"
    with served(gate_of(get_asgi_application())) as made:
        yield made.port, kept, f"{kept}; {configuration.SESSION_COOKIE_NAME}={session}"


def answered(port, sent):
    """Return an answer's status, what it says of its length, and the body until the end."""
    with connect(port, sent) as plug:
        data = b"".join(iter(lambda: plug.recv(1 << 16), b""))
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    length = next(int(one[15:]) for one in lines if one.startswith(b"content-length:"))
    return int(head.split()[1]), length, body


def get(port, cookies, path):
    asked = f"{path}?{urllib.parse.urlencode({'q': HIDDEN, 'sql': HIDDEN})}"
    return answered(port, request(asked, cookies, "accept: text/html", "connection: close"))


def post(port, cookies, path, **fields):
    origin = f"origin: http://127.0.0.1:{port}"
    body = urllib.parse.urlencode(fields | {"csrfmiddlewaretoken": TOKEN}).encode()
    sent = (cookies, FORM, origin, "connection: close")
    host = f"127.0.0.1:{port}"
    return answered(port, request(path, *sent, body=body, method="POST", host=host))


@pytest.mark.django_db(transaction=True)
def test_what_hides_tears_no_page_off(door):
    port, stranger, person = door
    asked = {path: get(port, person, path) for path in READS}
    asked["sql"] = post(
        port, person, "/sql", sql=f"SELECT '{HIDDEN}'", deed="run", purpose="a b c"
    )
    asked["in"] = post(port, stranger, "/sign-in/login/", login=HIDDEN, password="x")
    shown = 0
    for path, (status, length, body) in asked.items():
        assert status < 500, path
        assert len(body) == length > 0, path
        assert "\u202e".encode() not in body, path
        shown += b"[U+202E]" in body
    assert shown >= 4, "the pages that give it back show its code"


def test_the_length_is_that_of_what_leaves():
    for text in ("plain", HIDDEN, "é"):
        written = HttpResponse(text)
        written.headers["Content-Length"] = str(len(written.content))
        left = ShownText(lambda _request, answer=written: answer)(None)
        assert left.headers["Content-Length"] == str(len(left.content))
