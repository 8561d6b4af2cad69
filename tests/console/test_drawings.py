"""Charts and bars: integers that fit their drawing."""

from dataclasses import dataclass
from types import SimpleNamespace

from pilothouse.console.charts.distribution import HEIGHT, WIDTH, distribution
from pilothouse.console.charts.labels import lower_edge, short
from pilothouse.console.pages.contract.depth import depth
from pilothouse.console.pages.control_room.heat import heat


@dataclass(frozen=True)
class Band:
    label: str
    before: int
    after: int


def test_the_tallest_bar_has_the_full_height_and_one_account_shows():
    drawing = distribution([Band("<1", 1, 0), Band("1–2", 500, 1000)])
    few, many = drawing.bars
    assert many.after_height == HEIGHT
    assert few.before_height == 2
    assert few.after_height == 0
    assert many.after_left + many.width <= WIDTH
    assert few.after_left + few.width < many.before_left


def test_a_distribution_of_nobody_draws_flat():
    assert [one.before_height for one in distribution([Band("<1", 0, 0)]).bars] == [0]
    assert distribution([]).bars == ()


def test_depth_shows_the_worst_ask_first_and_the_best_bid_first():
    book = SimpleNamespace(bids=((99, 10, 1), (98, 40, 2)), asks=((101, 1, 1), (102, 20, 1)))
    made = depth(book)
    assert [level.price for level in made.asks] == [102, 101]
    assert [level.price for level in made.bids] == [99, 98]
    assert [level.width for level in made.bids] == [25, 100]
    assert made.asks[1].width == 2


def test_labels_are_as_short_as_an_axis_needs_them():
    assert short("below 1.00") == "<1"
    assert short("1.00 to 1.05") == "1–1.05"
    assert short("50.00 and above") == "≥50"
    assert lower_edge("2.00 to 3.00") == "2"
    assert lower_edge("below 1.00") == "<1"


def test_what_is_far_from_liquidation_is_one_column():
    bands = tuple((f"{k}.00 to {k + 1}.00", k, 10 * k) for k in range(1, 13))
    health = SimpleNamespace(bands=bands)
    made = heat(SimpleNamespace(health=health, contracts=()))
    assert made.labels == ("1", "2", "3", "4", "5", "6", "7")
    assert made.lines[0].cells[-1].accounts == sum(range(7, 13))


def test_the_heat_map_has_all_accounts_first_and_then_the_largest_contracts():
    health = SimpleNamespace(bands=(("<1", 1, 10), ("1–2", 0, 0), (">2", 9, 90)))
    small = SimpleNamespace(market=SimpleNamespace(symbol="PF_A"), health=health)
    bigger = SimpleNamespace(bands=(("<1", 0, 0), ("1–2", 0, 0), (">2", 9, 900)))
    large = SimpleNamespace(market=SimpleNamespace(symbol="PF_B"), health=bigger)
    made = heat(SimpleNamespace(health=health, contracts=(small, large)))
    assert made.labels == ("<1", "1–2", ">2")
    assert [line.symbol for line in made.lines] == ["", "PF_B", "PF_A"]
    assert [(cell.tone, cell.level) for cell in made.lines[0].cells] == [(1, 1), (2, 0), (3, 3)]
