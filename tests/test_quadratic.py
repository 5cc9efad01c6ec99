"""Quadratics, against values worked by hand: ``A = [[2, 1], [1, 3]]``, ``h = (1, -1)``, ``k = 5``."""

from fractions import Fraction

import numpy as np
import pytest

import quadmaml as qm
from quadmaml import AffineMap, Quadratic
from quadmaml.curvature import Dense, RingElement

from .backends import need

q = Fraction
KINDS = [float, q]
number = pytest.mark.parametrize("number", KINDS, ids=["float", "Fraction"])


def to(x, number=float):
    return np.vectorize(number, otypes=[object if number is q else float])(x)


def close(actual, expected):
    """Equal where exact, and to the last digits for floats."""
    actual, expected = np.asarray(actual), np.asarray(expected)
    assert actual.shape == expected.shape
    error = np.abs(actual.astype(float) - expected.astype(float)).max()
    assert error <= (0 if actual.dtype == object else 1e-14)


def example(number=float):
    return Quadratic(to([[2, 1], [1, 3]], number), to([1, -1], number), number(5))


@number
def test_value_and_gradient(number):
    f, x = example(number), to([1, 2], number)
    assert f(x) == 15  # (4 + 14)/2 - (1 - 2) + 5
    assert f.gradient(x).tolist() == [3, 8]
    assert f(to([[0, 0], [1, 2]], number)).tolist() == [5, 15]
    assert f.gradient(to([[0, 0], [1, 2]], number)).tolist() == [[-1, 1], [3, 8]]


@number
def test_stationary_point_and_minimum(number):
    f = example(number)
    close(f.minimizer(), to([q(4, 5), q(-3, 5)], number))
    close(f.minimum(), to(q(43, 10), number))


def test_parts():
    f = example()
    assert f.hessian.tolist() == [[2, 1], [1, 3]]
    assert (f.linear.tolist(), float(f.constant), f.dim) == ([1, -1], 5, 2)
    assert isinstance(f.curvature, RingElement)
    assert float(Quadratic([[1.0]], [0.0]).constant) == 0


def test_saddles_have_a_stationary_point_and_no_minimum():
    f = Quadratic([[0.0, 1.0], [1.0, 0.0]], [2.0, 3.0])
    assert f.minimizer().tolist() == [3.0, 2.0]
    with pytest.raises(qm.InputError, match="not bounded below"):
        f.minimum()


@number
def test_minimum_of_singular_curvature(number):
    f = Quadratic(to([[1, 1], [1, 1]], number), to([2, 2], number), number(1))
    close(f.minimum(), to(-1, number))
    close(Quadratic(to([[0]], number), to([0], number), number(3)).minimum(), to(3, number))
    with pytest.raises(qm.InputError, match="not bounded below"):
        Quadratic(to([[1, 1], [1, 1]], number), to([2, 3], number)).minimum()


@number
def test_minima_of_a_batch(number):
    f = Quadratic(to([[[2]], [[0]], [[4]]], number), to([[2], [0], [4]], number), to([0, 7, 1], number))
    close(f.minimum(), to([-1, 7, -1], number))
    with pytest.raises(qm.InputError):
        Quadratic(to([[[2]], [[-1]]], number), to([[2], [0]], number)).minimum()


@number
def test_from_minimizer(number):
    f = Quadratic.from_minimizer(to([[2, 1], [1, 3]], number), to([1, 2], number), number(7))
    assert (f.linear.tolist(), f.constant) == ([4, 7], 16)
    assert f(to([1, 2], number)) == 7
    assert Quadratic.from_minimizer(to([[2]], number), to([3], number))(to([3], number)) == 0


@number
def test_from_gradient(number):
    f = Quadratic.from_gradient(to([[2, 1], [1, 3]], number), to([1, 1], number), to([1, 2], number), number(3))
    assert (f.linear.tolist(), f.constant) == ([3, 6], 9)
    assert f(to([1, 2], number)) == 3
    assert f.gradient(to([1, 2], number)).tolist() == [1, 1]
    assert Quadratic.from_gradient([[2.0]], [1.0], [3.0])([3.0]) == 0


@number
def test_from_least_squares(number):
    X, y = to([[1, 0], [1, 2]], number), to([1, 3], number)
    f = Quadratic.from_least_squares(X, y, number(1) / 2)
    assert f.hessian.tolist() == [[1.5, 1], [1, 2.5]]
    assert (f.linear.tolist(), f.constant) == ([2, 3], 2.5)
    theta = to([1, -1], number)
    # residuals (0, -4): 16/4 + 1/4 |theta|^2
    assert f(theta) == 4.5
    assert Quadratic.from_least_squares(X, y).hessian.tolist() == [[1, 1], [1, 2]]


def test_least_squares_in_batches():
    X, y = np.array([[[1.0], [2.0]], [[0.0], [4.0]]]), np.array([[1.0, 2.0], [0.0, 2.0]])
    f = Quadratic.from_least_squares(X, y)
    assert f.hessian.tolist() == [[[2.5]], [[8.0]]]
    assert (f.linear.tolist(), f.constant.tolist()) == ([[2.5], [4.0]], [1.25, 1.0])


@number
def test_pull_back(number):
    m = AffineMap(to([[1, 2], [0, 1]], number), to([1, -1], number))
    f = example(number).compose(m)
    assert f.hessian.tolist() == [[2, 5], [5, 15]]
    assert (f.linear.tolist(), f.constant) == ([0, 1], q(9, 2))
    x = to([3, -2], number)
    assert f(x) == example(number)(m(x))


@number
def test_sums_and_multiples(number):
    f = example(number)
    g = Quadratic(to([[1, 0], [0, 1]], number), to([0, 2], number), number(1))
    x = to([1, 2], number)
    assert (f + g)(x) == f(x) + g(x)
    assert ((f + g).hessian.tolist(), (f + g).linear.tolist(), (f + g).constant) == ([[3, 1], [1, 4]], [1, 1], 6)
    assert ((3 * f).hessian.tolist(), (3 * f).linear.tolist(), (f * 3).constant) == ([[6, 3], [3, 9]], [3, -3], 15)
    assert (np.float64(0.5) * example()).constant == 2.5


@number
def test_weighted_means(number):
    f = Quadratic(to([[[1]], [[5]]], number), to([[0], [4]], number), to([4, 8], number))
    mean = f.mean(to([q(1, 4), q(3, 4)], number))
    assert (mean.hessian.tolist(), mean.linear.tolist(), mean.constant) == ([[4]], [3], 7)
    # Weights are taken as they are
    assert f.mean(to([1, 1], number)).linear.tolist() == [4]


def test_batches_and_their_parts():
    f = Quadratic([[[1.0]], [[2.0]], [[3.0]]], [[1.0], [1.0], [1.0]], 2.0)
    assert f([1.0]).tolist() == [1.5, 2.0, 2.5]
    assert f([[1.0], [2.0], [0.0]]).tolist() == [1.5, 4.0, 2.0]
    assert f.minimizer().tolist() == [[1.0], [0.5], [1 / 3]]
    assert f[1]([1.0]) == 2.0
    assert f[1:]([1.0]).tolist() == [2.0, 2.5]
    assert f.constant.tolist() == [2.0] * 3
    grid = Quadratic(np.ones((2, 3, 1, 1)), np.arange(6.0).reshape(2, 3, 1))
    assert grid[1, 2].linear.tolist() == [5.0]
    assert grid[:, 1].linear.tolist() == [[1.0], [4.0]]
    assert grid[1].linear.tolist() == [[3.0], [4.0], [5.0]]
    assert grid([2.0]).shape == grid.minimum().shape == (2, 3)
    assert grid.minimizer().shape == (2, 3, 1)


def test_as_many_tasks_as_dimensions():
    """With n = d a batch of vectors is easily read as a matrix."""
    A, c = np.array([[[2.0, 1.0], [1.0, 3.0]], [[1.0, 0.0], [0.0, 4.0]]]), np.array([[1.0, 2.0], [3.0, 4.0]])
    f = Quadratic.from_minimizer(A, c)
    close(f.minimizer(), c)
    close(f(c), [0.0, 0.0])


def test_stacks():
    f = Quadratic.stack([example(), Quadratic(np.eye(2), np.zeros(2))])
    assert f([1.0, 2.0]).tolist() == [15.0, 2.5]
    assert Quadratic.stack(iter([example(q)])).linear.tolist() == [[q(1), q(-1)]]


def test_ring_elements_are_taken_as_they_are():
    f = Quadratic(Dense(np.eye(1)), np.zeros(1), 0.0)
    assert isinstance(f.curvature, Dense)
    assert f([2.0]) == 2.0


def test_dtype_is_kept(backend):
    for dtype in ("float32", "float64"):
        f = Quadratic(backend.array([[2.0]], dtype), backend.array([1.0], dtype), 1)
        x = backend.array([1.0], dtype)
        for result in (f(x), f.gradient(x), f.minimizer(), f.minimum(), (0.5 * f).linear, f.constant):
            assert type(result) is type(x) or isinstance(result, np.generic)
            assert result.dtype == x.dtype
        assert float(f([3.0])) == 7.0


def test_stationary_points_of_singular_curvature_say_what_is_lost(backend):
    with pytest.raises(qm.SingularError, match="rank 1 of 2") as caught:
        Quadratic(backend.array([[1.0, 0.0], [0.0, 0.0]]), backend.array([1.0, 1.0])).minimizer()
    assert (caught.value.rank, [abs(float(x)) for x in caught.value.nullspace[:, 0]]) == (1, [0.0, 1.0])
    with pytest.raises(qm.SingularError, match="rank 1 of 2 exactly") as caught:
        Quadratic([[q(1), q(0)], [q(0), q(0)]], [q(1), q(1)]).minimizer()
    assert (caught.value.rank, caught.value.nullspace.tolist()) == (1, [[0], [1]])
    both = Quadratic([np.eye(2), [[1.0, 1.0], [1.0, 1.0 + 2.0**-52]]], np.ones((2, 2)))
    with pytest.raises(qm.SingularError, match="matrix 1 of the batch is singular: it has rank 1 of 2 to working"):
        both.minimizer()
    assert Quadratic([[1.0, 0.0], [0.0, 1e-14]], [1.0, 1e-14]).minimizer().tolist() == [1.0, 1.0]


def test_a_proximal_problem_without_a_solution_says_what_is_lost():
    with pytest.raises(qm.SingularError, match="rank 1 of 2") as caught:
        qm.Proximal(1.0).map(Quadratic([[-1.0, 0.0], [0.0, 1.0]], [1.0, 1.0]))
    assert (caught.value.rank, np.abs(caught.value.nullspace).tolist()) == (1, [[1.0], [0.0]])


def test_minimum_of_no_functions_and_while_values_cannot_be_read():
    assert Quadratic(np.zeros((0, 2, 2)), np.zeros((0, 2))).minimum().shape == (0,)
    jax, torch = need("jax"), need("torch")
    A, h = np.array([[2.0, 0.0], [0.0, 0.0]]), np.array([2.0, 0.0])
    assert float(jax.jit(lambda A, h: Quadratic(A, h).minimum())(jax.numpy.asarray(A), jax.numpy.asarray(h))) == -1
    found = torch.func.vmap(lambda A, h: Quadratic(A, h).minimum())(torch.tensor(A)[None], torch.tensor(h)[None])
    assert found.tolist() == [-1.0]


def test_only_a_batch_is_iterated_over(backend):
    one = Quadratic(backend.array(np.eye(2)), backend.array(np.ones(2)))
    with pytest.raises(TypeError, match="without batch axes"):
        list(one)
    both = Quadratic(backend.array(np.stack([np.eye(2)] * 2)), backend.array([[1.0, 2.0], [3.0, 4.0]]))
    assert [[float(x) for x in f.linear] for f in both] == [[1.0, 2.0], [3.0, 4.0]]
