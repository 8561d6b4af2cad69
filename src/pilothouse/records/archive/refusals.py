"""Why a question to the archive is not answered: a number, a sentence, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Refusal:
    """One reason."""

    number: int
    name: str
    remedy: str


DETAIL_MOST: Final = 300
"""Characters of what was found: it may be a name from the statement."""


class Refused(Exception):
    """The question was refused."""

    def __init__(self, refusal: Refusal, detail: str = "") -> None:
        detail = detail if len(detail) <= DETAIL_MOST else f"{detail[:DETAIL_MOST]}…"
        said = f": {detail}" if detail else ""
        super().__init__(f"{refusal.name} ({refusal.number}){said}. {refusal.remedy}")
        self.refusal = refusal
        self.detail = detail


_ALL: dict[int, Refusal] = {}


def _refusal(number: int, name: str, remedy: str) -> Refusal:
    _ALL[number] = Refusal(number, name, remedy)
    return _ALL[number]


def by_number(number: int) -> Refusal:
    """Return a refusal by its number; raises KeyError."""
    return _ALL[number]


NOT_ONE_SELECT: Final = _refusal(
    3001, "Only one SELECT is answered", "Write one statement that begins with SELECT or WITH."
)
TABLE_IS_NOT_OPEN: Final = _refusal(
    3002, "A table is not one of the archive", "Use one of the tables beside the editor."
)
FUNCTION_IS_NOT_OPEN: Final = _refusal(
    3003,
    "A function is not allowed",
    "Use functions that compute from their arguments; files and settings cannot be read.",
)
PURPOSE_IS_MISSING: Final = _refusal(
    3004,
    "The purpose is missing or too short",
    "Enter the purpose, with at least three letters or digits; the audit records it.",
)
TOOK_TOO_LONG: Final = _refusal(
    3005, "It took too long", "Ask for less time or fewer markets, or count before you list."
)
SQL_IS_WRONG: Final = _refusal(
    3006, "It cannot be answered as it is written", "Correct what the message names."
)
PARAMETER_IS_WRONG: Final = _refusal(
    3007, "A parameter is missing or wrong", "Fill in every $name with a value of its type."
)
IS_BUSY: Final = _refusal(3008, "Other queries are being answered", "Try again in a few seconds.")
SQL_IS_TOO_LONG: Final = _refusal(
    3009, "The statement is too long to be recorded", "Ask in parts of at most 20,000 characters."
)
TITLE_IS_TOO_LONG: Final = _refusal(
    3010, "The title is too long", "Name the query in at most 64 characters."
)
IS_TOO_DEEP: Final = _refusal(
    3011,
    "The statement is nested too deeply",
    "Write it with fewer levels, for example with WITH.",
)
NEEDS_TOO_MUCH_MEMORY: Final = _refusal(
    3012, "It needs more memory than a query gets", "Aggregate before you list, or ask for less."
)
ANSWER_IS_TOO_LARGE: Final = _refusal(
    3013, "The answer is too large", "Select fewer columns or rows, or shorter texts."
)
VALUE_CANNOT_BE_SHOWN: Final = _refusal(
    3014,
    "A column has values that cannot be shown or exported",
    "Cast the column, for example column::VARCHAR.",
)
PURPOSE_IS_TOO_LONG: Final = _refusal(
    3015, "The purpose is too long to be recorded", "Use at most 200 characters."
)
ENDED: Final = _refusal(
    3016, "The query ended without an answer", "Try again; if it ends again, write it differently."
)
ASKED_TOO_MUCH: Final = _refusal(
    3042,
    "The audit keeps 16 MiB of one person's queries a day, and that is used up",
    "Ask with a shorter statement, or later: the daily limit recovers within 24 hours.",
)
TOO_MANY_SAVED: Final = _refusal(
    3017, "No more queries can be saved", "Save over one of your own queries, by its title."
)
ARCHIVE_IS_DAMAGED: Final = _refusal(
    3018,
    "A file of the archive is missing or damaged",
    "The archive is checked now and, if it is damaged, rebuilt from the journal. Try again later.",
)
NOT_RECORDED: Final = _refusal(
    3041,
    "The audit cannot be written now",
    "Nothing is answered that is not recorded. Try again when the database is back.",
)
TEXT_HIDES: Final = _refusal(
    3040,
    "A text does not read as it was written",
    "Remove the characters that hide or turn it.",
)
FACTOR_IS_OLD: Final = _refusal(
    3043,
    "Your second factor was confirmed more than an hour ago",
    "Confirm it at /sign-in/2fa/reauthenticate/ in another tab, then run the query again.",
)
