"""Whatever a page holds is shown as it was written: what hides, as its code. JSON: `answers`.

A row of an older release, a client's name of an order or a file's text may hold characters that
turn the order of reading. One place looks at every answer, so that no template can forget.
"""

from __future__ import annotations

from typing import Final

from django.http import HttpResponse

from pilothouse.console.on_answers import OnAnswers
from pilothouse.language.texts import shown

READ_BY_PEOPLE: Final = ("text/html", "text/plain")


class ShownText(OnAnswers):
    """Show the codes of what hides, in every answer that people read."""

    def finish(self, answer: HttpResponse) -> HttpResponse:
        """Return the answer in characters that read as they were written."""
        kind = answer.headers.get("Content-Type", "")
        if answer.streaming or not kind.startswith(READ_BY_PEOPLE):
            return answer
        written = answer.content
        body = shown_bytes(written)
        if body != written:
            answer.content = body
            # It was counted further in: a server tears off what is longer than it says.
            if "Content-Length" in answer.headers:
                answer.headers["Content-Length"] = str(len(body))
        return answer


def shown_bytes(body: bytes) -> bytes:
    """Return a text's bytes with what hides as its code; the same bytes if nothing does."""
    if body.isascii():
        return body
    return shown(body.decode(errors="replace")).encode()
