"""The style sheet and the scripts: joined once when the process starts, named by their digest.

A browser may keep what it fetched for ever, because another content has another address. Nothing
comes from outside this machine; htmx is read from the installed django-htmx.
"""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.utils.cache import patch_vary_headers

STYLES: Final = (
    "tokens",
    "page",
    "layout",
    "shell",
    "panel",
    "table",
    "button",
    "form",
    "timeline",
    "chart",
    "dialog",
    "sql",
)
SCRIPTS: Final = ("clock", "keys", "palette", "feed", "signed_out", "send_once", "run", "brief")
FOR_EVER: Final = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class Asset:
    """A file as it is sent: its bytes, plain and compressed, and the digest in its address."""

    name: str
    content_type: str
    body: bytes
    compressed: bytes
    digest: str


def _asset(name: str, content_type: str, body: bytes) -> Asset:
    digest = hashlib.sha256(body).hexdigest()[:16]
    return Asset(name, content_type, body, gzip.compress(body, mtime=0), digest)


def _joined(folder: str, names: tuple[str, ...]) -> bytes:
    here = files("pilothouse.console") / "static" / folder
    return b"\n".join((here / f"{name}.{folder}").read_bytes() for name in names)


@cache
def asset(name: str) -> Asset | None:
    """Return the asset called `name`, or None. There are three and an icon."""
    if name == "console.css":
        return _asset(name, "text/css; charset=utf-8", _joined("css", STYLES))
    if name == "console.js":
        return _asset(name, "text/javascript; charset=utf-8", _joined("js", SCRIPTS))
    if name == "htmx.js":
        here = files("django_htmx") / "static" / "django_htmx" / "htmx-2.min.js"
        return _asset(name, "text/javascript; charset=utf-8", here.read_bytes())
    if name == "icon.svg":
        here = files("pilothouse.console") / "static" / "icon.svg"
        return _asset(name, "image/svg+xml", here.read_bytes())
    return None


def address(name: str) -> str:
    """Return the address of the asset called `name`; a name that is none raises KeyError."""
    found = asset(name)
    if found is None:
        raise KeyError(name)
    return f"/assets/{found.digest}/{name}"


@login_not_required
def send(request: HttpRequest, digest: str, name: str) -> HttpResponse:
    """Answer an asset, compressed where the browser takes it. Any digest gets today's content."""
    found = asset(name)
    if found is None:
        return HttpResponseNotFound()
    takes_gzip = "gzip" in request.headers.get("Accept-Encoding", "")
    body = found.compressed if takes_gzip else found.body
    answer = HttpResponse(body, content_type=found.content_type)
    if takes_gzip:
        answer["Content-Encoding"] = "gzip"
    answer["Cache-Control"] = FOR_EVER if digest == found.digest else "no-cache"
    patch_vary_headers(answer, ["Accept-Encoding"])
    return answer
