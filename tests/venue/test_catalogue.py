"""The catalogue keeps every figure as its file spelled it, and is written whole."""

from decimal import Decimal
from pathlib import Path

import pytest

from pilothouse.venue import catalogue
from pilothouse.venue.catalogue import Catalogue, CatalogueIsUnreadable


def test_a_home_without_an_import_has_an_empty_catalogue(tmp_path: Path) -> None:
    assert catalogue.load(tmp_path) == Catalogue()


def test_what_is_saved_is_loaded_figure_for_figure(tmp_path: Path) -> None:
    entry = catalogue.parse_json('{"fees": [[0, 0.260]], "tickSize": 1e-10, "isin": "GB00J62"}')
    whole = Catalogue(spot={"XXBTZUSD": entry}, instruments={}, assets={"ZUSD": {"decimals": 4}})
    catalogue.save(tmp_path, whole)
    read = catalogue.load(tmp_path)
    assert read == whole
    assert str(read.spot["XXBTZUSD"]["fees"][0][1]) == "0.260"
    assert read.spot["XXBTZUSD"]["tickSize"] == Decimal("1E-10")
    assert [one.name for one in tmp_path.iterdir()] == ["catalogue.json"]


def test_the_later_of_two_imports_holds() -> None:
    one = Catalogue(spot={"A": {"n": 1}, "B": {"n": 1}})
    other = Catalogue(spot={"B": {"n": 2}}, assets={"Z": {}})
    both = catalogue.merged(one, other)
    assert both.spot == {"A": {"n": 1}, "B": {"n": 2}}
    assert both.assets == {"Z": {}}


@pytest.mark.parametrize("damaged", [b"{", b"[]", b'{"spot": {}}', b'{"spot": 3}'])
def test_a_damaged_catalogue_is_refused_by_name(tmp_path: Path, damaged: bytes) -> None:
    (tmp_path / "catalogue.json").write_bytes(damaged)
    with pytest.raises(CatalogueIsUnreadable, match=r"catalogue\.json"):
        catalogue.load(tmp_path)


def test_a_replaced_file_is_read_again_and_an_unchanged_one_is_not(tmp_path: Path) -> None:
    file = catalogue.CatalogueFile(tmp_path)
    assert file.current() == Catalogue()
    catalogue.save(tmp_path, Catalogue(spot={"A": {"n": 1}}))
    first = file.current()
    assert first.spot == {"A": {"n": 1}}
    assert file.current() is first
    catalogue.save(tmp_path, Catalogue(spot={"A": {"n": 2}}))
    assert file.current().spot == {"A": {"n": 2}}


@pytest.mark.parametrize(
    "damaged",
    [
        b"{",
        b'{"spot": {"A": 3}, "instruments": {}, "assets": {}}',
        b'{"spot": {}, "instruments": {}, "assets": {}}' + b" " * 4_000,
        b'{"spot": ' + b'{"a": ' * 5_000,
    ],
)
def test_p31_a_file_that_cannot_be_taken_keeps_the_last_good_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damaged: bytes
) -> None:
    monkeypatch.setattr(catalogue, "BYTES_MAX", 4_000)
    said: list[str] = []
    file = catalogue.CatalogueFile(tmp_path, said.append)
    catalogue.save(tmp_path, Catalogue(spot={"A": {"n": 1}}))
    catalogue.save(tmp_path, Catalogue(spot={"A": {"n": 2}}))
    assert file.current().spot == {"A": {"n": 2}}
    (tmp_path / "catalogue.json").unlink()
    (tmp_path / "catalogue.json").write_bytes(damaged)
    assert file.current().spot == {"A": {"n": 2}}
    assert len(said) == 1 and "the last good catalogue is used" in said[0] and file.fault
    # A start finds the one that was replaced last, and an import goes on from it.
    assert catalogue.last_good(tmp_path).spot == {"A": {"n": 1}}
    catalogue.save(tmp_path, Catalogue(spot={"A": {"n": 3}}))
    assert file.current().spot == {"A": {"n": 3}} and not file.fault


def test_p31_who_writes_it_has_the_limits_of_who_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "ENTRIES_MAX", 2)
    catalogue.save(tmp_path, Catalogue(spot={"A": {}, "B": {}}))
    doubled = Catalogue(spot={"A": {}, "B": {}, "C": {}, "D": {}})
    with pytest.raises(CatalogueIsUnreadable, match="spot has 4 entries of 2"):
        catalogue.save(tmp_path, doubled)
    assert set(catalogue.load(tmp_path).spot) == {"A", "B"}
