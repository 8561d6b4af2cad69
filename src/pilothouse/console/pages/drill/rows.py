"""The lines of a drill's sheet, on the page and in the text: label, fact, and if it is money."""

from __future__ import annotations

from typing import Final

SPANS: Final = (
    ("First alert", "to_notice_us"),
    ("First proposal", "to_propose_us"),
    ("First approval", "to_decide_us"),
    ("First change applied", "to_act_us"),
    ("First liquidation", "to_first_liquidation_us"),
)
COUNTS: Final = (
    ("Accounts hurt", "accounts_hurt", False),
    ("Liquidated", "liquidated_micro_usd", True),
    ("Counterparties unwound", "unwound_accounts", False),
    ("Unwound", "unwound_micro_usd", True),
    ("Insurance used", "insurance_micro_usd", True),
    ("Still below maintenance", "still_below_accounts", False),
    ("Their notional", "still_below_micro_usd", True),
)
