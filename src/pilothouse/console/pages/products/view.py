"""GET /products: what the house offers, with what is wrong with it now."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse

from pilothouse.access.roles import Right
from pilothouse.console import exchange
from pilothouse.console.answers import answer
from pilothouse.console.rights import needs
from pilothouse.control import register
from pilothouse.control.kinds import product
from pilothouse.control.ports import ports
from pilothouse.desk.models import Incident
from pilothouse.desk.moves import ACTIVE
from pilothouse.language.kinds import MarketStatus


@dataclass(frozen=True)
class ProductLine:
    """One product in the table."""

    key: str
    title: str
    owner: str
    markets: int
    not_online: list[str]
    incidents: int

    @property
    def address(self) -> str:
        """Return its page."""
        return f"/products/{self.key}"


@needs(Right.VIEW)
def products(request: HttpRequest) -> HttpResponse:
    """Answer all products."""
    exchange.reach()
    facts = {"products": [_line(one) for one in register.entries(product.NAME)]}
    return answer(request, "products/page.html", facts, {"nav": "products"})


def _line(entry: register.Entry) -> ProductLine:
    wanted = set(entry.body["markets"])
    markets = [one for one in ports().reader.markets() if one.symbol in wanted]
    subjects = [f"product:{entry.key}", *(f"market:{one}" for one in wanted)]
    active = Incident.objects.filter(affected__subject__in=subjects, state__in=ACTIVE)
    return ProductLine(
        key=entry.key,
        title=entry.body["title"],
        owner=entry.body["owner"].replace("_", " "),
        markets=len(wanted),
        not_online=sorted(one.symbol for one in markets if one.status != MarketStatus.ONLINE),
        incidents=active.distinct().count(),
    )
