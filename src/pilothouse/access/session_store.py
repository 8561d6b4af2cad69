"""Django's engine of sessions, bound to the folder's secret: a row opens nothing by itself.

The table holds a keyed hash of each cookie, so that who reads it has no cookie. And what a session
says is sealed for that hash: nobody reads it there, and copied into another session's row it says
nothing. A row of an earlier release is not found: people sign in again.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import zlib
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from django.conf import settings
from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.models import Session
from django.db import OperationalError
from django.utils import timezone

from pilothouse.access.sealing import SESSIONS, seal, unseal

KEY_CHARACTERS: Final = 40
"""What Django's column holds: 160 bits."""


def row_key(cookie: str) -> str:
    """Return under which key the session of a cookie stands in the database."""
    made = hmac.new(settings.PILOTHOUSE_SESSION_KEY, cookie.encode(), hashlib.sha256)
    return made.hexdigest()[:KEY_CHARACTERS]


class SessionStore(db.SessionStore):
    """A session by its cookie. `session_key` is the cookie, the row's key is its keyed hash."""

    def encode(self, session_dict: dict[str, Any]) -> str:
        """Return what a session says, sealed for its row."""
        plain = zlib.compress(self.serializer().dumps(session_dict))
        return base64.b64encode(seal(*self._bound(), plain, SESSIONS)).decode()

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        """Return what a session says; nothing if it was not sealed for this row."""
        try:
            plain = unseal(*self._bound(), base64.b64decode(session_data), SESSIONS)
            found = self.serializer().loads(zlib.decompress(plain))
        except (InvalidTag, ValueError, zlib.error):
            return {}
        return found if isinstance(found, dict) else {}

    def save(self, must_create: bool = False) -> None:
        """Write the session.

        Raises UpdateError if its row is gone, and what the database says if that refuses.
        """
        try:
            super().save(must_create)
        except UpdateError as lost:
            # Django says that the person signed out elsewhere, whatever the database said.
            why = lost.__context__
            if not isinstance(why, OperationalError):
                raise
        else:
            return
        raise why

    def _bound(self) -> tuple[Any, bytes]:
        return settings.PILOTHOUSE_HOME, row_key(self.session_key or "").encode()

    def _get_session_from_db(self) -> Session | None:
        found = self._rows(self.session_key).filter(expire_date__gt=timezone.now()).first()
        return self._known(found)

    async def _aget_session_from_db(self) -> Session | None:
        live = self._rows(self.session_key).filter(expire_date__gt=timezone.now())
        return self._known(await live.afirst())

    def _known(self, found: Session | None) -> Session | None:
        if found is None:
            self._session_key = None
        return found

    def _rows(self, cookie: str | None) -> Any:
        return self.model.objects.filter(session_key=row_key(cookie or ""))

    def exists(self, session_key: str) -> bool:
        """Tell whether the session of a cookie is there."""
        return bool(self._rows(session_key).exists())

    async def aexists(self, session_key: str) -> bool:
        """Tell whether the session of a cookie is there."""
        return bool(await self._rows(session_key).aexists())

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """Return the row of this session as it is to be written."""
        cookie = self._get_or_create_session_key()  # type: ignore[attr-defined]
        return self._row(cookie, data, self.get_expiry_date())

    async def acreate_model_instance(self, data: dict[str, Any]) -> Session:
        """Return the row of this session as it is to be written."""
        cookie = await self._aget_or_create_session_key()  # type: ignore[attr-defined]
        return self._row(cookie, data, await self.aget_expiry_date())

    def _row(self, cookie: str, data: dict[str, Any], ends: Any) -> Session:
        return Session(row_key(cookie), self.encode(data), ends)

    def delete(self, session_key: str | None = None) -> None:
        """Remove the session of a cookie, of this one if none is named."""
        cookie = session_key or self.session_key
        if cookie is not None:
            self._rows(cookie).delete()

    async def adelete(self, session_key: str | None = None) -> None:
        """Remove the session of a cookie, of this one if none is named."""
        cookie = session_key or self.session_key
        if cookie is not None:
            await self._rows(cookie).adelete()
