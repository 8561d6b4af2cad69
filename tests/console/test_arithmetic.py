"""The margin arithmetic adds up, or the page says where it does not."""

from dataclasses import dataclass, replace
from types import SimpleNamespace

from pilothouse.console.pages.account.arithmetic import arithmetic


@dataclass(frozen=True)
class Margin:
    equity: int = 95
    collateral: int = 100
    unrealised: int = -4
    funding: int = -1
    initial: int = 20
    initial_with_orders: int = 30
    maintenance: int = 10
    lines: tuple = ()


LINES = (
    SimpleNamespace(asset=1, balance=7, index_e12=9, haircut_ppm=0, value=60),
    SimpleNamespace(asset=2, balance=7, index_e12=9, haircut_ppm=0, value=40),
)
POSITIONS = [
    SimpleNamespace(unrealised=-4, funding=-1, initial=20, initial_with_orders=30, maintenance=10)
]
ASSETS = {1: "XXBT", 2: "ZUSD"}


def test_lines_that_add_up_have_no_fault():
    made = arithmetic(replace(Margin(), lines=LINES), POSITIONS, ASSETS)
    assert made.faults == ()
    assert [line.asset for line in made.collateral] == ["XXBT", "ZUSD"]
    assert (made.above_initial, made.above_initial_with_orders, made.above_maintenance) == (
        75,
        65,
        85,
    )


def test_a_total_that_is_not_the_sum_of_its_lines_is_said():
    made = arithmetic(replace(Margin(), lines=LINES, maintenance=11), POSITIONS, ASSETS)
    assert made.faults == ("Maintenance margin is 11 micro-dollars, its lines sum to 10.",)
