"""The options of a subscription, under their names on the wire."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Options = Mapping[str, Any]
"""What a subscription was made with; acknowledgements repeat it."""
