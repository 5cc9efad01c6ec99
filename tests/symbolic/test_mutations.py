"""Every step of a shipped derivation is checked: changed in any of these ways, it is refused."""

from __future__ import annotations

from collections import Counter

import pytest

from quadmaml.errors import InputError
from quadmaml.proofs.derivation import RefusedError, RefutedError
from quadmaml.symbolic.shipped import SHIPPED

from .mutants import Mutant, is_equivalent, mutants

ALL = list(mutants())
KINDS = {"sign", "order of a product", "factor", "exponent", "transpose", "wrong letter"}


def outcome(mutant: Mutant) -> str:
    """How a mutant ends: refuted, malformed (its shapes do not fit), equivalent, or escaped."""
    try:
        derivation = mutant.derive()
    except RefutedError as error:
        return "refuted" if error.witness else "escaped"
    except RefusedError:
        return "undecided"
    except InputError:
        return "malformed"
    return "equivalent" if is_equivalent(derivation, SHIPPED[mutant.name]()) else "escaped"


def judged(chosen: list[Mutant], record) -> Counter:
    outcomes = [(outcome(mutant), mutant) for mutant in chosen]
    counted = Counter(result for result, _ in outcomes)
    for result, mutant in outcomes:
        if result != "refuted":
            print(f"{result}: {mutant}")
    record("outcomes", dict(counted))
    assert [str(mutant) for result, mutant in outcomes if result == "escaped"] == []
    return counted


def test_there_are_mutants_of_every_kind_and_of_every_derivation():
    assert {mutant.kind for mutant in ALL} == KINDS
    assert {mutant.name for mutant in ALL} == set(SHIPPED)
    assert len(ALL) > 300


def test_a_sample_of_mutants_is_refused(record_property):
    assert judged(ALL[::8], record_property)["refuted"] >= 60


@pytest.mark.slow
def test_every_mutant_is_refused(record_property):
    assert judged(ALL, record_property)["refuted"] >= 300


def test_twin_an_unchanged_derivation_is_equivalent():
    assert is_equivalent(SHIPPED["parallel-sum"](), SHIPPED["parallel-sum"]())
    assert not is_equivalent(SHIPPED["parallel-sum"](), SHIPPED["midpoint-loss"]())
