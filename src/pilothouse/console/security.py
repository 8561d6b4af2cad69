"""The content security policy and its companions, on every answer."""

from __future__ import annotations

from typing import Final

from django.http import HttpResponse

from pilothouse.console.on_answers import OnAnswers

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


class ContentSecurityPolicy(OnAnswers):
    """Set the headers on every answer; a page that is about people is never stored."""

    def finish(self, answer: HttpResponse) -> HttpResponse:
        """Return the answer with the headers set."""
        for name, value in HEADERS.items():
            answer.headers[name] = value
        answer.headers.setdefault("Cache-Control", "no-store")
        return answer
