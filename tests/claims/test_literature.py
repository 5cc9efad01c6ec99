"""The entries from the literature: every reading and corrected statement settled as expected, every twin refuted."""

import re
from fractions import Fraction

import pytest

from quadmaml.claims import verify
from quadmaml.claims.ledger import entries
from quadmaml.proofs.verdicts import Status

ENTRIES = {name: entry for name, entry in entries().items() if name.startswith("L")}
READINGS = [(entry, each) for entry in ENTRIES.values() for each in (*entry.readings, *entry.corrected)]


def numbers(value):
    return [x for part in value for x in numbers(part)] if isinstance(value, tuple) else [value]


def check_witness(verdict):
    assert verdict.witness.dim <= 3
    entries_of = [x for _, value in verdict.witness.items() for x in numbers(value)]
    assert all(isinstance(x, Fraction) and x.denominator < 20 for x in entries_of)


def test_there_are_enough():
    assert len(ENTRIES) >= 25
    assert list(ENTRIES) == [f"L{k}" for k in range(1, len(ENTRIES) + 1)]


@pytest.mark.parametrize(("entry", "reading"), READINGS, ids=lambda x: getattr(x, "id", None) or x.claim.name)
def test_readings(entry, reading):
    verdict = verify(reading.claim)
    assert verdict.status.value == reading.expected, verdict.explain()
    if verdict.status is Status.REFUTED:
        check_witness(verdict)


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=lambda entry: entry.id)
def test_twins_are_refuted(entry):
    verdict = verify(entry.twin)
    assert verdict.status is Status.REFUTED, verdict.explain()
    check_witness(verdict)


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=lambda entry: entry.id)
def test_entries_are_complete(entry):
    assert re.search(r"\(.*(restated|family|read as|weights).*\)", entry.source)
    assert len(re.findall(r"\.(?= |$)", entry.reason)) >= 2
    expected = [reading.expected for reading in entry.readings]
    assert set(expected) <= {"PROVED", "CERTIFIED", "REFUTED"}
    assert entry.corrected or "REFUTED" not in expected
    assert all(reading.expected in ("PROVED", "CERTIFIED") for reading in entry.corrected)
