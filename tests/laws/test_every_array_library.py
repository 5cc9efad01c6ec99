"""Every array library gives the numbers that NumPy gives, in its own arrays; exact scalars give the exact ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from quadmaml import AffineField, AffineMap, Quadratic, adapted_losses, simulate
from quadmaml.arrays import device, namespace, to_numpy

from . import fixed
from .drawn import ALGORITHMS, LOOPS

# float32 carries seven digits, and the fixed problems lose one or two.
TOLERANCE = {"float64": 1e-12, "float32": 2e-4}
precisions = pytest.mark.parametrize("dtype", sorted(TOLERANCE))


def test_every_loop_and_algorithm_is_among_the_fixed_ones() -> None:
    assert {type(loop) for loop in fixed.loops().values()} == set(LOOPS)
    assert {type(algorithm) for algorithm in fixed.algorithms(fixed.loops()["one step"]).values()} == set(ALGORITHMS)


class Same:
    """Compares arrays of a library with NumPy's, and asks that namespace, dtype and device were kept."""

    def __init__(self, backend: Any, dtype: str) -> None:
        self.convert = lambda x: backend.array(np.asarray(x, dtype=float), dtype)
        self.like, self.tolerance = self.convert(np.zeros(1)), TOLERANCE[dtype]

    def __call__(self, got: Any, want: Any) -> None:
        assert namespace(got) is namespace(self.like)
        assert got.dtype == self.like.dtype
        assert device(got) == device(self.like)
        np.testing.assert_allclose(to_numpy(got), want, rtol=self.tolerance, atol=10 * self.tolerance)


@pytest.fixture(params=sorted(TOLERANCE))
def same(request: Any, backend: Any) -> Same:
    return Same(backend, request.param)


@pytest.mark.parametrize("name", fixed.loops())
def test_maps_are_those_of_numpy(name: str, same: Same) -> None:
    loop, reference = fixed.loops(array=same.convert)[name], fixed.loops()[name]
    support, theta = fixed.tasks(same.convert).support, same.convert(fixed.theta())
    numpy_support, numpy_theta = fixed.tasks(in_float64).support, in_float64(fixed.theta())
    got, want = loop.map(support), reference.map(numpy_support)
    same(got.linear, want.linear)
    same(got.offset, want.offset)
    same(got(theta), want(numpy_theta))
    same(simulate.adapt(support, loop, theta), want(numpy_theta))
    if loop.spectral:
        same(loop.residual(theta), reference.residual(numpy_theta))


def in_float64(x: Any) -> Any:
    return np.asarray(x, dtype=float)


@pytest.mark.parametrize("name", ["gradient descent", "heavy ball", "preconditioner", "proximal", "flow"])
@pytest.mark.parametrize("split", [False, True])
def test_algorithms_are_those_of_numpy(name: str, split: bool, same: Same) -> None:
    tasks, theta = fixed.tasks(same.convert, split=split), same.convert(fixed.theta())
    numpy_tasks, numpy_theta = fixed.tasks(in_float64, split=split), in_float64(fixed.theta())
    loop, reference = fixed.loops(array=same.convert)[name], fixed.loops()[name]
    mine, theirs = fixed.algorithms(loop), fixed.algorithms(reference)
    for key, algorithm in mine.items():
        numpy_algorithm = theirs[key]
        got, want = algorithm.field(tasks), numpy_algorithm.field(numpy_tasks)
        same(got.matrix, want.matrix)
        same(got.rhs, want.rhs)
        same(got(theta), want(numpy_theta))
        same(algorithm.meta_gradient(tasks, theta), want(numpy_theta))
        same(simulate.meta_gradient(algorithm, tasks, theta), want(numpy_theta))
        if abs(np.linalg.eigvals(want.matrix)).min() > 0.05:
            same(algorithm.fixed_point(tasks), numpy_algorithm.fixed_point(numpy_tasks))
        if want.is_gradient():
            same(algorithm.objective(tasks)(theta), numpy_algorithm.objective(numpy_tasks)(numpy_theta))
        if hasattr(algorithm, "rule"):
            same(algorithm.jacobians(tasks), numpy_algorithm.jacobians(numpy_tasks))
        if algorithm.loop.spectral:
            same(algorithm.weight(theta), numpy_algorithm.weight(numpy_theta))
    same(adapted_losses(tasks, theta, loop), adapted_losses(numpy_tasks, numpy_theta, reference))
    same(
        simulate.meta_train(mine["MAML"], tasks, theta, 0.1, 3)[-1, ...],
        theirs["MAML"].field(numpy_tasks).descend(numpy_theta, 0.1, 3),
    )


def test_quadratics_maps_and_fields_are_those_of_numpy(same: Same) -> None:
    A, h, theta = (in_float64(x) for x in (fixed.hessians()[:2], fixed.linears()[:2], fixed.theta()))
    f, g = Quadratic(same.convert(A), same.convert(h)), Quadratic(A, h)
    x = same.convert(theta)
    half = np.asarray([0.5, 0.5])
    same(f(x), g(theta))
    same(f.gradient(x), g.gradient(theta))
    same(f.minimizer(), g.minimizer())
    same(f.minimum(), g.minimum())
    same((f + 2 * f)(x), (g + 2 * g)(theta))
    same(f.mean(same.convert(half))(x), g.mean(half)(theta))
    m, p = (AffineMap(c(A / 8), c(h)) for c in (same.convert, in_float64))
    same(((m @ m) ** 3 + m)(x), ((p @ p) ** 3 + p)(theta))
    same(m.fixed_point(), p.fixed_point())
    field, reference = (AffineField(c(A[0]), c(h[0])) for c in (same.convert, in_float64))
    same(field.zero(), reference.zero())
    same(field.zero(minimum_norm=True), reference.zero())
    same(field.spectrum(), reference.spectrum())
    same(field.potential()(x), reference.potential()(theta))
    same(field.descend(x, 0.1, 50), reference.descend(theta, 0.1, 50))
    assert field.best_lr() == pytest.approx(reference.best_lr(), rel=1e-4)
    assert field.rate(0.1) == pytest.approx(reference.rate(0.1), rel=1e-4)


@pytest.mark.parametrize("name", fixed.loops())
def test_exact_kinds_agree_exactly(name: str, exact_kind: Any) -> None:
    if name == "flow":
        pytest.skip("the exponential of a rational matrix is not rational")
    loop = fixed.loops(exact_kind.number, lambda D: exact_kind.array(np.asarray(D, dtype=object)))[name]
    reference = fixed.loops(lambda x: x, lambda D: np.asarray(D, dtype=object))[name]
    tasks, theta = fixed.tasks(exact_kind.array), exact_kind.array(fixed.theta())
    rational, start = fixed.tasks(np.asarray), fixed.theta()

    def same_number(got: Any, want: Any) -> None:
        assert (exact_kind.back(got) == want).all()
        if exact_kind.name != "sympy":
            assert {type(entry) for entry in got.flat} == {type(theta[0])}

    got, want = loop.map(tasks.support), reference.map(rational.support)
    same_number(got.linear, want.linear)
    same_number(got.offset, want.offset)
    theirs = fixed.algorithms(reference, lambda x: x)
    for key, algorithm in fixed.algorithms(loop, exact_kind.number).items():
        field, expected = algorithm.field(tasks), theirs[key].field(rational)
        same_number(field.matrix, expected.matrix)
        same_number(field.rhs, expected.rhs)
        same_number(algorithm.meta_gradient(tasks, theta), theirs[key].meta_gradient(rational, start))
        if key in ("MAML", "FOMAML") and name == "gradient descent":
            same_number(algorithm.fixed_point(tasks), theirs[key].fixed_point(rational))


@pytest.mark.parametrize("name", fixed.loops())
def test_floats_are_the_exact_numbers_rounded(name: str) -> None:
    if name == "flow":
        pytest.skip("the exponential of a rational matrix is not rational")
    loop, rational = fixed.loops()[name], fixed.loops(lambda x: x, lambda D: np.asarray(D, dtype=object))[name]
    m, exact = loop.map(fixed.tasks(in_float64).support), rational.map(fixed.tasks(np.asarray).support)
    np.testing.assert_allclose(m.linear, exact.linear.astype(float), rtol=1e-14, atol=1e-15)
    np.testing.assert_allclose(m.offset, exact.offset.astype(float), rtol=1e-14, atol=1e-15)
