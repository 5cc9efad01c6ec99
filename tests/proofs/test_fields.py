"""Matrices over a field: golden values, by flint and in plain Python, and the core's own classes over them."""

from fractions import Fraction as Q
from random import Random

import pytest
import sympy

import quadmaml as qm
from quadmaml import InputError, SingularError
from quadmaml.proofs import fields
from quadmaml.proofs.fields import PrimeField, Rationals
from quadmaml.proofs.pure import Table
from quadmaml.proofs.ring import gradient, inverse, jacobian, named

from .drawn_fields import P, all_fields, both_paths, exact_fields, make, path, same

A, B = [[2, 1], [1, 3]], [[0, 1], [-1, 2]]


@all_fields
def test_the_ring_of_matrices(name):
    F = make(name)
    x, y = F.matrix(A), F.matrix(B)
    same(x + y, [[2, 2], [0, 5]])
    same(x - y, [[2, 0], [2, 1]])
    same(-x, [[-2, -1], [-1, -3]])
    same(x * y, [[-1, 4], [-3, 7]])
    same(x @ y, [[-1, 4], [-3, 7]])
    same(y.T, [[0, -1], [1, 2]])
    same(x**3, [[15, 20], [20, 35]])
    same(x**0, [[1, 0], [0, 1]])
    same(inverse(x), [[Q(3, 5), Q(-1, 5)], [Q(-1, 5), Q(2, 5)]])
    same(y / x, [[Q(-1, 5), Q(2, 5)], [-1, 1]])
    same(2 / x, [[Q(6, 5), Q(-2, 5)], [Q(-2, 5), Q(4, 5)]])
    assert named(x, "X") is x


@all_fields
def test_numbers_are_multiples_of_the_identity(name):
    F = make(name)
    x, half = F.matrix(A), F.scalar(Q(1, 2))
    for two in (2, Q(2), sympy.Integer(2), F.scalar(2), sympy.Rational(2)):
        same(x + two, [[4, 1], [1, 5]])
        same(two + x, [[4, 1], [1, 5]])
        same(two - x, [[0, -1], [-1, -1]])
        same(x - two, [[0, 1], [1, 1]])
        same(two * x, [[4, 2], [2, 6]])
        same(x * two, [[4, 2], [2, 6]])
        same(x / two, [[1, Q(1, 2)], [Q(1, 2), Q(3, 2)]])
    same(half * half - 3, Q(-11, 4), "scalar")
    same(1 / half, 2, "scalar")
    same(half**2, Q(1, 4), "scalar")
    same(half + x, [[Q(5, 2), 1], [1, Q(7, 2)]])


@all_fields
def test_columns_and_rows(name):
    F = make(name)
    x, u, v = F.matrix(A), F.column([1, -1]), F.column([2, 5])
    same(x @ u, [1, -2], "vector")
    same(u.T * x, [1, -2], "covector")
    same(u.T @ v, -3, "scalar")
    same(u * v.T, [[2, 5], [-2, -5]])
    same((u.T @ v) * v, [-6, -15], "vector")
    same(v * (u.T @ v), [-6, -15], "vector")
    same(sum([u, v]), [3, 4], "vector")
    same(x.solve(v), [Q(1, 5), Q(8, 5)], "vector")
    same(u.T.T, [1, -1], "vector")
    same(F.scalar(4).solve(v), [Q(1, 2), Q(5, 4)], "vector")
    same(x.solve(F.scalar(5)), [[3, -1], [-1, 2]])


def test_one_by_one_matrices_are_no_numbers():
    F = Rationals()
    x, u = F.matrix([[2]]), F.column([3])
    assert [each.shape for each in (x, u, u.T, u.T * u, u * u.T)] == [
        "matrix",
        "vector",
        "covector",
        "scalar",
        "matrix",
    ]
    assert (x.value, u.value, (u.T * u).value) == (((2,),), (3,), 9)


@all_fields
@pytest.mark.parametrize(
    "wrong",
    [
        lambda F: F.column([1, 2]) * F.column([1, 2]),
        lambda F: F.column([1, 2]) * F.matrix(A),
        lambda F: F.matrix(A) * F.column([1, 2, 3]),
        lambda F: F.matrix(A) + F.matrix([[1]]),
        lambda F: F.matrix(A) + F.column([1, 2]),
        lambda F: F.column([1, 2]) + 1,
        lambda F: F.column([1, 2]) + F.scalar(1),
        lambda F: F.column([1, 2]) ** 2,
        lambda F: F.column([1, 2]).inverse(),
        lambda F: F.matrix([[1, 2]]).inverse(),
        lambda F: F.matrix([]),
        lambda F: F.matrix([[1], [2, 3]]),
        lambda F: F.matrix(A) * "2",
        lambda F: F.matrix(A) * True,
        lambda F: F.matrix(A) * None,
        lambda F: F.matrix(A) + PrimeField(5).matrix(A),
        lambda F: F.matrix(A) ** -1,
        lambda F: gradient(lambda x: x.T @ x, F.matrix(A)),
        lambda F: gradient(lambda x: x, F.column([1, 2])),
        lambda F: jacobian(lambda x: x.T @ x, F.column([1, 2])),
        lambda F: F.matrix(A)._scaled(qm.curvature.Diagonal(1)),
    ],
)
def test_what_does_not_fit_is_refused(name, wrong):
    with pytest.raises(InputError):
        wrong(make(name))


@exact_fields
def test_floats_and_exponentials_are_refused(name):
    F = make(name)
    with pytest.raises(InputError, match="exact"):
        F.matrix(A) * 0.5
    with pytest.raises(InputError, match="function_of"):
        F.matrix(A).exp()


@all_fields
def test_singular_matrices_are_refused(name):
    F = make(name)
    for wrong in (lambda: F.matrix([[1, 2], [2, 4]]).inverse(), lambda: F.matrix([[0]]).solve(F.column([1]))):
        with pytest.raises(SingularError):
            wrong()
    with pytest.raises(SingularError):
        inverse(F.scalar(0))


@exact_fields
def test_zero_is_decided(name):
    F = make(name)
    assert F.matrix([[0, 0], [0, 0]]).is_zero() is True
    assert F.column([0, 1]).is_zero() is False


@pytest.mark.parametrize("p", [1, 2, 4, 9, 2.0, 10006])
def test_a_prime_field_has_an_odd_prime(p):
    with pytest.raises(InputError, match="odd prime"):
        PrimeField(p)


def test_a_fraction_without_a_value_modulo_p_is_singular():
    with pytest.raises(SingularError, match="1/7"):
        PrimeField(7).scalar(Q(1, 7))


@both_paths
def test_pivots_may_have_to_be_looked_for(pure):
    rows = [[0, 0, 1], [0, 2, 0], [4, 0, 0]]
    for F in (PrimeField(7, path(pure)), Rationals(path(pure))):
        same(F.matrix(rows).inverse(), [[0, 0, Q(1, 4)], [0, Q(1, 2), 0], [1, 0, 0]])


@pytest.mark.parametrize("p", [0, 3, 10007, 2**63 - 25, 2**89 - 1])
def test_plain_python_agrees_with_flint_on_random_matrices(p):
    fast, slow = (PrimeField(p, pure) if p else Rationals(pure) for pure in (path(False), True))
    rng = Random(1)
    for d in (1, 2, 3, 7):
        for _ in range(20):
            M, N = ([[Q(rng.randint(-9, 9)) / rng.choice([1, 2, 4]) for _ in range(d)] for _ in range(d)] for _ in "MN")
            v = [rng.randint(-9, 9) for _ in range(d)]
            outcomes = []
            for F in (fast, slow):
                x, y, u = F.matrix(M), F.matrix(N), F.column(v)
                try:
                    outcomes.append([e.value for e in (x * y + 1, (x - y).T @ u, y / x, x.solve(u))])
                except SingularError:
                    outcomes.append("singular")
            assert outcomes[0] == outcomes[1]


def test_without_flint_the_matrices_are_plain(monkeypatch):
    monkeypatch.setattr(fields, "has_flint", lambda: False)
    assert isinstance(PrimeField(P).matrix(A).table, Table)
    assert isinstance(Rationals().matrix(A).table, Table)


def test_flint_rationals_go_in():
    path(False)
    import flint

    assert Rationals(pure=True).scalar(flint.fmpq(1, 3)).value == Q(1, 3)
    assert PrimeField(7).scalar(flint.fmpq(1, 3)).value == 5


# Derivatives


@all_fields
def test_derivatives_of_quadratics_and_affine_maps_are_exact(name):
    F = make(name)
    x, M, c = F.column([1, -2]), F.matrix(B), F.column([3, 1])
    same(gradient(lambda y: (y - c).T @ M @ (y - c) / 2, x), [0, -6], "vector")
    same(gradient(lambda y: 5, x), [0, 0], "vector")
    same(jacobian(lambda y: M @ (M @ y - c), x), [[-1, 2], [-2, 3]])
    same(jacobian(lambda y: y - gradient(lambda z: z.T @ M @ z, y) / 2, x), [[1, 0], [0, -1]])


@all_fields
@pytest.mark.parametrize(
    "function",
    [
        lambda y: (y.T @ y) * (y.T @ y),
        lambda y: (y.T @ E1(y)) ** 3,
        lambda y: (y.T @ E1(y)) * (y.T @ E2(y)) * (y.T @ y),
        lambda y: 1 / (y.T @ y),
    ],
)
def test_functions_of_higher_degree_are_refused(name, function):
    F = make(name)
    with pytest.raises(InputError, match="degree"):
        gradient(function, F.column([5, 7]))
    with pytest.raises(InputError, match="affine"):
        jacobian(lambda y: function(y) * y, F.column([5, 7]))


def E1(y):
    return y.field.column([1, 0])


def E2(y):
    return y.field.column([0, 1])


# The core's own classes

LOOPS = {
    "gradient descent": (qm.GradientDescent(Q(1, 10), 3), (Q(39, 200), Q(83, 200))),
    "schedule": (qm.GradientDescent([Q(1, 10), Q(1, 5)]), (Q(11, 50), Q(23, 50))),
    "heavy ball": (qm.HeavyBall(Q(1, 10), Q(1, 2), 4), (Q(599, 2000), Q(671, 1000))),
    "proximal": (qm.Proximal(Q(1, 2)), (Q(6, 31), Q(16, 31))),
    "chebyshev": (qm.Chebyshev(1, 3, 3), (Q(9, 26), Q(11, 13))),
    "none": (qm.NoAdaptation(), (0, 0)),
}


@all_fields
@pytest.mark.parametrize("loop", LOOPS)
def test_inner_loops_are_read(name, loop):
    F, (inner, offset) = make(name), LOOPS[loop]
    f = qm.Quadratic(F.matrix(A), F.column([1, 2]))
    m = inner.map(f)
    same(m.offset, offset, "vector")
    # The same loop over arrays of Fractions
    rational = inner.map(qm.Quadratic([[Q(a) for a in row] for row in A], [Q(1), Q(2)]))
    same(m.operator, rational.linear.tolist())
    twice = f.compose(m @ m)
    same(twice.curvature, f.compose(m**2).curvature.value)


@all_fields
def test_parameters_may_be_elements(name):
    F = make(name)
    f, tenth = qm.Quadratic(F.matrix(A), F.column([1, 2])), F.scalar(Q(1, 10))
    same(qm.GradientDescent(tenth, 3).map(f).offset, (Q(39, 200), Q(83, 200)), "vector")
    same(qm.Proximal(tenth).map(f).offset, (Q(110, 551), Q(320, 551)), "vector")


@all_fields
def test_lists_of_elements_are_tasks(name):
    F = make(name)
    curvatures, optima = [[A, [[1, 0], [0, 2]]], [[1, 0], [3, 1]]]
    tasks = qm.Tasks.from_minimizers([F.matrix(each) for each in curvatures], [F.column(c) for c in optima])
    rational = qm.Tasks.from_minimizers(
        [[[Q(a) for a in row] for row in each] for each in curvatures], [[Q(x) for x in c] for c in optima]
    )
    algorithm = qm.MAML(qm.GradientDescent(Q(1, 10), 2))
    same(algorithm.fixed_point(tasks), algorithm.fixed_point(rational).tolist(), "vector")


def test_a_quartic_is_refused_though_one_more_direction_does_not_show_it():
    """A is singular, and the error of the differences at (0, 1) is orthogonal to (2, 3)."""
    F = Rationals(pure=True)
    A, x = F.matrix([[1, -1], [-1, 1]]), F.column([0, 1])
    with pytest.raises(qm.InputError, match="degree <= 2"):
        gradient(lambda t: (t.T @ A @ t) ** 2 / 4 + t.T @ t / 2, x)
    with pytest.raises(qm.InputError, match="not affine"):
        jacobian(lambda t: (t.T @ A @ t) * A @ t + t, x)
