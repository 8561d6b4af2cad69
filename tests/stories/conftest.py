"""The stories' stage is tests/browser.py; a story is told through a browser."""

from pathlib import Path

import pytest

from tests.browser import SOURCE

__all__ = ["SOURCE"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A story is told through a browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
