"""A state as bytes: another release's layout is refused in a sentence, before anything is read."""

import json

import pytest

from pilothouse.engine.machine import Machine
from pilothouse.engine.snapshot import LENGTH_BYTES, OtherLayout
from tests.twin.worlds import START_US, Sender, foundation, rows_of


@pytest.fixture(scope="module")
def raw():
    machine, sender = Machine.empty(), Sender()
    machine.step(rows_of([sender.message(one) for one in foundation()]), START_US)
    return machine.to_bytes()


def altered(raw, alter):
    """The bytes with another header, as another release would have written it."""
    at = LENGTH_BYTES + int.from_bytes(raw[:LENGTH_BYTES], "little")
    header = json.loads(raw[LENGTH_BYTES:at])
    alter(header)
    made = json.dumps(header).encode()
    return len(made).to_bytes(LENGTH_BYTES, "little") + made + raw[at:]


def test_there_and_back_it_is_the_same_state(raw):
    machine = Machine.from_bytes(raw)
    assert machine.to_bytes() == raw
    assert Machine.from_bytes(altered(raw, lambda header: None)).fingerprint() == (
        machine.fingerprint()
    )


def test_hash_tables_are_made_anew_whatever_they_were(raw):
    def other_indexes(header):
        del header["capacities"]["order_index"]
        header["capacities"]["order_links"] = 64

    machine = Machine.from_bytes(altered(raw, other_indexes))
    assert machine.to_bytes() == raw and machine.broken_invariants() == []


def drop_table(header):
    for part in header.values():
        part.pop("order_details", None)


def add_table(header):
    header["used"]["chairs"] = 3
    header["fields"]["chairs"] = ["legs"]


def drop_field(header):
    header["fields"]["accounts"].remove("queued")


def add_field(header):
    header["fields"]["markets"].append("colour")


def turn_fields(header):
    header["fields"]["orders"].reverse()


def forget_fields(header):
    del header["fields"]


def one_row_more(header):
    header["used"]["accounts"] += 1


@pytest.mark.parametrize(
    ("alter", "sentence"),
    [
        (drop_table, "lacks the table order_details"),
        (add_table, "has the unknown table chairs"),
        (drop_field, "its table accounts lacks the field queued"),
        (add_field, "its table markets has the unknown field colour"),
        (turn_fields, "its table orders has the same fields in another order"),
        (forget_fields, "says nothing of its tables"),
        (one_row_more, "here they would take"),
    ],
)
def test_another_layout_is_refused_in_a_sentence(raw, alter, sentence):
    with pytest.raises(OtherLayout, match=sentence):
        Machine.from_bytes(altered(raw, alter))
