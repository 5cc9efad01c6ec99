"""The rules for signs: sound on instances, and each has a twin that they must not accept."""

from fractions import Fraction

import pytest

from quadmaml.claims.certificates import NONNEGATIVE, POSITIVE, Signs, tree_letters
from quadmaml.claims.domains import matrix, scalar, spd, step_size, symmetric, vector
from quadmaml.claims.exactly import definite

DOMAINS = {
    "A": spd(),
    "B": spd(),
    "S": symmetric(),
    "M": matrix(),
    "x": vector(),
    "y": vector(),
    "lr": step_size("A", "B"),
    "t": scalar(0, 1),
    "s": scalar(),
}
L = tree_letters(DOMAINS)
A, B, S, M, x, y, lr, t, s = (L[name] for name in DOMAINS)

NONNEGATIVE_TERMS = [t * A, M.T @ M, M.T @ A @ M, x @ x.T, x.T @ A @ x, S @ S, S**2, s**2, s * s * A]
# Symmetric factors, written without transposes and with numbers in any order.
NONNEGATIVE_TERMS += [(1 - s * S) @ A @ (1 - s * S), (S * t * s - 1) @ A @ (-1 + s * S * t), (S - B) @ A @ (S - B)]
NONNEGATIVE_TERMS += [A @ (1 - lr * A) ** 2 @ A * t, t * (1 - t), M @ B.inverse() @ M.T, (x + y).T @ (x + y), 2 * t]
POSITIVE_TERMS = [A, A + B, A.inverse(), lr * A, A + M.T @ M, 1 - lr * A, A @ (1 - lr * A) ** 2, lr, 1 + s**2]
POSITIVE_TERMS += [A @ B @ A, (1 - lr * A) @ B @ (1 - lr * A), B.inverse() @ A @ B.inverse()]
POSITIVE_TERMS += [(A + B).inverse(), S**2 + 1, (A + t * B).inverse() + M.T @ B @ M]
UNKNOWN = [S, s, A - B, A @ B, M, M @ M, M @ A @ M, x.T @ A @ y, x @ y.T, 1 - lr * A * 2, s * A, -1 * A, M.inverse()]
UNKNOWN += [S**3, s**3, A @ (1 - 2 * lr * A), A @ M.T @ M, t - Fraction(1, 2), S.inverse(), A @ B @ A @ B, 1 - A]
UNKNOWN += [(1 - s * S) @ A @ (1 + s * S), (1 - s * M) @ A @ (1 - s * M)]
UNKNOWN += [s * t, (s - 1) * s, x.T @ S @ x]


@pytest.mark.parametrize("term", NONNEGATIVE_TERMS, ids=lambda term: term.key[:60])
def test_nonnegative(term):
    assert Signs(DOMAINS).sign(term) >= NONNEGATIVE


@pytest.mark.parametrize("term", POSITIVE_TERMS, ids=lambda term: term.key[:60])
def test_positive(term):
    assert Signs(DOMAINS).sign(term) == POSITIVE


@pytest.mark.parametrize("term", UNKNOWN, ids=lambda term: term.key[:60])
def test_what_is_not_nonnegative_is_not_accepted(term):
    assert Signs(DOMAINS).sign(term) == 0


@pytest.mark.parametrize("term", NONNEGATIVE_TERMS, ids=lambda term: term.key[:60])
def test_semidefinite_is_not_definite(term):
    assert Signs(DOMAINS).sign(term) == NONNEGATIVE


def test_assumptions_count():
    signs = Signs(DOMAINS, [(B - A, False), (S, True)])
    assert signs.sign(M.T @ (B - A) @ M) == NONNEGATIVE
    assert signs.sign(S) == POSITIVE
    assert signs.sign(A - B) == 0


@pytest.mark.parametrize(
    ("rows", "least"),
    [
        ([[0, 0], [0, 1]], 0),
        ([[0, 1], [1, 0]], -1),
        ([[0, 1], [1, 5]], -1),
        ([[1, 2], [2, 4]], 0),
        ([[2, 1], [1, 2]], 1),
    ],
)
def test_definite(rows, least):
    assert definite(rows, strictly=False) == (least >= 0)
    assert definite(rows, strictly=True) == (least > 0)
