"""`pilothouse.connect(home)`: an exchange asked from Python, beside the running one or without it.

It reads the same folder and writes nothing but the audit of what was asked. Anyone who can read
the folder is trusted with it; the person named is the one whom the audit records, and whose rights
decide whether clients are shown.
"""

from __future__ import annotations

import getpass
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from pilothouse.wiring.explaining import Happening, explained
from pilothouse.wiring.home import HOME_VARIABLE, has_exchange
from pilothouse.wiring.people import begin_django

if TYPE_CHECKING:
    from pilothouse.access.models import Person
    from pilothouse.language.names import Receipt
    from pilothouse.language.rows import Message
    from pilothouse.language.schema import Command
    from pilothouse.records.archive.ask import Answer
    from pilothouse.venue.follower import Follower
    from pilothouse.venue.views.accounts import AccountView, BalanceView, PositionView
    from pilothouse.venue.views.markets import MarketView

CATCH_UP_S: Final = 120
"""How long a preview waits for its replica to reach the journal's end."""


class NoExchange(ValueError):
    """The folder holds no exchange, or this process asks another one already."""


@dataclass(frozen=True)
class Frame:
    """The rows of an answer, as Arrow; `note` says what was cut and who is masked."""

    answer: Answer

    @property
    def arrow(self) -> pa.Table:
        """Return the rows as an Arrow table."""
        return self.answer.rows

    @property
    def note(self) -> str:
        """Return what must be said wherever the rows are shown."""
        return self.answer.note

    def pandas(self) -> Any:
        """Return the rows as a pandas data frame; decimals stay exact."""
        return self.answer.rows.to_pandas()

    def polars(self) -> Any:
        """Return the rows as a polars data frame."""
        import polars

        return polars.from_arrow(self.answer.rows)

    def __len__(self) -> int:
        return len(self.answer.rows)


class Moment:
    """The exchange as it stood at a moment: a machine of one's own, read only."""

    def __init__(self, machine: Any) -> None:
        self._machine = machine

    @property
    def position(self) -> int:
        """Return the last command before the moment."""
        return int(self._machine.position)

    @property
    def time(self) -> datetime:
        """Return the time of the last block, UTC."""
        return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=int(self._machine.time))

    def markets(self) -> list[MarketView]:
        """Return every market."""
        from pilothouse.venue.views.markets import all_markets

        return all_markets(self._machine)

    def account(self, number: int) -> AccountView | None:
        """Return one account, or None."""
        from pilothouse.venue.views.accounts import account

        return account(self._machine, number)

    def accounts(self) -> list[AccountView]:
        """Return every account."""
        from pilothouse.venue.views.accounts import account_count

        every = (self.account(number) for number in range(1, account_count(self._machine) + 1))
        return [one for one in every if one is not None]

    def balances(self, account: int) -> list[BalanceView]:
        """Return an account's balances."""
        from pilothouse.venue.views.accounts import balances

        return balances(self._machine, account)

    def positions(self, account: int) -> list[PositionView]:
        """Return an account's positions with their margin arithmetic."""
        from pilothouse.venue.views.accounts import positions

        return positions(self._machine, account)


class Session:
    """Questions to one exchange."""

    def __init__(self, home: Path, person: str = "") -> None:
        self.home = home.resolve()
        if not has_exchange(self.home):
            raise NoExchange(f"{self.home} holds no exchange")
        known = os.environ.get(HOME_VARIABLE)
        from django.apps import apps

        if apps.ready and known != str(self.home):
            raise NoExchange(f"this process asks {known} already; use another for {self.home}")
        begin_django(self.home)
        self._person = _person(person)

    def sql(
        self,
        question: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        purpose: str,
        clients: bool = False,
    ) -> Frame:
        """Answer one SELECT over the archive, or a saved question by its name.

        `clients` shows accounts instead of pseudonyms if the person may see them. Raises Refused,
        and LookupError for a name that no saved question has.
        """
        from pilothouse.records.archive import questions
        from pilothouse.records.archive.ask import ask

        saved = questions.question(question)
        if saved is None and question.isidentifier():
            known = ", ".join(one.name for one in questions.all_questions())
            raise LookupError(f"there is no saved query {question}; there are {known}")
        sees = clients and self._sees_clients
        who: dict[str, Any] = {"actor": self._actor, "purpose": purpose, "sees_clients": sees}
        if saved is None:
            return Frame(ask(self.home, question, parameters, **who))
        given = {name: str(value) for name, value in (parameters or {}).items()}
        made = questions.answered(self.home, saved.sql, saved.parameters, given, **who)
        return Frame(made)

    @property
    def _sees_clients(self) -> bool:
        from pilothouse.control.standing import sees_clients

        return self._person is not None and sees_clients(self._person)

    @property
    def _actor(self) -> str:
        return f"person:{self._person.pk}" if self._person else f"python:{getpass.getuser()}"[:64]

    def as_of(self, moment: datetime | int) -> Moment:
        """Return the exchange behind the last block at or before a moment (UTC or microseconds).

        Raises NoSuchMoment before the journal begins, MomentIsToCome for a moment that is not past
        yet, PastIsSealed for an older engine release.
        """
        from pilothouse.venue.clock import wall_clock_us
        from pilothouse.venue.past import Past

        return Moment(Past(self.home).as_of(_as_us(moment), wall_clock_us()).machine)

    def preview(self, change: Command | int) -> list[dict[str, Any]]:
        """Return what a change would do now, counted on a copy, step by step; nothing is sent.

        `change` is the number of a change of change control, or a command. Answers are integers by
        name, as change control keeps them. Raises LookupError for a number that no change has.
        """
        from pilothouse.control.hearers import EXCHANGE

        with self._rehearsal():
            if isinstance(change, int):
                return _rehearsed_steps(change)
            return [asdict(EXCHANGE.impact(change, 0, 0))]

    def explain(
        self,
        account: int = 0,
        position: int = 0,
        *,
        order: int = 0,
        client_order_id: str = "",
        purpose: str,
    ) -> dict[str, Any]:
        """Return why something happened to an account, line by line, as plain integers and texts.

        Name an account with a position or with its own name of an order, or name an order. Raises
        PermissionError unless the person may see clients, LookupError where nothing is found,
        Refused where the archive cannot be asked about an order.
        """
        if not self._sees_clients:
            raise PermissionError(
                "an explanation names a client: connect as person=, someone who may see clients"
            )
        asked = Happening(account, position, order, client_order_id)
        if not asked.is_named:
            raise LookupError("name an order, or an account with a position or client_order_id")
        return explained(self.home, asked, actor=self._actor, purpose=purpose).as_plain()

    @contextmanager
    def _rehearsal(self) -> Iterator[None]:
        # A replica of one's own, at the journal's end, and change control connected to it alone.
        from pilothouse.control import ports
        from pilothouse.venue.follower import Follower
        from pilothouse.venue.rehearsal import Rehearsal

        follower = Follower(self.home, from_snapshot=True)
        ports.connect(venue=_NoWayIn(), rehearsal=Rehearsal(follower), follower=follower)
        follower.start()
        try:
            _catch_up(follower, self.home)
            yield
        finally:
            follower.stop()
            ports.disconnect()


class _NoWayIn:
    """The way into the exchange that a session does not have."""

    def submit(self, messages: Sequence[Message]) -> list[Receipt]:
        raise PermissionError("a session previews; commands are sent by change control")


def _catch_up(follower: Follower, home: Path) -> None:
    from pilothouse.journal.durable import DurableMark
    from pilothouse.journal.storage import Files
    from pilothouse.venue.follower import ReplicaStopped

    end, until = DurableMark(Files(home)).block, time.monotonic() + CATCH_UP_S
    while follower.block < end:
        if follower.fault or time.monotonic() > until:
            raise ReplicaStopped(follower.fault or f"it is at block {follower.block} of {end}")
        time.sleep(0.01)


def _rehearsed_steps(number: int) -> list[dict[str, Any]]:
    from pilothouse.control.models import Change
    from pilothouse.control.questions import question_of

    change = Change.objects.filter(pk=number).first()
    if change is None:
        raise LookupError(f"there is no change {number}")
    return [question_of(step).answer() for step in change.steps.all()]


def _person(name: str) -> Person | None:
    from pilothouse.access.models import Person

    if not name:
        return None
    found = Person.objects.filter(username=name).first()
    if found is None:
        raise LookupError(f"there is no user {name}; see `pilothouse person`")
    return found


def _as_us(moment: datetime | int) -> int:
    if isinstance(moment, int):
        return moment
    if not isinstance(moment, datetime):
        raise TypeError(f"{moment!r} is neither a datetime nor a whole number of microseconds")
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    passed = moment - datetime.fromtimestamp(0, UTC)
    return (passed.days * 86_400 + passed.seconds) * 1_000_000 + passed.microseconds
