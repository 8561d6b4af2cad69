"""Keys of clients: made by two people, shown once, limited, and revoked by one at once."""

from datetime import timedelta

import pytest

from pilothouse.access import keys
from pilothouse.access.keys import Limits
from pilothouse.access.models import Person, StoredKey
from pilothouse.access.rights import grant
from pilothouse.access.roles import Role
from pilothouse.control import apply, approve, key_secrets, people, preview, propose, verify
from pilothouse.control.kinds import api_key
from pilothouse.control.kinds.api_key import KEYS_MOST
from pilothouse.control.kinds.kind import Unreadable
from pilothouse.control.moves import State
from pilothouse.control.refusals import Refused
from pilothouse.control.revocations import find_key
from pilothouse.records import audit
from tests.control.conftest import NOON

FORM = {"key": "new", "account": "7", "may": "cancel", "label": "market maker"}


@pytest.fixture
def security(team):
    person = Person.objects.create_user("security")
    grant(person, Role.SECURITY, now=NOON - timedelta(days=1))
    return person


def wish(**form):
    return api_key.KIND.parse(FORM | form)


def made(team, security, **form):
    change = propose.propose("api_key", wish(**form), by=security, why="new maker", now=NOON)
    change = preview.first(change, by=security, now=NOON)
    assert (change.state, change.change_class) == (State.PREVIEWED, "C")
    change = approve.approve(change, change.fingerprint, by=team.risk, now=NOON)
    change = apply.apply(change, by=security, now=NOON)
    return verify.verify(change, now=NOON)


def test_a_key_is_made_as_it_was_signed(team, exchange, security):
    change = made(
        team, security, networks="192.0.2.7, 2001:db8::1", expires="2026-12-24T00:00", may="query"
    )
    assert change.state == State.VERIFIED
    found = find_key(change.fields["key"])
    assert (found.account, found.may_trade, found.may_cancel) == (7, False, False)
    assert found.limits == Limits(False, ("192.0.2.7/32", "2001:db8::/64"), 1_798_070_400)
    (row,) = audit.rows_about(f"key:{found.public}")
    assert row.facts["change"] == change.pk and "secret" not in row.facts


@pytest.mark.parametrize("who", ["operator", "risk", "manager", "auditor"])
def test_nobody_else_proposes_or_sees_one(team, exchange, security, who):
    person = getattr(team, who)
    with pytest.raises(Refused, match="your role does not allow this"):
        propose.propose("api_key", wish(), by=person, why="for me", now=NOON)
    made(team, security)
    with pytest.raises(Refused, match="your role does not allow this"):
        key_secrets.show(StoredKey.objects.get().pk, by=person)


def test_its_secret_is_shown_once_within_an_hour(team, exchange, security):
    made(team, security)
    row = StoredKey.objects.get()
    shown, secret = key_secrets.show(row.pk, by=security)
    assert secret == keys.secret_text(find_key(shown.public))
    with pytest.raises(Refused, match="was shown"):
        key_secrets.show(row.pk, by=security)
    told = str([vars(one) for one in audit.rows_about(f"key:{row.public}")])
    assert secret not in told
    StoredKey.objects.update(shown_at=None)
    with pytest.raises(Refused, match="older than an hour"):
        key_secrets.show(row.pk, by=security, now=row.made_at + timedelta(hours=1))


def test_a_secret_that_was_printed_already_is_not_shown_again(team, exchange, security):
    keys.make_key(7, may_trade=True, label="by the command line")
    with pytest.raises(Refused, match="was shown"):
        key_secrets.show(StoredKey.objects.get().pk, by=security)


def test_one_person_revokes_it_at_once_for_ever(team, exchange, security):
    made(team, security)
    public = StoredKey.objects.get().public
    gone = api_key.KIND.parse({"key": public})
    change = people.take_away("api_key", gone, "its host was stolen", by=security)
    assert change.state == State.APPLIED and find_key(public) is None
    StoredKey.objects.update(revoked_at=None)
    assert find_key(public) is None
    with pytest.raises(Refused, match="nothing to change"):
        again = api_key.KIND.parse({"key": public})
        StoredKey.objects.update(revoked_at=NOON)
        propose.propose("api_key", again, by=security, why="again", now=NOON)


@pytest.mark.parametrize(
    ("column", "value"),
    [("may_cancel", False), ("networks", ""), ("expires_s", 0), ("networks", b"x")],
)
def test_a_limit_that_was_changed_beside_the_program_opens_nothing(
    team, exchange, security, column, value
):
    made(team, security, networks="192.0.2.0/24", expires="2026-12-24T00:00")
    public = StoredKey.objects.get().public
    StoredKey.objects.update(**{column: value})
    assert keys.find_key(public) is None


def test_a_key_of_before_has_no_limits_and_opens_as_it_did(db):
    old = keys.make_key(7, may_trade=True, label="of before")
    assert keys.find_key(old.public) == old and old.limits == Limits()
    # The very bytes of the release before, whose seals are to open.
    bound = keys.bound("public", {"account": 7, "may_trade": 1, "nonce_optional": 0})
    assert bound == b'["public", 7, 1, 0]'


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"account": "0"}, "account"),
        ({"account": "seven"}, "account"),
        ({"account": "9" * 19}, "account"),
        ({"may": "everything"}, "may"),
        ({"networks": "everywhere"}, "networks"),
        ({"networks": ",".join(f"192.0.2.{k}" for k in range(21))}, "networks"),
        ({"expires": "soon"}, "expires"),
        ({"label": "x" * 65}, "label"),
        ({"label": "a\u202eb"}, "label"),
        ({"key": "unknown"}, "key"),
    ],
)
def test_a_form_that_cannot_be_read_names_its_field(db, form, field):
    with pytest.raises(Unreadable) as fault:
        wish(**form)
    assert fault.value.field == field


def test_an_account_has_so_many_keys(team, exchange, security):
    for _ in range(KEYS_MOST):
        keys.make_key(7, may_trade=False)
    with pytest.raises(Refused, match="as many keys"):
        propose.propose("api_key", wish(), by=security, why="one more", now=NOON)
    propose.propose("api_key", wish(account="8"), by=security, why="another's", now=NOON)
