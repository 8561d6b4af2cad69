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


class Refused(Exception):
    """The question was refused; nothing was read."""

    def __init__(self, refusal: Refusal, detail: str = "") -> None:
        said = f": {detail}" if detail else ""
        super().__init__(f"{refusal.name} ({refusal.number}){said}. {refusal.remedy}")
        self.refusal = refusal
        self.detail = detail


NOT_ONE_SELECT: Final = Refusal(
    3001, "Only one SELECT is answered", "Write one statement that begins with SELECT or WITH."
)
TABLE_IS_NOT_OPEN: Final = Refusal(
    3002, "A table is not one of the archive", "Take one of the tables beside the editor."
)
FUNCTION_IS_NOT_OPEN: Final = Refusal(
    3003,
    "A function is not allowed",
    "Only the archive's tables are read here, no file or setting.",
)
PURPOSE_IS_MISSING: Final = Refusal(
    3004, "The purpose is missing", "Say in a few words what the answer is for; it is recorded."
)
TOOK_TOO_LONG: Final = Refusal(
    3005, "It took too long", "Ask for less time or fewer markets, or count before you list."
)
SQL_IS_WRONG: Final = Refusal(
    3006, "It cannot be answered as it is written", "Mend what the message names."
)
PARAMETER_IS_WRONG: Final = Refusal(
    3007, "A parameter is missing or wrong", "Fill in every $name with a value of its type."
)
IS_BUSY: Final = Refusal(3008, "Other questions are being answered", "Try again in a few seconds.")
SQL_IS_TOO_LONG: Final = Refusal(
    3009, "The statement is too long to be recorded", "Ask in parts of at most 20,000 letters."
)
TITLE_IS_TOO_LONG: Final = Refusal(
    3010, "The title is too long", "Call the question by at most 64 letters."
)
