"""Names that the machine holds as words."""

from __future__ import annotations

from typing import Any

from pilothouse.language.rows import words_text


def text_of(row: Any, name: str, words: int) -> str:
    """Return the text of a row's words name_0, name_1, …"""
    return words_text([int(row[f"{name}_{k}"]) for k in range(words)])
