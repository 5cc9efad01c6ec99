"""Inner loops: the numbers that parameters may be, and what happens where an adaptation diverges beyond floats."""

from fractions import Fraction

import numpy as np
import pytest
import sympy

import quadmaml as qm
from quadmaml import (
    FOMAML,
    MAML,
    Chebyshev,
    ConvergenceError,
    GradientDescent,
    GradientFlow,
    HeavyBall,
    PartialGradientDescent,
    PreconditionedGradientDescent,
    Proximal,
    ProximalGradientDescent,
    Quadratic,
    Reptile,
    Tasks,
)

from .backends import need

q = Fraction
HALF, K = sympy.Rational(1, 2), sympy.Symbol("K")


# The numbers that parameters may be


def test_the_numbers_of_a_loop():
    assert HeavyBall([0.1, q(1, 2)], 0, 2).numbers() == {"lr[0]": 0.1, "lr[1]": q(1, 2), "momentum": 0}
    assert PartialGradientDescent([True], 0.5, 3).numbers() == {"lr": 0.5}
    assert PreconditionedGradientDescent(np.eye(2), 3).numbers() == {}
    assert GradientDescent(HALF, K).numbers() == {"lr": HALF}


LOOPS = [
    lambda number: GradientDescent(number(1) / 4, 2),
    lambda number: GradientDescent([number(1) / 4, number(1) / 8]),
    lambda number: HeavyBall(number(1) / 4, number(1) / 2, 2),
    lambda number: PartialGradientDescent([True], number(1) / 4, 2),
    lambda number: GradientFlow(number(1) / 4),
    lambda number: Proximal(number(2)),
    lambda number: ProximalGradientDescent(number(2), number(1) / 8, 2),
    lambda number: Chebyshev(number(1), number(3), 2),
]


@pytest.mark.parametrize("make", LOOPS)
def test_arrays_without_axes_are_numbers(make, backend):
    f = Quadratic(backend.array([[3.0]], "float32"), backend.array([1.0], "float32"))
    plain = make(float).map(f)
    for number in (np.float64, lambda x: np.asarray(float(x)), lambda x: backend.array(float(x))):
        m = make(number).map(f)
        assert m.linear.dtype == f.linear.dtype
        assert float(m.linear[0, 0]) == pytest.approx(float(plain.linear[0, 0]), rel=1e-6)
        assert float(m.offset[0]) == pytest.approx(float(plain.offset[0]), rel=1e-6)


@pytest.mark.parametrize("make", [loop for loop in LOOPS if not isinstance(loop(q), GradientFlow)])
def test_parameters_take_the_kind_of_the_tasks(make, exact_kind):
    f = Quadratic(exact_kind.array([[q(3)]]), exact_kind.array([q(1)]))
    expected = make(q).map(Quadratic([[q(3)]], [q(1)]))
    kinds = [q, sympy.Rational]
    if exact_kind.name == "fmpq":
        flint = need("flint")
        kinds += [flint.fmpq, lambda x: flint.fmpq(flint.fmpz(x))]
    for kind in kinds:
        m = make(kind).map(f)
        assert type(m.linear[0, 0]) is type(exact_kind.number(expected.linear[0, 0]))
        assert exact_kind.back([m.linear[0, 0], m.offset[0]]).tolist() == [expected.linear[0, 0], expected.offset[0]]


def test_parameters_of_several_kinds():
    flint = need("flint")
    f = Quadratic([[flint.fmpq(2)]], [flint.fmpq(1)])
    assert HeavyBall(flint.fmpq(1, 4), q(1, 2), 2).map(f).linear.tolist() == [[flint.fmpq(0)]]
    assert Chebyshev(q(1), flint.fmpq(3), 2).map(f).linear.tolist() == [[flint.fmpq(-1, 7)]]
    assert Chebyshev(flint.fmpz(1), flint.fmpz(3), 2).residual(q(2)) == q(-1, 7)
    assert GradientDescent(flint.fmpz(1), flint.fmpz(2)).map(f).linear.tolist() == [[flint.fmpq(1)]]
    assert GradientDescent(flint.fmpq(1, 4), 2).stable_below() == 8


def test_the_flow_of_an_exact_time_beside_floats():
    assert float(GradientFlow(q(1, 2)).map(Quadratic([[2.0]], [0.0])).linear[0, 0]) == pytest.approx(np.exp(-1))


def test_a_symbolic_number_of_steps():
    a = sympy.Symbol("a")
    assert GradientDescent(HALF, K).residual(a) == (1 - a / 2) ** K
    for loop in (HeavyBall(HALF, HALF, K), ProximalGradientDescent(1, HALF, K), Chebyshev(1, 2, K)):
        for read in (loop.residual, MAML(loop).weight):
            with pytest.raises(qm.InputError, match=r"steps: got the symbol K; expected an integer"):
                read(a)


# Beyond the range of floats


DIVERGING = [
    GradientDescent(1e3, 10**6),
    GradientDescent([1e3] * 200),
    HeavyBall(1e3, 0.5, 200),
    ProximalGradientDescent(1.0, 1e3, 200),
    Chebyshev(1e-3, 2e-3, 200),
    GradientFlow(1e3),
    PartialGradientDescent([True], 1e3, 10**6),
    PreconditionedGradientDescent([1e3], 10**6),
]


@pytest.mark.parametrize("loop", DIVERGING, ids=lambda loop: type(loop).__name__)
def test_what_diverges_beyond_floats_is_one_error(loop, backend):
    support = Quadratic(backend.array([[[-1.0]], [[3.0]]]), backend.array([[1.0], [2.0]]))
    query = Quadratic(backend.array([[[2.0]], [[3.0]]]), backend.array([[1.0], [2.0]]))
    same, split = Tasks(support), Tasks(support, query)
    calls = [
        lambda: loop.map(support),
        lambda: MAML(loop).fixed_point(same),
        lambda: MAML(loop).fixed_point(split),
        lambda: MAML(loop).meta_gradient(same, [1.0]),
        lambda: MAML(loop).objective(split),
        lambda: FOMAML(loop).field(split),
        lambda: Reptile(loop).fixed_point(same),
        lambda: qm.adapted_losses(same, [1.0], loop),
    ]
    if loop.spectral:
        calls += [lambda: MAML(loop).weight(backend.array([-2.0])), lambda: Reptile(loop).weight(-2.0)]
    for call in calls:
        with pytest.raises(
            ConvergenceError, match=rf"^{type(loop).__name__}: the adaptation overflows: .*smaller steps"
        ):
            call()


def test_products_of_large_maps_are_noticed(backend):
    loop = GradientDescent(1e3, 60)  # P = 1e180
    support = Quadratic(backend.array([[[1.0]]]), backend.array([[1.0]]))
    assert float(loop.map(support).linear[0, 0, 0]) > 1e179
    for tasks in (Tasks(support), Tasks(support, Quadratic(support.hessian, backend.array([[0.0]])))):
        for call in (MAML(loop).field, MAML(loop).fixed_point, MAML(loop).objective):
            with pytest.raises(ConvergenceError, match="the adaptation overflows"):
                call(tasks)
        with pytest.raises(ConvergenceError, match="the adaptation overflows"):
            MAML(loop).meta_gradient(tasks, [3.0])
        with pytest.raises(ConvergenceError, match="the adaptation overflows"):
            qm.adapted_losses(tasks, [3.0], loop)


def test_large_powers_of_maps_are_noticed(backend):
    m = qm.AffineMap(backend.array([[3.0]]), backend.array([1.0]))
    assert float((m**2).linear[0, 0]) == 9.0
    with pytest.raises(ConvergenceError, match=r"^the 1000000-fold composition overflows"):
        m**10**6
    with pytest.raises(ConvergenceError, match=r"^the 1000000-fold composition overflows"):
        qm.AffineField(backend.array([[3.0]]), backend.array([1.0])).descend([1.0], 1e3, 10**6)


def test_nothing_is_checked_while_values_cannot_be_read():
    jax = need("jax")
    diverging = jax.jit(lambda A: GradientDescent(1e3, 10**6).map(Quadratic(A, jax.numpy.ones(1))).linear)
    assert diverging(jax.numpy.ones((1, 1))).tolist() == [[float("inf")]]
