"""Sessions end; sign-ins are audited; outside the demonstration a second factor is needed."""

import pytest
from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.test import RequestFactory

from pilothouse.access.entrance import NoSignUp
from pilothouse.access.models import Person
from pilothouse.access.sessions import SecondFactor, session_is_over
from pilothouse.records.models import AuditRow

MINUTE_S = 60


@pytest.mark.parametrize(
    ("began", "seen", "now", "over"),
    [
        (0, 0, 30 * MINUTE_S, False),
        (0, 0, 30 * MINUTE_S + 1, True),
        (0, 12 * 60 * MINUTE_S, 12 * 60 * MINUTE_S, False),
        (0, 12 * 60 * MINUTE_S, 12 * 60 * MINUTE_S + 1, True),
    ],
)
def test_a_session_ends_when_idle_and_in_any_case(began, seen, now, over):
    assert session_is_over(began, seen, now) is over


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("wanted", "path", "sent_away"),
    [(True, "/", True), (True, "/sign-in/2fa/", False), (False, "/", False)],
)
def test_without_a_second_factor_nobody_works(settings, wanted, path, sent_away):
    settings.PILOTHOUSE_SECOND_FACTOR = wanted
    request = RequestFactory().get(path)
    request.user = Person.objects.create_user("ann")
    answer = SecondFactor(lambda request: "the page")(request)
    assert (answer != "the page") is sent_away


def test_nobody_signs_up():
    assert NoSignUp().is_open_for_signup(RequestFactory().get("/")) is False


@pytest.mark.django_db
def test_sign_ins_are_audited_and_a_mistyped_password_is_not_kept():
    ann = Person.objects.create_user("ann")
    user_logged_in.send(Person, user=ann, request=None)
    user_login_failed.send(Person, credentials={"username": "my password"}, request=None)
    user_login_failed.send(Person, credentials={"username": "ann"}, request=None)
    rows = list(AuditRow.objects.values_list("deed", "outcome", "subject"))
    about = f"person:{ann.pk}"
    assert rows == [
        ("sign_in", "done", about),
        ("sign_in", "refused", "sign_in"),
        ("sign_in", "refused", about),
    ]
    assert not any("my password" in str(vars(row)) for row in AuditRow.objects.all())
