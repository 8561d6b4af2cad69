"""A client of a whole exchange, and the table of what was tried, printed after a world."""

from dataclasses import dataclass

import pytest

from tests.faults.client import Client, Judged, judge

BACK = "back by itself"
HEADS = ("fault", "tried", "acknowledged", "lost", "executed twice", "after it")


@dataclass
class Row:
    """A row of the table. `end` says how the exchange came back, or refused."""

    fault: str
    tried: int
    judged: Judged
    end: str

    def texts(self) -> tuple[str, ...]:
        counts = self.judged.acknowledged, self.judged.lost, self.judged.twice
        return (self.fault, str(self.tried), *map(str, counts), self.end)


ROWS = pytest.StashKey[list[Row]]()
FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Note a test that failed: its row does not say that all came back."""
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


@pytest.fixture
def table(request):
    """Add a row of the table: how often it was tried, what was judged, and how it ended."""

    def add(tried, judged, end=BACK):
        name = request.node.name.removeprefix("test_").replace("_", " ")
        request.config.stash.setdefault(ROWS, []).append(Row(name, tried, judged, end))

    return add


@pytest.fixture
def client(whole, request, table):
    """A client of the module's whole exchange, judged at the end."""
    tried = whole.tried
    with Client(whole, f"t{abs(hash(request.node.name)) % 10**9}") as made:
        made.goes_on()
        yield made
    came_back = not request.node.stash.get(FAILED, False)
    table(whole.tried - tried, judge(made), BACK if came_back else "NOT AS IT SHOULD BE")


def pytest_terminal_summary(terminalreporter, config):
    """Print the table where worlds are lived."""
    rows = config.stash.get(ROWS, [])
    if "not world" in config.option.markexpr or not rows:
        return
    terminalreporter.section("the table of faults")
    texts = [HEADS, *(one.texts() for one in rows)]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    for one in texts:
        line = " | ".join(text.ljust(wide) for text, wide in zip(one, widths, strict=True))
        terminalreporter.write_line(line.rstrip())
