"""Ring elements: the operators on dense matrices in batches, and on diagonals."""

from fractions import Fraction

import numpy as np
import pytest
import sympy

from quadmaml import InputError, SingularError
from quadmaml.curvature import Dense, Diagonal, RingElement

q = Fraction
rational = np.vectorize(q, otypes=[object])
M = np.array([[1.0, 2.0], [0.0, 4.0]])
N = np.array([[0.0, 1.0], [1.0, 0.0]])


def same(element, expected):
    assert isinstance(element, RingElement)
    array = element.dense()
    assert array.shape == np.shape(expected)
    assert (array == np.asarray(expected)).all()


def test_the_ring_of_matrices():
    x, y = Dense(M), Dense(N)
    same(x + y, [[1, 3], [1, 4]])
    same(x - y, [[1, 1], [-1, 4]])
    same(-x, [[-1, -2], [0, -4]])
    same(x * y, [[2, 1], [4, 0]])
    same(y * x, [[0, 4], [1, 2]])
    same(x.T, [[1, 0], [2, 4]])
    same(x / y, [[2, 1], [4, 0]])
    same(x.inverse(), [[1, -0.5], [0, 0.25]])


def test_numbers_are_multiples_of_the_identity():
    x = Dense(M)
    same(x + 3, [[4, 2], [0, 7]])
    same(3 + x, [[4, 2], [0, 7]])
    same(x - 3, [[-2, 2], [0, 1]])
    same(3 - x, [[2, -2], [0, -1]])
    same(2 * x, [[2, 4], [0, 8]])
    same(x * 2, [[2, 4], [0, 8]])
    same(x / 2, [[0.5, 1], [0, 2]])
    same(2 / x, [[2, -1], [0, 0.5]])
    same(np.float64(2) * x, [[2, 4], [0, 8]])
    same(np.float64(2) + x, [[3, 2], [0, 6]])


@pytest.mark.parametrize("k", range(9))
def test_powers(k):
    same(Dense(M) ** k, np.linalg.matrix_power(M, k))
    same(Dense(rational(M)) ** k, np.linalg.matrix_power(M, k))


def test_powers_take_few_products(monkeypatch):
    count, times = [], Dense._times
    monkeypatch.setattr(Dense, "_times", lambda x, y: count.append(1) or times(x, y))
    # Six squarings, and one product for each further 1 of 1000011 in base 2
    same(Dense(np.eye(1)) ** 67, [[1]])
    assert len(count) == 8


def test_batches():
    both = Dense(np.stack([M, N]))
    same(both + 1, [[[2, 2], [0, 5]], [[1, 1], [1, 1]]])
    same(both**2, [[[1, 10], [0, 16]], [[1, 0], [0, 1]]])
    same(both**0, [[[1, 0], [0, 1]]] * 2)
    same(both.T, [[[1, 0], [2, 4]], [[0, 1], [1, 0]]])
    same(both[1], N)
    same(both[:1], [M])
    # One number for each matrix
    same(np.array([2.0, 3.0]) * both, [[[2, 4], [0, 8]], [[0, 3], [3, 0]]])
    same(both + np.array([2.0, 3.0]), [[[3, 2], [0, 6]], [[3, 1], [1, 3]]])
    assert (both @ np.array([1.0, 2.0])).tolist() == [[5.0, 8.0], [2.0, 1.0]]
    assert both.solve(np.array([[5.0, 8.0], [2.0, 1.0]])).tolist() == [[1.0, 2.0], [1.0, 2.0]]


def test_vectors():
    assert (Dense(M) @ np.array([1.0, 2.0])).tolist() == [5.0, 8.0]
    assert Dense(M).solve(np.array([5.0, 8.0])).tolist() == [1.0, 2.0]
    assert Dense(rational(M)).solve(rational([1, 1])).tolist() == [q(1, 2), q(1, 4)]
    with pytest.raises(TypeError):
        Dense(M) @ "x"


def test_exact_matrices_stay_exact():
    x = Dense(rational(M))
    same(x / 3, [[q(1, 3), q(2, 3)], [0, q(4, 3)]])
    same(1 / x, [[1, q(-1, 2)], [0, q(1, 4)]])
    assert all(type(entry) is Fraction for entry in (x / 3).dense().flat)
    with pytest.raises(InputError, match=r"float 0\.5 beside exact scalars"):
        0.5 * x


def test_singular_matrices_have_no_inverse():
    with pytest.raises(SingularError):
        1 / Dense(np.zeros((2, 2)))


def test_exponential():
    same(Dense(np.zeros((2, 2))).exp(), np.eye(2))
    assert np.abs(Dense(np.array([[0.0, 1.0], [0.0, 0.0]])).exp().dense() - [[1, 1], [0, 1]]).max() < 1e-15


def test_sums_over_tasks():
    w, both = np.array([0.25, 0.75]), Dense(np.stack([M, N]))
    same(both.weighted_sum(w), [[0.25, 1.25], [0.75, 1]])
    # 1/4 M'M + 3/4 N'N
    same(both.weighted_adjoint(w, both), [[1, 0.5], [0.5, 5.75]])
    # 1/4 M'(1, 1) + 3/4 N'(1, 2)
    assert both.weighted_adjoint(w, np.array([[1.0, 1.0], [1.0, 2.0]])).tolist() == [1.75, 2.25]


@pytest.mark.parametrize("corner", [0.0, 0.5])
def test_bordered_exponentials(corner):
    from scipy.linalg import expm

    both, columns = np.stack([M, N]), np.array([[[5.0, 1.0], [6.0, 0.0]], [[7.0, 0.0], [8.0, 2.0]]])
    inner, right = Dense(both).exp_bordered(columns, corner)
    for i in range(2):
        whole = expm(np.block([[both[i], columns[i]], [np.zeros((2, 2)), corner * np.eye(2)]]))
        np.testing.assert_allclose(inner.array[i], whole[:2, :2], rtol=1e-12)
        np.testing.assert_allclose(right[i], whole[:2, 2:], rtol=1e-12)
    # A diagonal curvature is 1 x 1, also where it equals the corner.
    entries = np.array([corner, 2.0, -1e-9])
    inner, right = Diagonal(entries).exp_bordered(np.array([3.0, 1.0, 1.0]), corner)
    for entry, column, p, s in zip(entries, [3.0, 1.0, 1.0], inner.entries, right, strict=True):
        whole = expm(np.array([[entry, column], [0.0, corner]]))
        np.testing.assert_allclose([p, s], whole[0], rtol=1e-12)
    assert Diagonal(0.0).exp_bordered(2.0, 0.0)[1] == 2.0


def test_diagonals_act_entrywise():
    x = Diagonal(np.array([2.0, 4.0]))
    for element, expected in [
        (x + x, [4, 8]),
        (x - 1, [1, 3]),
        (1 - x, [-1, -3]),
        (x * x, [4, 16]),
        (3 * x, [6, 12]),
        (x / 2, [1, 2]),
        (x / x, [1, 1]),
        (8 / x, [4, 2]),
        (x**3, [8, 64]),
        (x**0, [1, 1]),
        (x._one(), [1, 1]),
        (x.T, [2, 4]),
        (x.inverse(), [0.5, 0.25]),
        (Diagonal(np.zeros(2)).exp(), [1, 1]),
    ]:
        assert element.entries.tolist() == expected
    assert (x @ np.array([1.0, 2.0])).tolist() == [2.0, 8.0]


def test_diagonals_of_one_scalar_of_any_kind():
    a = sympy.Symbol("a")
    assert ((1 - Diagonal(a) / 2) ** 2).entries == (1 - a / 2) ** 2
    assert (2 / (2 + Diagonal(q(1)))).entries == q(2, 3)
    assert Diagonal(a).exp().entries == sympy.exp(a)
    assert (0.5 * Diagonal(2.0)).entries == 1.0


@pytest.mark.parametrize("zero", [0.0, q(0), np.array([1.0, 0.0]), np.array([q(0)], dtype=object), sympy.Integer(0)])
def test_no_division_by_zero_on_a_diagonal(zero):
    with pytest.raises(SingularError, match="an eigenvalue by which to divide is 0"):
        Diagonal(zero).inverse()
    assert Diagonal(sympy.Symbol("a")).inverse().entries == 1 / sympy.Symbol("a")
