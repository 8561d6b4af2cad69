"""Passwords have an end: a text of any length would be work of any length, for anybody to ask."""

from __future__ import annotations

from typing import Any, Final

from allauth.account.forms import LoginForm, ReauthenticateForm
from django.core.exceptions import ValidationError

LENGTH_MAX: Final = 128
TOO_LONG: Final = f"Password is too long. Use at most {LENGTH_MAX} characters."

NAME_TOO_LONG: Final = f"Name is too long. Use at most {LENGTH_MAX} characters."


class MaximumLength:
    """A validator of new passwords; nothing is cut off in silence."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ValidationError for a longer password."""
        if len(password) > LENGTH_MAX:
            raise ValidationError(TOO_LONG, code="password_too_long")

    def get_help_text(self) -> str:
        """Return what is asked, as a sentence."""
        return f"Your password must contain at most {LENGTH_MAX} characters."


class SignIn(LoginForm):  # type: ignore[misc]
    """The form of signing in: no longer password reaches the hash, no longer name a table."""

    def clean(self) -> Any:
        """Refuse what is too long, whole; nothing is cut."""
        _bounded(self.cleaned_data.get("password") or "")
        if len(self.cleaned_data.get("login") or "") > LENGTH_MAX:
            raise ValidationError(NAME_TOO_LONG, code="name_too_long")
        return super().clean()


class Again(ReauthenticateForm):  # type: ignore[misc]
    """The form that asks for the password once more."""

    def clean_password(self) -> str:
        """Return the password if it is right."""
        _bounded(self.cleaned_data.get("password") or "")
        return str(super().clean_password())


def _bounded(password: str) -> str:
    if len(password) > LENGTH_MAX:
        raise ValidationError(TOO_LONG, code="password_too_long")
    return password
