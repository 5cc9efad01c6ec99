"""The rules for signs and the exact decisions, on random terms: what they accept holds at random exact instances."""

import random

import pytest

from quadmaml.claims import at_most, claim, matrix, scalar, spd, step_size, symmetric, vector
from quadmaml.claims.certificates import POSITIVE, Signs, tree_letters
from quadmaml.claims.draws import draw_sample
from quadmaml.claims.exactly import definite
from quadmaml.claims.inequalities import show_nonnegative
from quadmaml.claims.readings import judged, read
from quadmaml.claims.trees import Tree, as_tree
from quadmaml.errors import InputError, SingularError
from quadmaml.proofs.fields import Rationals
from quadmaml.proofs.instances import instance

DOMAINS = {
    "A": spd(),
    "B": spd(),
    "S": symmetric(),
    "M": matrix(),
    "x": vector(),
    "lr": step_size("A"),
    "t": scalar(0, 2),
}
DOMAINS |= {"t": scalar(0, 2), "s": scalar()}
SOME = claim(**DOMAINS)(lambda A, B, S, M, x, lr, t, s: at_most(0, A))


def term(rng, letters, depth):
    if depth == 0 or rng.random() < 0.2:
        return rng.choice([*letters.values(), rng.randint(-1, 2)])
    left, right = (term(rng, letters, depth - 1) for _ in range(2))
    act = rng.choice(["+", "-", "*", "*", "*", "T", "inverse", "**", "congruence", "congruence"])
    if act in "+-":
        return left + right if act == "+" else left - right
    if act == "*":
        return left * right
    if isinstance(left, int):
        return left
    if act == "T":
        return left.T
    if act == "inverse":
        return left.inverse() if left.shape in ("matrix", "scalar") else left
    if act == "**":
        return left ** rng.choice([2, 3]) if left.shape in ("matrix", "scalar") else left
    return left.T * right * left


def checked(tree, strictly, rng):
    seen = 0
    for k in range(12):
        dim = 1 + k % 3
        elements = instance(Rationals(), SOME.letters, dim, draw_sample(SOME, dim, rng, 1 + k % 4))
        try:
            value = tree.read(elements)
        except SingularError:
            continue
        seen += 1
        value = getattr(value, "value", value)
        rows = value if isinstance(value, tuple) else ((value,),)
        assert all(rows[i][j] == rows[j][i] for i in range(len(rows)) for j in range(i)), tree.key
        assert definite(rows, strictly=strictly), (tree.key, rows)
    return seen


@pytest.mark.parametrize("seed", range(3))
def test_rules_on_random_terms(seed):
    rng, accepted = random.Random(seed), 0
    letters, signs = tree_letters(DOMAINS), Signs(DOMAINS)
    for _ in range(150):
        try:
            tree = as_tree(term(rng, letters, 3))
        except (InputError, SingularError):
            continue
        if tree.shape not in ("matrix", "scalar") or not (sign := signs.sign(tree)):
            continue
        accepted += bool(checked(tree, sign == POSITIVE, rng))
    assert accepted > 5


@pytest.mark.parametrize("seed", range(2))
def test_exact_decision_on_random_claims(seed):
    rng, shown = random.Random(seed), 0
    domains = {"A": spd(), "x": vector(), "y": vector(), "lr": step_size("A"), "t": scalar(0, 1)}
    for _ in range(25):
        numbers = [rng.randint(-2, 3) for _ in range(8)]

        def statement(A, x, y, lr, t, n=numbers):
            P = n[0] + n[1] * lr * A + n[2] * (lr * A) ** 2
            R = n[3] * t + n[4] * (1 - lr * A) + 2
            return at_most(n[5] * (x.T @ P @ y), x.T @ R @ x + y.T @ (P + R * R) @ y)

        stated = claim(**domains)(statement_of(statement))
        verdict = show_nonnegative(stated, 0, (1, 2))
        for k in range(40):
            outcome = judged(stated, 1 + k % 3, draw_sample(stated, 1 + k % 3, rng, 1 + k % 4), Rationals())
            assert not (verdict.holds and outcome.kind == "violated"), verdict.details
        shown += verdict.holds
        assert isinstance(read(stated, tree_letters(domains))[0][0].right.element, Tree)
    assert shown >= 1


def statement_of(function):
    return lambda A, x, y, lr, t: function(A, x, y, lr, t)
