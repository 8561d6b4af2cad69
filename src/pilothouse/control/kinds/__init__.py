"""The powers of an operator, one file each. What is not listed here cannot be done."""

from typing import Final

from pilothouse.control.kinds import (
    alert_rule,
    api_key,
    margin_schedule,
    market_status,
    notice_route,
    price_band,
    product,
    role,
    runbook,
    sign_in,
)
from pilothouse.control.kinds.kind import Kind

_LISTED: Final[tuple[Kind, ...]] = (
    margin_schedule,
    market_status,
    price_band,
    alert_rule.KIND,
    runbook.KIND,
    product.KIND,
    notice_route.KIND,
    role.KIND,
    sign_in.KIND,
    api_key.KIND,
)

KINDS: Final[dict[str, Kind]] = {one.NAME: one for one in _LISTED}
