"""`pilothouse new-secret`: the way out for a folder whose secret is lost."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pilothouse.venue.pen import holder_of
from pilothouse.wiring import environment
from pilothouse.wiring.cli.options import AsJson, Home
from pilothouse.wiring.cli.says import facts, failure
from pilothouse.wiring.home import close_to_others, is_ours, judged_home
from pilothouse.wiring.sealed_rows import exchange_secret

ACTOR = "command line"
REVOKES = "this revokes every API key and removes every second factor and notice target"


def new_secret(
    revoke: Annotated[
        bool,
        typer.Option(
            "--revoke",
            help="Yes: revoke every API key; remove every second factor and notice target.",
        ),
    ] = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Make a new secret for a stopped exchange whose secret is lost.

    Data encrypted with the old one is lost: every API key is revoked, every second factor and
    notice target removed, people sign in again and set up a second factor anew, and pseudonyms
    change. The audit log records it. An existing secret.key is kept under another name.
    """
    place = judged_home(home)
    if not is_ours(place):
        failure(f"{place} holds no exchange", as_json)
    if not revoke:
        failure(f"{REVOKES}; say so with --revoke", as_json)
    holder = holder_of(place)
    if holder:
        failure(f"the exchange runs, process {holder}; stop it first", as_json)
    close_to_others()
    aside = exchange_secret(place)
    known = environment.read(place)
    if known is not None:
        environment.with_new_secret(place, known)
    facts({"home": str(place), "kept_as": aside or None, **_revoked(place)}, as_json)


def _revoked(place: Path) -> dict[str, int]:
    from pilothouse.wiring.people import begin_django

    begin_django(place)
    from allauth.mfa.models import Authenticator
    from django.db import transaction
    from django.utils import timezone

    from pilothouse.access.models import StoredKey
    from pilothouse.desk.models import Target
    from pilothouse.records import audit

    with transaction.atomic():
        keys = StoredKey.objects.filter(revoked_at__isnull=True).update(revoked_at=timezone.now())
        # Their sealed halves open with no secret any more.
        StoredKey.objects.update(sealed_secret=b"")
        targets, _ = Target.objects.all().delete()
        factors, _ = Authenticator.objects.all().delete()
        told = {"keys_revoked": keys, "targets_removed": targets, "factors_removed": factors}
        audit.write(ACTOR, "secret.new", "secret", "The folder has a new secret", facts=told)
    return told
