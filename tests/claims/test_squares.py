"""Sums of squares that are found: true inequalities between several matrices are shown, false twins are not."""

import pytest

import quadmaml as qm
from quadmaml.claims import (
    assume,
    at_most,
    claim,
    inverse,
    less_than,
    matrix,
    spd,
    step_size,
    symmetric,
    vector,
    verify,
)
from quadmaml.claims.inequalities import show_nonnegative
from quadmaml.proofs.verdicts import Status

TWO = {"A": spd(), "B": spd()}
TASKS = {**TWO, "a": vector(), "b": vector(), "lr": step_size("A", "B")}


def mean_of_inverses(A, B):
    return at_most(inverse((A + B) / 2), (inverse(A) + inverse(B)) / 2)


def harmonic_mean(A, B):
    return at_most(inverse((inverse(A) + inverse(B)) / 2), (A + B) / 2)


def square_of_the_mean(A, B):
    return at_most(((A + B) / 2) ** 2, (A @ A + B @ B) / 2)


def antitone(A, B):
    assume(at_most(A, B))
    return at_most(inverse(1 + B), inverse(1 + A))


def steps(A, B, lr):
    X = (1 - lr * A) @ (1 - lr * B)
    return at_most(X.T @ X, 1)


def two_steps(A, B, lr):
    return less_than(lr * (A + B), 2)


def congruence(A, B, X):
    assume(at_most(A, B))
    return at_most(X.T @ A @ X, X.T @ B @ X)


def young(A, x, y):
    return at_most(2 * (x.T @ y), x.T @ A @ x + y.T @ inverse(A) @ y)


def skew(X):
    return at_most(X @ X + X.T @ X.T, X.T @ X + X @ X.T)


def midpoint(A, B, a, b, lr):
    tasks, maml = qm.Tasks.from_minimizers([A, B], [a, b]), qm.MAML(qm.GradientDescent(lr, steps=1))
    loss = maml.objective(tasks)
    return at_most(loss(maml.fixed_point(tasks)), loss((a + b) / 2))


SHOWN = [
    (mean_of_inverses, TWO),
    (harmonic_mean, TWO),
    (square_of_the_mean, TWO),
    (antitone, TWO),
    (steps, {**TWO, "lr": step_size("A", "B")}),
    (two_steps, {**TWO, "lr": step_size("A", "B")}),
    (congruence, {**TWO, "X": matrix()}),
    (young, {"A": spd(), "x": vector(), "y": vector()}),
    (skew, {"X": matrix()}),
    (midpoint, TASKS),
]


@pytest.mark.parametrize(("function", "domains"), SHOWN, ids=lambda each: getattr(each, "__name__", ""))
def test_shown(function, domains):
    shown = show_nonnegative(claim(**domains)(function), 0, (1, 2, 3))
    assert shown.status is Status.PROVED, shown.details


def cube_of_the_mean(A, B):
    return at_most(((A + B) / 2) ** 3, (A**3 + B**3) / 2)


def squares_keep_the_order(A, B):
    assume(at_most(A, B))
    return at_most(A @ A, B @ B)


def other_order(A, B, X):
    assume(at_most(A, B))
    return at_most(X.T @ B @ X, X.T @ A @ X)


def strictly_convex(A, B):
    return less_than(((A + B) / 2) ** 2, (A @ A + B @ B) / 2)


def without_definiteness(A, B):
    return at_most(A @ B @ A, A @ A + A @ B @ B @ A / 5)


def mixed(A, x, y):
    return at_most(2 * (x.T @ y), x.T @ A @ x + y.T @ A @ y)


TWINS = [
    (cube_of_the_mean, TWO),
    (squares_keep_the_order, TWO),
    (other_order, {**TWO, "X": matrix()}),
    (strictly_convex, TWO),
    (without_definiteness, {"A": symmetric(), "B": symmetric()}),
    (mixed, {"A": spd(), "x": vector(), "y": vector()}),
]


@pytest.mark.parametrize(("function", "domains"), TWINS, ids=lambda each: getattr(each, "__name__", ""))
def test_twins_are_refuted(function, domains):
    stated = claim(**domains)(function)
    assert not show_nonnegative(stated, 0, (1, 2)).holds
    assert verify(stated, examples=600).status is Status.REFUTED
