"""What a client reads: dollars in cents, never two alike that differ, and our own part."""

from types import SimpleNamespace

import pytest

from pilothouse.venue.explanation.facts import cents, told_apart
from pilothouse.venue.explanation.paragraph import with_our_change

APPLIED, LATER = 1_796_116_323_000_000, 1_796_116_400_000_000


@pytest.mark.parametrize(
    ("micro_usd", "text"),
    [
        (7_514_460_520, "7,514.46 USD"),
        (-7_514_469_999, "-7,514.46 USD"),
        (9_999, "0 USD"),
        (0, "0 USD"),
        (1_000_000, "1 USD"),
    ],
)
def test_dollars_are_cut_to_cents(micro_usd, text):
    assert cents(micro_usd).text == text


def test_two_amounts_that_differ_never_read_alike():
    assert told_apart(7_514_460_520, 7_600_000_000) == ("7,514.46 USD", "7,600 USD")
    assert told_apart(7_514_460_520, 7_514_460_521) == ("7,514.46052 USD", "7,514.460521 USD")
    assert told_apart(5, 5) == ("0 USD", "0 USD")


def letter(happens, same, changed=("initial margin from 2 % to 4 %",)):
    would = SimpleNamespace(happens=happens, same=same, time=LATER)
    return with_our_change(changed, "PF_XBTUSD", APPLIED, would)


def test_a_letter_names_our_change_and_what_would_have_been():
    begin = (
        "Before that, on 1 December 2026 at 09:12:03 UTC, we changed PF_XBTUSD: initial margin "
        "from 2 % to 4 %. "
    )
    assert letter(False, False) == f"{begin}Without this change it would not have happened."
    assert letter(True, True).endswith("happened at the same moment without this change.")
    assert letter(True, False).endswith("have happened on 1 December 2026 at 09:13:20 UTC.")


def test_a_letter_names_four_values_and_says_that_there_are_more():
    many = tuple(f"tier {k} from 1 to 2" for k in range(6))
    assert "tier 3 from 1 to 2 and more." in letter(False, False, many)
    assert "tier 4" not in letter(False, False, many)
