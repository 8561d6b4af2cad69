"""Texts that people sent, cut to what a row of a refused attempt keeps of them.

What is cut is named by its length and its SHA-256, so that whoever has the text can show that it
was this one.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final

TEXT_BYTES: Final = 2_048
"""Bytes of one text in UTF-8 that are kept."""
ROW_BYTES: Final = 8_192
"""Bytes of all texts of one row; behind them only lengths and digests are kept."""


class Shortened:
    """The texts of one row: each is cut, and so are all of them together."""

    def __init__(self) -> None:
        self._left = ROW_BYTES

    def of(self, value: Any) -> Any:
        """Return plain values with every text cut; names of mappings are the program's own."""
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, dict):
            return {name[:TEXT_BYTES]: self.of(one) for name, one in value.items()}
        if isinstance(value, list):
            return [self.of(one) for one in value]
        return value

    def _text(self, text: str) -> str:
        raw = text.encode()
        most = max(0, min(TEXT_BYTES, self._left))
        self._left -= min(len(raw), most)
        if len(raw) <= most:
            return text
        begins = raw[:most].decode(errors="ignore")
        digest = hashlib.sha256(raw).hexdigest()
        return f"{begins}… [cut; {len(text):,} characters in all, SHA-256 {digest}]"
