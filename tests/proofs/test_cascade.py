"""The cascade: the word that was earned and never a stronger one."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest

from quadmaml.errors import InputError
from quadmaml.proofs import cascade
from quadmaml.proofs.cascade import check
from quadmaml.proofs.counterexamples import find_counterexample
from quadmaml.proofs.identity import identity_test
from quadmaml.proofs.letters import scalar, symmetric
from quadmaml.proofs.ring import inverse
from quadmaml.proofs.verdicts import Status

from .drawn_fields import both_paths, path
from .drawn_formulas import AB, FALSE, TRUE


@dataclass
class Proof:
    proved: bool
    assumptions: tuple[str, ...] = ()


@pytest.fixture
def words(monkeypatch):
    """Put another engine in the place of the words engine."""

    def replace(prove_equal: Any) -> None:
        monkeypatch.setattr(cascade, "words", SimpleNamespace(prove_equal=prove_equal))

    return replace


def unproved(*_):
    return Proof(False)


@both_paths
@pytest.mark.parametrize("name", TRUE)
def test_true_statements_hold(name, pure, words):
    assert check(*TRUE[name], pure=path(pure)).holds
    words(unproved)
    verdict = check(*TRUE[name], pure=pure)
    assert verdict.status is Status.CERTIFIED
    assert verdict.scope == "d <= 8"
    assert 0 <= verdict.failure_bound < 1e-12
    assert verdict.seconds > 0


@both_paths
@pytest.mark.parametrize("name", FALSE)
def test_false_statements_are_refuted_in_the_least_dimension(name, pure):
    lhs, rhs, letters, smallest = FALSE[name]
    verdict = check(lhs, rhs, letters, pure=path(pure))
    assert (verdict.status, verdict.witness.dim) == (Status.REFUTED, smallest)
    assert verdict.scope == f"a counterexample at d = {smallest}"
    assert verdict.failure_bound is None


def test_a_proof_is_for_every_dimension_and_names_its_assumptions(words):
    words(lambda *_: Proof(True, ("A + B invertible",)))
    verdict = check(*TRUE["parallel sum"])
    assert (verdict.status, verdict.scope) == (Status.PROVED, "every dimension")
    assert "assumed: A + B invertible" in verdict.details
    assert verdict.failure_bound is None
    assert sum("identity test" in line for line in verdict.details) == 2


def test_twin_a_proof_of_what_is_false_is_overruled(words):
    words(lambda *_: Proof(True))
    assert check(*FALSE["order"][:3]).status is Status.REFUTED


def test_twin_a_proof_from_assumptions_that_nothing_satisfies_is_vacuous(words):
    words(lambda *_: Proof(True, ("A - A invertible",)))
    for statement in (lambda A: inverse(A - A), lambda A: inverse(A - A.T) * A):
        assert check(statement, 0, AB).status is Status.VACUOUS


def test_what_is_singular_in_odd_dimensions_is_certified_in_even_ones(words):
    def commutator(A, B):
        return inverse(A * B - B * A)

    words(unproved)
    verdict = check(commutator, lambda A, B: -1 * inverse(B * A - A * B), AB)
    assert (verdict.status, verdict.scope) == (Status.CERTIFIED, "d = 2, 4, 6, 8")
    assert check(commutator, lambda A, B: inverse(B * A - A * B), AB).status is Status.REFUTED
    assert check(commutator, commutator, AB, dims=(1, 3, 5)).status is Status.VACUOUS


def test_dimensions_can_be_chosen(words):
    words(unproved)
    assert check(*TRUE["loss"], dims=(3, 2)).scope == "d = 2, 3"
    assert check(*TRUE["loss"], dims=(1, 2, 3, 3)).scope == "d <= 3"


def test_the_bound_is_that_of_the_weakest_test(words):
    words(unproved)
    lhs, rhs, letters = TRUE["loss"]
    bound = check(lhs, rhs, letters, seed=1).failure_bound
    assert bound == max(identity_test(lhs, rhs, letters, d, seed=1).failure_bound for d in range(1, 9))


def test_errors_of_formulas_are_reported(words):
    def broken(A):
        raise RuntimeError("no such thing")

    verdict = check(broken, 0, AB)
    assert verdict.status is Status.UNDECIDED
    assert "identity test: RuntimeError: no such thing" in verdict.details
    assert any(line.startswith("words: ") for line in verdict.details)
    assert not verdict.holds
    words(lambda *_: 1 / 0)
    verdict = check(*TRUE["loss"])
    assert verdict.status is Status.CERTIFIED
    assert any("ZeroDivisionError" in line for line in verdict.details)


def test_what_only_words_can_read_is_proved(words):
    words(lambda *_: Proof(True))
    verdict = check(lambda A: A.exp(), lambda A: A.exp(), {"A": symmetric()})
    assert verdict.status is Status.PROVED
    assert any("exp" in line for line in verdict.details)


def test_a_refutation_without_a_rational_witness_is_no_refutation(monkeypatch):
    monkeypatch.setattr(cascade, "find_counterexample", lambda *_, **__: None)
    verdict = check(*FALSE["order"][:3])
    assert verdict.status is Status.UNDECIDED
    assert "modulo a prime" in verdict.scope
    monkeypatch.setattr(cascade, "find_counterexample", lambda *_, **__: 1 / 0)
    assert "search: ZeroDivisionError: division by zero" in check(*FALSE["order"][:3]).details


def test_twin_a_bound_of_one_certifies_nothing(monkeypatch, words):
    words(unproved)
    monkeypatch.setattr(cascade, "identity_test", lambda *a, **k: identity_test(*a, prime=3, **k))
    assert check(lambda t: 6 * t, 0, {"t": scalar()}, seed=1).status is Status.UNDECIDED


@pytest.mark.parametrize("dims", [3, (1, "2"), (0, 1), None])
def test_dimensions_are_integers(dims):
    with pytest.raises(InputError, match="dims"):
        check(lambda A: A, lambda A: A.T, {"A": symmetric()}, dims=dims)
    with pytest.raises(InputError, match="dims"):
        find_counterexample(lambda A: A, lambda A: A.T, {"A": symmetric()}, dims=dims)


def test_letters_are_letters():
    with pytest.raises(InputError, match="letters: got 3 for 'A'"):
        check(lambda A: A, lambda A: A, {"A": 3})


def test_what_is_certified_names_what_was_declared_and_inverted(words):
    words(unproved)
    verdict = check(lambda A, B: inverse(A + B).T, lambda A, B: inverse(A + B), AB, dims=(1, 2))
    assert verdict.status is Status.CERTIFIED
    assert {"assumed: $A$ symmetric", "assumed: $B$ symmetric"} <= set(verdict.details)
