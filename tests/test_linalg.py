"""Linear algebra on floats and on exact scalars, against values worked by hand."""

import math
from fractions import Fraction

import numpy as np
import pytest
import sympy

from quadmaml import InputError, SingularError, linalg

from .backends import need

q = Fraction
rational = np.vectorize(q, otypes=[object])
A = [[2, 1], [1, 3]]


def strict(x):
    import array_api_strict

    return array_api_strict.asarray(x, dtype=array_api_strict.float64)


def test_eye():
    assert linalg.eye(2, np.ones(1, "f4")).tolist() == [[1.0, 0.0], [0.0, 1.0]]
    assert linalg.eye(2, np.ones(1, "f4")).dtype == np.float32
    one = linalg.eye(2, rational([1]))
    assert one.tolist() == [[1, 0], [0, 1]]
    assert type(one[0, 1]) is Fraction


def test_products():
    x = np.array([1.0, 2.0])
    assert linalg.matvec(np.array(A, float), x).tolist() == [4.0, 7.0]
    assert float(linalg.dot(x, np.array([3.0, -1.0]))) == 1.0
    # Two matrices, two vectors: vectors must not be read as a matrix.
    both = np.array([A, [[1, 0], [2, 0]]], float)
    assert linalg.matvec(both, np.array([[1.0, 2.0], [3.0, 4.0]])).tolist() == [[4.0, 7.0], [3.0, 6.0]]
    assert linalg.dot(np.array([[1.0, 2.0], [3.0, 4.0]]), x).tolist() == [5.0, 11.0]


@pytest.mark.parametrize("number", [float, q])
def test_solve(number):
    to = np.vectorize(number, otypes=[float if number is float else object])
    X = linalg.solve(to(A), to([[5, 1], [5, 3]]))
    assert np.abs((X - to([[2, 0], [1, 1]])).astype(float)).max() <= (1e-15 if number is float else 0)
    # The first pivot is zero
    assert linalg.solve(to([[0, 2], [1, 0]]), to([[2], [3]])).tolist() == [[3], [1]]


def test_exact_solves_broadcast():
    both = rational([A, [[1, 0], [0, 4]]])
    X = linalg.solve(both, rational([[5], [5]]))
    assert X.tolist() == [[[2], [1]], [[5], [q(5, 4)]]]
    X = linalg.solve(rational(A), rational([[[5], [5]], [[0], [5]]]))
    assert X.tolist() == [[[2], [1]], [[-1], [2]]]


def test_singular_systems(backend):
    with pytest.raises(SingularError, match="singular: it has rank 1 of 2 to working precision") as caught:
        linalg.solve(backend.array([[1.0, 1.0], [1.0, 1.0]]), backend.array([[1.0], [0.0]]))
    assert (caught.value.rank, tuple(caught.value.nullspace.shape)) == (1, (2, 1))


def test_exact_singular_systems_say_their_rank():
    with pytest.raises(SingularError, match="rank 1 of 2 exactly") as caught:
        linalg.solve(rational([[1, 2], [2, 4]]), rational([[1], [2]]))
    assert (caught.value.rank, caught.value.nullspace.tolist()) == (1, [[-2], [1]])


def test_errors_of_the_library_that_are_not_about_rank_pass():
    with pytest.raises(ValueError, match="mismatch") as caught:
        linalg.solve(np.eye(2), np.ones((3, 1)))
    assert not isinstance(caught.value, InputError)


def test_row_echelon():
    reduced, pivots = linalg.row_echelon(rational([[0, 2, 4], [1, 1, 1], [1, 3, 5]]), 3)
    assert pivots == [0, 1]
    assert reduced.tolist() == [[1, 0, -1], [0, 1, 2], [0, 0, 0]]
    _, pivots = linalg.row_echelon(rational([[0, 2, 4], [1, 1, 1]]), 1)
    assert pivots == [0]


@pytest.mark.parametrize("convert", [np.asarray, strict])
def test_exponential(convert):
    # A rotation, a nilpotent matrix, a diagonal one with entries far apart
    X = linalg.expm(convert([[0.0, -math.pi / 2], [math.pi / 2, 0.0]]))
    assert np.abs(np.asarray(X) - [[0, -1], [1, 0]]).max() < 1e-14
    assert np.abs(np.asarray(linalg.expm(convert([[0.0, 3.0], [0.0, 0.0]]))) - [[1, 3], [0, 1]]).max() < 1e-14
    X = np.asarray(linalg.expm(convert([[1.0, 0.0], [0.0, -20.0]])))
    assert abs(X[0, 0] / math.e - 1) < 1e-13
    assert abs(X[1, 1] - math.exp(-20)) < 1e-13 * math.e
    assert np.asarray(linalg.expm(convert([[0.0]]))).tolist() == [[1.0]]


@pytest.mark.parametrize("size", [1e-3, 0.3, 1.0, 7.0, 100.0])
def test_exponential_without_a_routine_of_the_library(size):
    from scipy.linalg import expm

    M = size * np.array([[[-1.0, 0.5, 0.0], [0.25, -2.0, 1.0], [0.0, 0.0, -0.5]], np.diag([-1.0, 0.0, -0.25])])
    ours = linalg._pade(M)
    assert np.abs(ours - expm(M)).max() < 1e-12 * max(1, size)


def test_exponential_in_torch():
    torch = need("torch")
    assert abs(float(linalg.expm(torch.ones((1, 1), dtype=torch.float64))[0, 0]) - math.e) < 1e-15


def test_weighted_sums():
    w = np.array([0.25, 0.75])
    assert linalg.weighted_sum(w, np.array([4.0, 8.0])).tolist() == 7.0
    assert linalg.weighted_sum(w, np.array([[4.0, 0.0], [8.0, 4.0]])).tolist() == [7.0, 3.0]
    assert linalg.weighted_sum(w, np.array([A, [[4, 0], [0, 4]]], float)).tolist() == [[3.5, 0.25], [0.25, 3.75]]


def test_weighted_adjoint_products():
    J = np.array([[[1.0, 2.0], [0.0, 1.0]], [[1.0, 0.0], [4.0, 1.0]]])
    X = np.array([A, [[1, 0], [0, 1]]], float)
    # 1/4 [[1 0] [2 1]] A + 3/4 [[1 4] [0 1]]
    expected = [[0.25 * 2 + 0.75, 0.25 * 1 + 3.0], [0.25 * 5, 0.25 * 5 + 0.75]]
    assert linalg.stacked_adjoint(np.array([0.25, 0.75]), J, X).tolist() == expected


def test_positive_semidefinite():
    assert linalg.is_positive_semidefinite(np.array([[1.0, 1.0], [1.0, 1.0]]))
    assert linalg.is_positive_semidefinite(np.zeros((2, 2)))
    assert linalg.is_positive_semidefinite(np.diag([1.0, -1e-15]))
    assert not linalg.is_positive_semidefinite(np.diag([1.0, -1e-13]))
    # Each matrix of a batch is judged by its own size.
    assert not linalg.is_positive_semidefinite(np.stack([1e13 * np.eye(2), np.diag([1.0, -1e-3])]))
    assert not linalg.is_positive_semidefinite(np.array([[[1.0]], [[-1.0]]]))


@pytest.mark.parametrize(
    ("matrix", "answer"),
    [
        ([[2, 1], [1, 3]], True),
        ([[1, 1], [1, 1]], True),
        ([[0, 0], [0, 1]], True),
        ([[0, 1], [1, 0]], False),
        ([[0, 1], [1, 5]], False),
        ([[1, 2], [2, 3]], False),
        ([[-1]], False),
        ([[1, 0, 0], [0, 0, 0], [0, 0, -1]], False),
        ([[1, 1, 0], [1, 1, 1], [0, 1, 1]], False),
        ([[4, 2, 2], [2, 2, 1], [2, 1, 1]], True),
    ],
)
def test_positive_semidefinite_exactly(matrix, answer):
    assert linalg.is_positive_semidefinite(rational(matrix)) is answer


def test_positive_semidefinite_of_every_exact_matrix():
    assert not linalg.is_positive_semidefinite(rational([[[1]], [[-1]]]))
    assert linalg.is_positive_semidefinite(rational([[[1]], [[0]]]))


def test_positive_semidefinite_is_not_claimed_of_symbols():
    assert not linalg.is_positive_semidefinite(np.array([[sympy.Symbol("a")]]))
    assert linalg.is_positive_semidefinite(np.array([[sympy.Symbol("a", positive=True)]]))


def test_null_space():
    N = linalg.null_space(np.array([[1.0, 1.0], [1.0, 1.0]]))
    assert N.shape == (2, 1)
    assert np.abs(np.abs(N[:, 0]) - 0.5**0.5).max() < 1e-15
    assert N[0, 0] * N[1, 0] < 0
    # Of M, not of its transpose
    assert np.abs(linalg.null_space(np.array([[0.0, 1.0], [0.0, 0.0]]))[:, 0]).tolist() == [1.0, 0.0]
    assert linalg.null_space(np.eye(3)).shape == (3, 0)
    assert linalg.null_space(np.zeros((3, 3))).shape == (3, 3)


def test_rank_is_judged_at_d_eps():
    eps = 2.0**-52
    assert linalg.null_space(np.diag([1.0, 2 * eps])).shape == (2, 1)
    assert linalg.null_space(np.diag([1.0, 2.1 * eps])).shape == (2, 0)
    assert linalg.null_space(np.diag([4.0, 8.4 * eps])).shape == (2, 0)
    assert linalg.null_space(np.diag([1.0, 1.0, 2.9 * eps])).shape == (3, 1)


def test_exact_null_space():
    N = linalg.null_space(rational([[1, 2, 0], [2, 4, 1], [0, 0, 1]]))
    assert N.tolist() == [[-2], [1], [0]]
    assert linalg.null_space(rational([[0, 1], [0, 0]])).tolist() == [[1], [0]]
    assert linalg.null_space(rational([[1, 2], [3, 4]])).shape == (2, 0)
    assert linalg.null_space(np.diag(rational([1, 1])) + rational([[0, 0], [0, q(1, 10**40) - 1]])).shape == (2, 0)


def test_condition_number():
    assert linalg.condition_number(np.diag([1.0, -8.0])) == pytest.approx(8)
    # Singular values that count as zero are left out: those of the null space.
    assert linalg.condition_number(np.diag([8.0, 1.0, 1e-17])) == pytest.approx(8)
    assert linalg.condition_number(np.diag(rational([1, 4]))) == pytest.approx(4)


@pytest.mark.parametrize("number", [float, q])
@pytest.mark.parametrize(
    ("M", "v", "x"),
    [
        ([[1, 1], [1, 1]], [2, 2], [1, 1]),
        ([[1, 1], [0, 0]], [2, 0], [1, 1]),
        ([[0, 0], [0, 2]], [0, 4], [0, 2]),
        ([[0]], [0], [0]),
        ([[2, 1], [1, 3]], [5, 5], [2, 1]),
        ([[1, 2, 2], [2, 4, 4], [0, 0, 0]], [9, 18, 0], [1, 2, 2]),
    ],
)
def test_least_solutions(M, v, x, number):
    to = np.vectorize(number, otypes=[float if number is float else object])
    found = linalg.minimum_norm_solution(to(M), to(v))
    assert np.abs((found - to(x)).astype(float)).max() <= (1e-14 if number is float else 0)


@pytest.mark.parametrize("number", [float, q])
def test_no_solution(number):
    to = np.vectorize(number, otypes=[float if number is float else object])
    with pytest.raises(SingularError, match="outside the range") as caught:
        linalg.minimum_norm_solution(to([[1, 1], [0, 0]]), to([1, 1]))
    assert caught.value.rank == 1
    assert caught.value.nullspace.shape == (2, 1)


def test_a_right_hand_side_is_in_the_range_up_to_rounding_errors():
    M = np.array([[1.0, 1.0], [1.0, 1.0]])
    assert np.abs(linalg.minimum_norm_solution(M, np.array([2.0, 2.0 + 1e-14])) - 1).max() < 1e-13
    with pytest.raises(SingularError):
        linalg.minimum_norm_solution(M, np.array([2.0, 2.0 + 1e-11]))


def test_eigenvalues(backend):
    if backend.name == "strict":
        pytest.skip("complex arrays from NumPy are compared on the other libraries")
    from quadmaml.arrays import to_numpy

    assert (
        np.abs(to_numpy(linalg.eigenvalues(backend.array([[0.0, 2.0], [2.0, 3.0]]), symmetric=True)) - [-1, 4]).max()
        < 1e-14
    )
    values = to_numpy(linalg.eigenvalues(backend.array([[1.0, 2.0], [-2.0, 3.0]]), symmetric=False))
    assert np.abs(values - [2 - 3**0.5 * 1j, 2 + 3**0.5 * 1j]).max() < 1e-14


def test_eigenvalues_keep_their_precision():
    M = np.array([[1.0, 2.0], [-2.0, 3.0]])
    assert linalg.eigenvalues(M.astype("f4"), symmetric=False).dtype == np.complex64
    assert linalg.eigenvalues(M, symmetric=False).dtype == np.complex128


def test_definiteness_of_symbols():
    a, p, zero = sympy.Symbol("a"), sympy.Symbol("p", positive=True), sympy.Integer(0)

    def diagonal(*entries):
        return np.array([[x if i == j else zero for j in range(2)] for i, x in enumerate(entries)], dtype=object)

    assert linalg.is_positive_semidefinite(diagonal(p, zero)) is True
    assert linalg.is_positive_semidefinite(diagonal(p, -p)) is False
    assert linalg.is_positive_semidefinite(diagonal(p, a)) is None
    assert linalg.is_positive_semidefinite(np.stack([diagonal(a, p), diagonal(-p, p)])) is False
