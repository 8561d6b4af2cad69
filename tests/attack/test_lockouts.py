"""Wrong passwords keep out whoever tries them, and nobody else (SEC F11, P13)."""

import pytest
from django.test import Client

from pilothouse.access.guesses import OF_A_NAME, OF_A_NETWORK
from pilothouse.access.models import Person

COOKIE = "known-browser"
PASSWORD, SIGN_IN = "a long enough one", "/sign-in/login/"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _quick(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def risk(_quick):
    return Person.objects.create_user("risk", PASSWORD)


def tries(client, name, password, address="192.0.2.1"):
    form = {"login": name, "password": password}
    return client.post(SIGN_IN, form, REMOTE_ADDR=address)


def guess(name, count, address="192.0.2.1"):
    stranger = Client()
    return [tries(stranger, name, f"wrong {k}", address) for k in range(count)]


def leave(client):
    """The session ends; the browser keeps its other cookies."""
    client.cookies.pop("sessionid")


def is_in(client):
    return "_auth_user_id" in client.session


def test_a_known_browser_signs_in_through_a_flood_of_guesses_from_its_own_address(risk):
    person = Client()
    tries(person, "risk", PASSWORD)
    assert is_in(person) and COOKIE in person.cookies
    leave(person)
    refused = guess("risk", 60)
    assert "Too many wrong passwords" in refused[-1].content.decode()
    tries(person, "risk", PASSWORD)
    assert is_in(person)


def test_another_address_signs_in_through_it_without_being_known(risk):
    guess("risk", 60)
    person = Client()
    tries(person, "risk", PASSWORD, "192.0.2.2")
    assert is_in(person)


def test_the_guesser_learns_nothing_beyond_so_many(risk):
    guess("risk", int(OF_A_NAME.limit))
    person = Client()
    answer = tries(person, "risk", PASSWORD)
    assert not is_in(person) and "was not tried" in answer.content.decode()


def test_one_password_is_not_tried_on_every_name(risk):
    for number in range(int(OF_A_NETWORK.limit)):
        tries(Client(), f"name{number}", PASSWORD)
    person = Client()
    tries(person, "risk", PASSWORD)
    assert not is_in(person)


def test_a_header_of_the_client_makes_no_other_place(risk):
    guess("risk", int(OF_A_NAME.limit))
    person = Client(headers={"X-Forwarded-For": "203.0.113.7"})
    tries(person, "risk", PASSWORD)
    assert not is_in(person)


def test_right_passwords_count_for_nothing(risk):
    for _ in range(int(OF_A_NETWORK.limit) + 5):
        person = Client()
        tries(person, "risk", PASSWORD)
        assert is_in(person)


def test_a_cookie_that_somebody_made_up_or_took_from_another_is_no_known_browser(risk):
    other = Person.objects.create_user("other", PASSWORD)
    thief = Client()
    tries(thief, "other", PASSWORD)
    assert other.is_active and is_in(thief)
    guess("risk", int(OF_A_NAME.limit))
    leave(thief)
    tries(thief, "risk", PASSWORD)
    assert not is_in(thief)
    thief.cookies[COOKIE] = "W10:made:up"
    tries(thief, "risk", PASSWORD)
    assert not is_in(thief)


def test_a_known_browser_has_a_bound_of_its_own(risk):
    person = Client()
    tries(person, "risk", PASSWORD)
    leave(person)
    for number in range(int(OF_A_NAME.limit)):
        tries(person, "risk", f"wrong {number}")
    tries(person, "risk", PASSWORD)
    assert not is_in(person)
