"""An explanation in the terminal: the parts of the console's page, in its order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from pilothouse.wiring.cli.says import OUT

if TYPE_CHECKING:
    from pilothouse.control.explanation import Touching
    from pilothouse.venue.explanation.facts import Section
    from pilothouse.venue.explanation.shown import Shown
    from pilothouse.venue.explanation.what_if import WouldHave
    from pilothouse.wiring.explaining import Explained

RIGHT, LEFT = "right", "left"


def show(found: Explained) -> None:
    """Print an explanation, whole."""
    shown = found.shown
    for fault in shown.explanation.faults:
        _line(fault, "bold red")
    # The client's paragraph is one line, so that it can be copied whole.
    OUT.print(shown.paragraph, markup=False)
    _decided(shown)
    for section in shown.explanation.sections:
        _part(section.title, _arithmetic(section))
    _before(shown)
    _book(shown)
    _changes(found)


def _decided(shown: Shown) -> None:
    made = shown.explanation
    _title("What decided", f"the machine stopped {made.where}")
    _line(made.because, "bold")
    for text in shown.comparisons:
        _line(text)
    if made.outcome:
        _title("What came of it", "in the same block")
        for number, said in enumerate(made.outcome, 1):
            _line(f"{number}. {said}")


def _arithmetic(section: Section) -> Table:
    table = _table(("Line", LEFT), ("How", LEFT), ("Figure", RIGHT))
    for line in section.lines:
        table.add_row(
            Text(line.name), Text(line.how), Text(line.figure.text),
            style="bold" if line.total else "",
        )  # fmt: skip
    return table


def _before(shown: Shown) -> None:
    # Late, because Django is loaded with them.
    from pilothouse.console.templatetags.figures import count, moment

    table = _table(("When, UTC", LEFT), ("Position", RIGHT), ("What", LEFT))
    for one in shown.before:
        table.add_row(moment(one.time), count(one.position), Text(one.said))
    note = "" if shown.nothing else f"{shown.looked}, the latest first"
    _part("What the account did before", Text(shown.nothing) if shown.nothing else table, note)


def _book(shown: Shown) -> None:
    from pilothouse.console.templatetags.figures import count, price, quantity

    book, market = shown.explanation.book, shown.market
    if book is None or market is None:
        return
    table = _table(("Side", LEFT), ("Price", RIGHT), ("Quantity", RIGHT), ("Orders", RIGHT))
    for side, levels in (("sell", book.asks), ("buy", book.bids)):
        for at, size, orders in levels:
            table.add_row(side, price(at, market), quantity(size, market), count(orders))
    is_empty = not (book.asks or book.bids)
    _part(
        f"Book of {market.symbol} at that moment", Text("No order rested.") if is_empty else table
    )


def _changes(found: Explained) -> None:
    _title("Changes in the day before", "on its markets")
    for change in found.changes:
        _change(change, found.without[change.number])
    if not found.changes:
        _line("None.")


def _change(change: Touching, would: WouldHave) -> None:
    from pilothouse.console.templatetags.figures import moment

    signed = ", ".join(one.name for one in change.signers) or "nobody"
    _line(
        f"CH-{change.number} {change.title}, by {change.proposer}, signed by {signed}, "
        f"applied {moment(change.applied_at)} UTC"
    )
    later = f" At position {would.position:,}, {moment(would.time)} UTC."
    _line(f"{would.sentence}{later if would.happens and not would.same else ''} {would.assumed}")


def _part(title: str, body: RenderableType, note: str = "") -> None:
    _title(title, note)
    OUT.print(body, soft_wrap=False)


def _title(title: str, note: str = "") -> None:
    OUT.print()
    OUT.print(Text.assemble((title, "bold underline"), (f"  {note}" if note else "", "dim")))


def _line(text: str, style: str = "") -> None:
    OUT.print(Text(text, style), soft_wrap=False)


def _table(*columns: tuple[str, str]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for heading, side in columns:
        # What is counted is never cut: words fold before figures do.
        is_figure = side == RIGHT
        table.add_column(heading, justify="right" if is_figure else "left", no_wrap=is_figure)
    return table
