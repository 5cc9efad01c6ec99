"""The words engine against the identity test, on random pairs of formulas; and unsound engines, which that catches."""

from collections import Counter
from random import Random

import pytest

from quadmaml.errors import QuadmamlError, SingularError
from quadmaml.proofs import words_search
from quadmaml.proofs.completion import MATRIX, ROW, Rules
from quadmaml.proofs.identity import identity_test
from quadmaml.proofs.ring import gradient, jacobian
from quadmaml.proofs.words import prove_equal
from quadmaml.proofs.words_algebra import Algebra

from .drawn_words import LETTERS, drawn, evaluated, is_proved, is_true, pair


def outcomes(pairs: int, seed: int) -> Counter[str]:
    """How many pairs were proved, missed (true but not proved) and so on; a proof of what is false is an error."""
    rng, found = Random(seed), Counter[str]()
    for _ in range(pairs):
        one, other = pair(rng)
        true = is_true(one, other)
        if true is None:
            found["singular"] += 1
            continue
        proved = is_proved(one, other)
        assert not (proved and not true), f"unsound: {one} == {other}"
        found[("proved" if proved else "missed") if true else "false"] += 1
    return found


def test_no_proof_of_what_is_false():
    found = outcomes(500, seed=2)
    assert found["proved"] > 200
    assert found["false"] > 100
    assert found["missed"] <= 0.01 * found["proved"]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_no_proof_of_what_is_false_in_ten_thousand_pairs(seed, record_property):
    found = outcomes(1000, seed=100 + seed)
    record_property("outcomes", dict(found))
    assert found["missed"] <= 0.01 * found["proved"]


# Engines with one mistake each


def all_symmetric(original):
    def letter(self, role, atom, *, symmetric):
        return original(self, role, atom, symmetric=symmetric or (role == MATRIX and atom.kind == "letter"))

    return letter


def all_commute(original):
    return lambda self, index, base, of, *, function: original(self, index, 0, of, function=function)


def without_transposing_letters(original):
    return lambda self, word: tuple(
        self.transposes[letter] if self.roles[letter] in (1, ROW) else letter for letter in reversed(word)
    )


def without_its_own(original):
    def multiple(algebra, x, letter, left):
        others = {term: value for term, value in x.items() if term[1] and term[1][0 if left else -1] != letter}
        return original(algebra, others, letter, left)

    return multiple


def in_the_same_order(original):
    def inverse(self, x, *, scalar):
        if len(x) == 1:
            (((factors, word), value),) = x.items()
            if not factors and self._is_plain(word):
                parts = [self._of_letter(letter) for letter in word]
                return self.scaled(self.product(parts), self.coefficients.inverse(value))
        return original(self, x, scalar=scalar)

    return inverse


def without_the_rest(original):
    def placed(self, factors, word, found, each):
        i, _ = found
        return original(self, factors, word[: i + len(found[1])], found, each)

    return placed


def forgotten_letters(original):
    def difference(self, overlap):
        relation, reasons = original(self, overlap)
        return {term: value for term, value in relation.items() if len(term[1]) != 1}, reasons

    return difference


TWINS = {
    "every matrix is symmetric": (Algebra, "letter", all_symmetric),
    "all matrices commute": (Algebra, "join_family", all_commute),
    "a transpose reverses words only": (Algebra, "reversed", without_transposing_letters),
    "a multiple of some terms only": (words_search, "_multiple", without_its_own),
    "inverses of products in the same order": (Algebra, "inverse", in_the_same_order),
    "a rule drops what follows": (Rules, "_placed", without_the_rest),
    "the completion forgets terms": (Rules, "_difference", forgotten_letters),
}


def unsound(pairs: int, seed: int) -> bool:
    """Whether an engine proves something false, or finds a contradiction where there is none."""
    rng = Random(seed)
    for _ in range(pairs):
        one, other = pair(rng)
        true = is_true(one, other)
        if true is None:
            continue
        try:
            if is_proved(one, other) and not true:
                return True
        except QuadmamlError:
            return True
    return False


@pytest.mark.parametrize("name", TWINS)
def test_twin_an_unsound_engine_is_caught(name, monkeypatch):
    owner, attribute, mistake = TWINS[name]
    monkeypatch.setattr(owner, attribute, mistake(getattr(owner, attribute)))
    assert unsound(600, seed=2)


def test_gradients_of_random_quadratics():
    rng = Random(5)
    for _ in range(40):
        tree = drawn(rng, 3)

        def lhs(u, v, tree=tree, **letters):
            T = evaluated(tree, letters)
            return gradient(lambda x: (x - v).T @ T @ (x - v), u), jacobian(lambda x: T @ x + (v.T @ T @ x) * v, u)

        def rhs(u, v, tree=tree, **letters):
            T = evaluated(tree, letters)
            return (T + T.T) @ (u - v), T + v @ (T.T @ v).T

        def wrong(u, v, tree=tree, **letters):
            T = evaluated(tree, letters)
            return (T + T.T) @ (u - v), T + v @ (T.T @ v).T + T

        try:
            assert prove_equal(lhs, rhs, LETTERS).proved
            assert not prove_equal(lhs, wrong, LETTERS).proved or identity_test(lhs, wrong, LETTERS, 2).equal
        except SingularError:
            continue
