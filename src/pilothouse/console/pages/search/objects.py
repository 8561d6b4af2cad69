"""Objects that can be found: markets, products, changes, incidents, alerts, accounts; by right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from pilothouse.access.models import Person
from pilothouse.access.rights import may
from pilothouse.access.roles import Right
from pilothouse.console import exchange
from pilothouse.console.live.ticker import latest
from pilothouse.console.pages.alerts.reading import alerts_like, lasting
from pilothouse.console.pages.changes.reading import changes_like, open_changes
from pilothouse.console.pages.incidents.reading import active_incidents, incidents_like
from pilothouse.console.pages.search.market_names import names_of
from pilothouse.console.pages.search.place import Place
from pilothouse.control import register
from pilothouse.control.standing import sees_clients
from pilothouse.language.kinds import MarketStatus
from pilothouse.records.archive import questions
from pilothouse.records.client_ids import order_number_of
from pilothouse.venue.views import accounts
from pilothouse.venue.views.markets import MarketView
from pilothouse.watch.measuring import notional

DIGITS_MOST: Final = 18

PAGES: Final = (
    (Right.VIEW, Place("Control room", "page", "/", also="home")),
    (Right.VIEW, Place("Last 15 minutes", "page", "/lately", also="what changed")),
    (Right.VIEW, Place("Inbox", "page", "/inbox", also="waits for me signature")),
    (Right.VIEW, Place("Alerts", "page", "/alerts", also="rules")),
    (Right.VIEW, Place("Incidents", "page", "/incidents")),
    (Right.VIEW, Place("Changes", "page", "/changes")),
    (Right.VIEW, Place("Markets", "page", "/markets")),
    (Right.VIEW, Place("Products", "page", "/products")),
    (Right.VIEW, Place("Runbooks", "page", "/runbooks", also="playbook")),
    (Right.VIEW, Place("SQL", "page", "/sql", also="questions archive query")),
    (Right.VIEW, Place("Index replay", "page", "/replay", also="crash file")),
    (Right.VIEW, Place("People", "page", "/people", also="roles users team sessions")),
    (Right.MANAGE_KEYS, Place("API keys", "page", "/keys", also="api token")),
    (Right.SEE_CLIENTS, Place("API keys", "page", "/keys", also="api token")),
    (Right.SEE_CLIENTS, Place("Orders", "page", "/orders", also="look up order id client")),
    (Right.READ_AUDIT, Place("Audit log", "page", "/audit")),
)


def pages(person: Person) -> list[Place]:
    """Return the pages a person may see."""
    return [place for right, place in PAGES if may(person, right)]


@dataclass(frozen=True)
class MarketLine:
    """A market that can be found: its number, its status now, and its page."""

    number: int
    symbol: str
    status: MarketStatus
    place: Place

    @property
    def address(self) -> str:
        """Return its page."""
        return self.place.address


def market_lines() -> list[MarketLine]:
    """Return every market of the last pulse, the largest open interest first, then spot."""
    pulse = latest()
    if pulse is None:
        return []
    seen = sorted(pulse.markets, key=lambda one: (-notional(one, one.open_interest), one.symbol))
    names = names_of(seen)
    return [
        MarketLine(one.number, one.symbol, MarketStatus(one.status), _market(one, names))
        for one in seen
    ]


def _market(one: MarketView, names: dict[int, tuple[str, ...]]) -> Place:
    return Place(one.symbol, "market", f"/markets/{one.symbol}", names=names[one.number])


def markets() -> list[Place]:
    """Return every market of the last pulse, the largest open interest first."""
    return [one.place for one in market_lines()]


def entries() -> list[Place]:
    """Return the products and runbooks that hold now, and the saved questions."""
    products = [
        Place(one.body["title"], "product", f"/products/{one.key}", also=one.key)
        for one in register.entries("product")
    ]
    runbooks = [
        Place(one.body["title"], "runbook", f"/runbooks#{one.key}", also=one.key)
        for one in register.entries("runbook")
    ]
    asked = [
        Place(one.title, "question", f"/sql?question={one.name}", also=one.name)
        for one in questions.all_questions()
    ]
    return [*products, *runbooks, *asked]


def work(wanted: str) -> list[Place]:
    """Return alerts, incidents and changes that fit; without a word, the open ones."""
    alerts = alerts_like(wanted) if wanted else lasting()
    incidents = incidents_like(wanted) if wanted else active_incidents()
    changes = changes_like(wanted) if wanted else open_changes()
    return [
        *(Place(f"{one.label} {one.title}", "alert", one.address, one.state) for one in alerts),
        *(
            Place(f"{one.label} {one.title}", "incident", one.address, one.state)
            for one in incidents
        ),
        *(Place(f"{one.label} {one.title}", "change", one.address, one.state) for one in changes),
    ]


def people() -> list[Place]:
    """Return everybody who is known, by name."""
    names = Person.objects.order_by("username").values_list("username", flat=True)
    return [Place(one, "person", f"/people/{one}") for one in names]


def numbered(person: Person, digits: str) -> list[Place]:
    """Return everything with this number that is there and the person may see."""
    if not digits.isdecimal() or len(digits) > DIGITS_MOST:
        return []
    same = [one for one in work(digits) if one.address.endswith(f"/{int(digits)}")]
    return [*same, *clients(person, digits), *order_numbered(person, digits)]


def orders(person: Person, text: str) -> list[Place]:
    """Return the order whose spot or futures id was typed, for those who see clients."""
    number = None if text.isdecimal() else order_number_of(text)
    if number is None or not sees_clients(person):
        return []
    return [Place(f"Order {number}", "order", f"/orders/{number}", text)]


def order_numbered(person: Person, digits: str) -> list[Place]:
    """Return where the order of a number is looked up; whether there is one is seen there."""
    if not sees_clients(person):
        return []
    return [Place(f"Order {int(digits)}", "order", f"/orders/{int(digits)}", "look it up")]


def clients(person: Person, digits: str) -> list[Place]:
    """Return the account of this number, for those who see clients."""
    if not digits.isdecimal() or len(digits) > DIGITS_MOST or not sees_clients(person):
        return []
    number = int(digits)
    try:
        with exchange.machine() as machine:
            found = accounts.account(machine, number)
    except exchange.ExchangeIsAway:
        return []
    if found is None:
        return []
    hint = f"{found.client_class.name.lower()}, {found.purpose.name.lower().replace('_', ' ')}"
    return [Place(f"Account {number}", "account", f"/accounts/{number}", hint)]


ALL: Final[tuple[Callable[[], list[Place]], ...]] = (markets, entries, people)
"""What is the same for everybody who may look."""
