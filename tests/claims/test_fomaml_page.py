"""The entries F: every reading reaches its verdict, every correction holds, every twin is refuted."""

import pytest

from .ledger_entries import check_readings, check_twin, of

ENTRIES = of("F")
each_entry = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.id)


def test_all_are_there():
    assert {entry.id for entry in ENTRIES} == {f"F{k}" for k in range(1, 10)}


@each_entry
def test_readings(entry):
    check_readings(entry)


@each_entry
def test_twin(entry):
    check_twin(entry)
