"""The entries G: every reading reaches its verdict, every correction holds, every twin is refuted."""

import pytest

from .ledger_entries import check_readings, check_twin, of

ENTRIES = of("G")
each_entry = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.id)


def test_all_are_there():
    assert {entry.id for entry in ENTRIES} == {f"G{k}" for k in range(1, 21)}


@each_entry
def test_readings(entry):
    check_readings(entry)


@each_entry
def test_twin(entry):
    check_twin(entry)
