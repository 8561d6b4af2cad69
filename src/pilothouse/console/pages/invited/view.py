"""GET, POST /sign-in/invited/WHOSE/TOKEN/: set a password by an invitation, then sign in.

Nobody is signed in by it: outside the demonstration the second factor is set at the first sign-in.
"""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.forms import SetPasswordForm
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from pilothouse.access.invitations import invited as invited_person
from pilothouse.access.models import Person
from pilothouse.access.passwords import LENGTH_MAX
from pilothouse.console.errors import say

OVER = "This invitation was used, is older than a day, or was never made. Ask for another one."


def invited(request: HttpRequest, whose: str, token: str) -> HttpResponse:
    """Show the form, or set the password."""
    person = invited_person(whose, token)
    if person is None:
        return say(request, HTTPStatus.NOT_FOUND, "Invitation is over", OVER)
    form = SetPasswordForm(person, request.POST if request.method == "POST" else None)
    if request.method == "POST" and _is_short(request) and form.is_valid():
        return _set(request, person, token, form)
    facts = {"form": form, "name": person.username}
    return render(request, "invited/page.html", facts, status=422 if form.is_bound else 200)


def _is_short(request: HttpRequest) -> bool:
    # No longer text reaches the hash.
    return all(len(request.POST.get(one, "")) <= LENGTH_MAX for one in ("new_password1",))


def _set(
    request: HttpRequest, person: Person, token: str, form: SetPasswordForm[Person]
) -> HttpResponse:
    password = form.cleaned_data["new_password1"]
    person.set_password(password)
    with transaction.atomic():
        # Asked again where nobody comes between: two who have the link do not both set it.
        now = Person.objects.select_for_update().get(pk=person.pk)
        if now.has_usable_password() or not now.is_active:
            return say(request, HTTPStatus.NOT_FOUND, "Invitation is over", OVER)
        person.save(update_fields=["password"])
    messages.success(request, "Your password is set. Sign in with it.")
    return redirect("account_login")
