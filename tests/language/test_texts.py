"""Texts read as they were written: judged by the properties of Unicode."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.language.texts import (
    NotPlain,
    all_shown,
    check_all,
    check_text,
    is_hidden,
    is_plain,
    says_something,
    shown,
)

DEFAULT_IGNORABLE = [
    (0x00AD, 0x00AD), (0x034F, 0x034F), (0x061C, 0x061C), (0x115F, 0x1160), (0x17B4, 0x17B5),
    (0x180B, 0x180F), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164),
    (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
]  # fmt: skip
"""Default_Ignorable_Code_Point of the Unicode database, which Python does not carry."""


def test_p73_every_character_that_shows_nothing_is_hidden():
    for first, last in DEFAULT_IGNORABLE:
        for code in range(first, last + 1):
            assert is_hidden(chr(code)), f"U+{code:04X}"


def test_p73_every_control_private_and_unassigned_character_is_hidden():
    for code in range(0x110000):
        one = chr(code)
        if unicodedata.category(one) in ("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"):
            assert is_hidden(one) or one in "\n\r\t", f"U+{code:04X}"
        if unicodedata.bidirectional(one) in ("R", "AL", "RLO", "LRO", "RLI", "FSI", "PDI"):
            assert is_hidden(one), f"U+{code:04X}"


@pytest.mark.parametrize(
    "text",
    ["as agreed with risk", "Müller & Søn, 2 % → 4 %", "naïve façade", "日本語 中文", "über 3 €",
     "lines\nand\ttabs", "Ελληνικά, кириллица", "x² ≤ 5 µs · ok", ""],
)  # fmt: skip
def test_what_people_write_is_plain(text):
    assert check_text(text) == text == shown(text)


def test_every_blank_but_the_space_is_hidden():
    blanks = [chr(code) for code in range(0x110000) if chr(code).isspace()]
    assert [one for one in blanks if not is_hidden(one)] == list("\t\n\r ")
    for code in (0x2800, 0x3164, 0x1D159, 0x1BC9D, 0x13441, 0x2007):
        assert is_hidden(chr(code)), f"U+{code:04X}"


def test_a_blank_of_another_width_is_refused_with_what_to_write():
    with pytest.raises(
        NotPlain, match=r"character 2 is U\+00A0 \(no-break space\).*write a space"
    ):
        check_text("2\u00a0%")
    assert shown("2\u00a0%") == "2[U+00A0]%"


@pytest.mark.parametrize(
    "run", [" " * 101, "\t" * 101, "\n" * 6, "\r\n" * 6, " \n\t" * 6, "\r" * 6]
)
def test_a_run_of_blanks_is_bounded(run):
    with pytest.raises(NotPlain, match=f"^{len(run)} blanks .* from character 7 on"):
        check_text(f"agreed{run}with risk")
    with pytest.raises(NotPlain):
        check_all({"a": [f"{run}x"]})


@pytest.mark.parametrize(
    "run", [" " * 100, "\n" * 5, "\r\n" * 5, "\n    \n        \n", "\n x" * 50]
)
def test_lines_and_indents_are_plain(run):
    text = f"agreed{run}with risk"
    assert check_text(text) == text == shown(text)


HIDE = "\u200a\u3000\U0001d159"
HIDE += "\u202e\u2066\u200b\u061c\U000e0041\ufe0f\u05d0\ue000\u0378\x1b\x00\u2028"


@pytest.mark.parametrize("hides", list(HIDE))
def test_what_hides_is_refused_by_its_code_and_shown_as_it(hides):
    text = f"as agreed{hides}.lavorppa"
    with pytest.raises(NotPlain, match=f"character 10 is U\\+{ord(hides):04X}"):
        check_text(text)
    assert shown(text) == f"as agreed[U+{ord(hides):04X}].lavorppa"
    for holder in ({"a": text}, [[text]], {text: 1}, ({"a": [{"b": text}]},)):
        with pytest.raises(NotPlain):
            check_all(holder)
        assert is_plain(str(all_shown(holder)))


def test_marks_may_not_be_piled_up():
    assert is_plain("e\u0301a\u0308\u0301")
    with pytest.raises(NotPlain, match="on character 1"):
        check_text("Z" + "\u0301" * 40)


@given(st.text(max_size=20))
def test_what_is_shown_is_plain_but_for_piles(text):
    assert not any(map(is_hidden, shown(text)))


@given(st.text(max_size=12), st.text(max_size=12))
def test_a_text_built_of_what_hides_never_reads_as_another(one, other):
    # Without brackets of its own a text that hides is never shown as a plain one.
    if one != other and "[" not in one + other:
        assert shown(one) != shown(other)


@pytest.mark.parametrize("text", ["", "...", "a", "--- !!", "x 1", "\u200b\u200b\u200b"])
def test_a_purpose_of_nothing_says_nothing(text):
    assert not says_something(text)
    assert says_something(f"{text} audit")
