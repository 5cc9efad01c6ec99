"""The oracle knows no closed form: with every one of them replaced by a function that raises, it runs as before."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from fractions import Fraction

import numpy as np
import pytest

import quadmaml as qm
from quadmaml import adaptation, affine, algorithms, simulate, solvers
from quadmaml.affine import AffineMap, Augmented
from quadmaml.field import AffineField
from quadmaml.solvers import ConjugateGradients, Neumann

CLOSED_FORMS = ["residual", "map", "generator", "field", "weight", "jacobians", "meta_gradient", "objective"]
CLOSED_FORMS += [
    "inverse",
    "solve",
    "fixed_point",
    "loop",
    "rule",
    "last",
    "schedule",
    "stable_below",
    "_kept",
    "_gradient",
    "_factors",
]

q = Fraction
LOOPS = [
    qm.NoAdaptation(),
    qm.GradientDescent(0.1, 3),
    qm.GradientDescent([0.1, 0.2]),
    qm.HeavyBall(0.1, 0.5, 3),
    qm.HeavyBall([0.1, 0.2], 0.5),
    qm.PreconditionedGradientDescent([0.1, 0.2], 2),
    qm.PreconditionedGradientDescent([[0.1, 0.2], [0.0, 0.3]], 2),
    qm.PartialGradientDescent([True, False], 0.1, 3),
    qm.PartialGradientDescent([True, False], [0.1, 0.2]),
    qm.GradientFlow(0.5),
    qm.Proximal(2.0),
    qm.ProximalGradientDescent(2.0, 0.1, 3),
    qm.ProximalGradientDescent(2.0, [0.1, 0.2]),
    qm.Chebyshev(1.0, 4.0, 3),
]
EXACT_LOOPS = [
    qm.GradientDescent(q(1, 10), 3),
    qm.HeavyBall([q(1, 10), q(1, 5)], q(1, 2)),
    qm.Proximal(q(2)),
    qm.ProximalGradientDescent(q(2), q(1, 10), 2),
]


def every_algorithm(loops, strength):
    for loop in loops:
        yield from (qm.MAML(loop), qm.FOMAML(loop), qm.Reptile(loop), qm.IMAML(strength, loop))
        if hasattr(loop, "last"):
            yield qm.TruncatedMAML(loop, 1)
    yield from (qm.Joint(), qm.IMAML(strength), qm.MoreauEnvelope(strength))
    yield from (qm.IMAML(strength, solver=Neumann(2)), qm.IMAML(strength, solver=ConjugateGradients(2)))


def tasks(number=float):
    to = np.vectorize(number, otypes=[object if number is q else float])
    support = to([[[2, 1], [1, 3]], [[1, 0], [0, 4]]]), to([[1, -2], [3, 0]])
    query = to([[[3, -1], [-1, 2]], [[2, 1], [1, 1]]]), to([[0, 1], [-1, 2]])
    return qm.Tasks(qm.Quadratic(*support), qm.Quadratic(*query), to([1, 3]))


def everything():
    """All that the oracle computes, for all loops and algorithms, on floats and on Fractions."""
    for number, loops in ((float, LOOPS), (q, EXACT_LOOPS)):
        problem, theta = tasks(number), np.array([number(1), number(-2)])
        for loop in loops:
            yield simulate.adapt(problem.support, loop, theta)
        for algorithm in every_algorithm(loops, number(2)):
            yield simulate.meta_gradient(algorithm, problem, theta)
            yield simulate.meta_train(algorithm, problem, theta, number(1) / 8, 2)


def refuse(*_, **__):
    raise AssertionError("a closed form was called")


def forbid_closed_forms(monkeypatch):
    """Replace the closed forms on all classes, and ``AffineMap`` and its kin wherever a module has imported them."""
    for module in (adaptation, algorithms, solvers):
        for kind in filter(inspect.isclass, vars(module).values()):
            for base in kind.__mro__[:-1]:
                if base.__module__.startswith("quadmaml"):
                    for name in set(CLOSED_FORMS).intersection(vars(base)):
                        monkeypatch.setattr(base, name, refuse)
    named = {kind.__name__ for kind in (AffineMap, Augmented, AffineField)} | {"generator"}
    for info in pkgutil.iter_modules(qm.__path__, "quadmaml."):
        if info.name not in ("quadmaml.__main__", "quadmaml.cli"):
            module = importlib.import_module(info.name)
            for name in named.intersection(vars(module)):
                monkeypatch.setattr(module, name, refuse)
    for kind in (AffineMap, Augmented, AffineField):
        monkeypatch.setattr(kind, "__init__", refuse)


def test_every_loop_and_algorithm_is_run():
    assert {type(loop) for loop in LOOPS} == set(simulate.FORWARD)
    assert {type(algorithm) for algorithm in every_algorithm(LOOPS, 2.0)} == set(simulate.META_GRADIENTS)


def test_the_oracle_runs_without_any_closed_form(monkeypatch):
    expected = list(everything())
    forbid_closed_forms(monkeypatch)
    actual = list(everything())
    assert len(actual) == len(expected)
    assert all((one == other).all() for one, other in zip(actual, expected, strict=True))


@pytest.mark.parametrize(
    "closed",
    [
        lambda: qm.GradientDescent(0.1, 1).residual(1.0),
        lambda: qm.HeavyBall(0.1, 0.5, 1).map(tasks().support),
        lambda: qm.PartialGradientDescent([True, False], 0.1, 1).generator(tasks().support),
        lambda: qm.GradientDescent(0.1, 1).schedule(),
        lambda: qm.MAML(LOOPS[1]).field(tasks()),
        lambda: qm.Reptile(LOOPS[1]).meta_gradient(tasks(), [1.0, 2.0]),
        lambda: qm.IMAML(2.0).weight(1.0),
        lambda: qm.FOMAML(LOOPS[1]).jacobians(tasks()),
        lambda: qm.MoreauEnvelope(2.0).fixed_point(tasks()),
        lambda: qm.AffineMap([[1.0]], [1.0]),
        lambda: affine.generator(tasks().support),
    ],
)
def test_twin_an_oracle_that_calls_a_closed_form_is_caught(monkeypatch, closed):
    forbid_closed_forms(monkeypatch)
    monkeypatch.setitem(simulate.FORWARD, qm.GradientDescent, lambda loop, f, theta: closed())
    with pytest.raises(AssertionError, match="a closed form was called"):
        simulate.adapt(tasks().support, qm.GradientDescent(0.1, 3), [1.0, -2.0])
