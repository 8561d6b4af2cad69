"""Roles and rights as data: one table, and the duties that may not meet in one person.

A right is what a verb asks for; a role is a bundle of rights that is granted, dated and revoked.
Nothing else gives a right: there is no superuser.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Right(StrEnum):
    """What a person may do. Each verb of change control asks for exactly one."""

    VIEW = "view"
    SEE_CLIENTS = "see_clients"
    READ_AUDIT = "read_audit"
    PROPOSE = "propose"
    SIGN = "sign"
    APPLY = "apply"
    RESPOND = "respond"
    ATTEST = "attest"
    MANAGE_PEOPLE = "manage_people"
    MANAGE_KEYS = "manage_keys"


class Role(StrEnum):
    """The roles of an operations team."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    SENIOR_OPERATOR = "senior_operator"
    DUTY_MANAGER = "duty_manager"
    MANAGER = "manager"
    RISK = "risk"
    TREASURY = "treasury"
    COMPLIANCE = "compliance"
    SUPPORT = "support"
    FINANCE = "finance"
    SECURITY = "security"
    LISTING_COMMITTEE = "listing_committee"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


_LOOK: Final = frozenset({Right.VIEW})
_CLIENTS: Final = _LOOK | {Right.SEE_CLIENTS}
_RESPOND: Final = _CLIENTS | {Right.RESPOND}
_OPERATE: Final = _RESPOND | {Right.PROPOSE, Right.APPLY, Right.READ_AUDIT}
_DECIDE: Final = _RESPOND | {Right.SIGN, Right.READ_AUDIT}

RIGHTS: Final[dict[Role, frozenset[Right]]] = {
    Role.VIEWER: _LOOK,
    Role.OPERATOR: _OPERATE,
    Role.SENIOR_OPERATOR: _OPERATE | {Right.SIGN},
    Role.DUTY_MANAGER: _OPERATE | {Right.SIGN},
    Role.MANAGER: _OPERATE | {Right.SIGN},
    Role.RISK: _DECIDE | {Right.PROPOSE},
    Role.TREASURY: _DECIDE,
    Role.COMPLIANCE: _DECIDE,
    Role.SUPPORT: _RESPOND,
    Role.FINANCE: _LOOK | {Right.READ_AUDIT},
    Role.SECURITY: _LOOK | {Right.RESPOND, Right.READ_AUDIT, Right.MANAGE_KEYS},
    Role.LISTING_COMMITTEE: _LOOK | {Right.SIGN},
    Role.AUDITOR: _CLIENTS | {Right.READ_AUDIT, Right.ATTEST},
    Role.ADMINISTRATOR: _LOOK | {Right.MANAGE_PEOPLE},
}
"""The one table of what each role may do."""

DUTIES_APART: Final[tuple[tuple[Right, Right, str], ...]] = (
    (Right.ATTEST, Right.PROPOSE, "who attests the controls does not use them"),
    (Right.ATTEST, Right.SIGN, "who attests the controls does not use them"),
    (Right.ATTEST, Right.APPLY, "who attests the controls does not use them"),
    (Right.ATTEST, Right.RESPOND, "who attests the controls does not use them"),
    (Right.MANAGE_PEOPLE, Right.PROPOSE, "who gives rights does not use them"),
    (Right.MANAGE_PEOPLE, Right.SIGN, "who gives rights does not use them"),
    (Right.MANAGE_PEOPLE, Right.APPLY, "who gives rights does not use them"),
    (Right.MANAGE_PEOPLE, Right.ATTEST, "who gives rights does not attest them"),
    (Right.MANAGE_KEYS, Right.SIGN, "who makes keys does not sign changes"),
)
"""Pairs of rights that may not meet in one person, and why. Checked on grant and on use."""


def rights_of(roles: frozenset[Role]) -> frozenset[Right]:
    """Return every right these roles give together."""
    return frozenset().union(*(RIGHTS[role] for role in roles))


def duties_that_meet(roles: frozenset[Role]) -> str:
    """Return why these roles may not meet in one person, or an empty text if they may."""
    rights = rights_of(roles)
    for one, other, why in DUTIES_APART:
        if one in rights and other in rights:
            return f"{one} and {other} cannot be given to one person: {why}"
    return ""
