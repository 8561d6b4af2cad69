"""A refusal is a number and a sentence, each unique, each with a way out."""

import re

import pytest

from pilothouse.language import refusals
from pilothouse.language.refusals import REFUSALS, describe, refusal


def test_each_constant_is_named_as_its_sentence():
    defined = {name: one for name, one in vars(refusals).items() if type(one) is refusals.Refusal}
    assert sorted(map(int, defined.values())) == sorted(REFUSALS)
    for name, one in defined.items():
        assert one.name == name.lower() and one.sentence == one.name.replace("_", " ")
        assert re.fullmatch(r"[a-z_]+", one.name) and one.remedy


def test_numbers_rise_in_the_file_within_a_family():
    for family in {number // 100 for number in REFUSALS}:
        inside = [number for number in REFUSALS if number // 100 == family]
        assert inside == sorted(inside)


def test_neither_a_number_nor_a_sentence_is_given_twice():
    before = dict(REFUSALS)
    with pytest.raises(ValueError, match="twice"):
        refusal(1001, "a_new_sentence", "no way")
    with pytest.raises(ValueError, match="twice"):
        refusal(9999, "unknown_command", "no way")
    assert before == REFUSALS


def test_a_refusal_is_told_in_one_line():
    assert describe(1609).startswith("1609 impact above what was signed: ")
