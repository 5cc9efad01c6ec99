"""Affine maps and generators, against values worked by hand and brute force."""

import math
from fractions import Fraction

import numpy as np
import pytest
import sympy

import quadmaml as qm
from quadmaml import AffineMap, Quadratic, SingularError
from quadmaml.affine import Augmented, generator
from quadmaml.curvature import Dense, Diagonal

q = Fraction
number = pytest.mark.parametrize("number", [float, q], ids=["float", "Fraction"])


def to(x, number=float):
    return np.vectorize(number, otypes=[object if number is q else float])(x)


def shear(number=float):
    return AffineMap(to([[1, 2], [0, 1]], number), to([1, -1], number))


def shrink(number=float):
    return AffineMap(to([[q(1, 2), q(1, 4)], [0, q(1, 2)]], number), to([1, 2], number))


def same(m, linear, offset):
    assert isinstance(m, AffineMap)
    assert (m.linear.tolist(), m.offset.tolist()) == (linear, offset)


# Maps


@number
def test_a_map_at_points(number):
    m = shear(number)
    assert m(to([3, 4], number)).tolist() == [12, 3]
    assert m(to([[3, 4], [0, 0]], number)).tolist() == [[12, 3], [1, -1]]


@number
def test_fixed_point(number):
    assert shrink(number).fixed_point().tolist() == [4, 4]
    with pytest.raises(SingularError):
        shear(number).fixed_point()


@number
def test_composition(number):
    m, g, x = shear(number), shrink(number), to([3, -2], number)
    assert (m @ g)(x).tolist() == m(g(x)).tolist()
    assert m(g)(x).tolist() == m(g(x)).tolist()
    assert (g @ m)(x).tolist() == g(m(x)).tolist() != m(g(x)).tolist()
    same(m @ g, [[0.5, 1.25], [0, 0.5]], [6, 1])


@number
@pytest.mark.parametrize("k", range(7))
def test_powers_are_repeated_compositions(k, number):
    m, x = shear(number), to([3, -2], number)
    expected = x
    for _ in range(k):
        expected = m(expected)
    assert (m**k)(x).tolist() == expected.tolist()


@number
def test_sums_and_multiples(number):
    m, g = shear(number), shrink(number)
    same(m + g, [[1.5, 2.25], [0, 1.5]], [2, 1])
    same(m - g, [[0.5, 1.75], [0, 0.5]], [0, -3])
    same(m + to([1, 2], number), [[1, 2], [0, 1]], [2, 1])
    same(m - to([1, 2], number), [[1, 2], [0, 1]], [0, -3])
    same(3 * m, [[3, 6], [0, 3]], [3, -3])
    same(3 - m, [[2, -2], [0, 2]], [-1, 1])


def test_constants_may_be_lists():
    constant = [1.0, 2.0]
    same(shear() + constant, [[1, 2], [0, 1]], [2, 1])
    same(shear() - constant, [[1, 2], [0, 1]], [0, -3])


def test_matrices_after_maps():
    same(Dense(to([[0, 1], [1, 0]])) @ shear(), [[0, 1], [1, 2]], [-1, 1])


def test_maps_in_batches():
    m = AffineMap([[[2.0]], [[3.0]]], [[1.0], [0.0]])
    assert m([1.0]).tolist() == [[3.0], [3.0]]
    assert m([[1.0], [2.0]]).tolist() == [[3.0], [6.0]]
    assert (m @ m).linear.tolist() == [[[4.0]], [[9.0]]]
    assert m.fixed_point().tolist() == [[-1.0], [0.0]]


def test_maps_of_one_curvature():
    m = AffineMap(Diagonal(q(1, 2)), q(3))
    assert m.linear.entries == q(1, 2)
    assert (1 - m).operator.entries == q(1, 2)


# Generators


@number
def test_the_ring_of_augmented_matrices_is_that_of_block_matrices(number):
    def block(x):
        rows = np.concatenate([x.linear.dense(), x.offset[:, None]], axis=1)
        corner = to([[0, 0, 0]], number)
        corner[0, 2] = number(x.corner)
        return Dense(np.concatenate([rows, corner]))

    x = Augmented(Dense(to([[2, 1], [0, 1]], number)), to([1, 3], number), 4)
    y = Augmented(Dense(to([[1, 0], [1, 2]], number)), to([-1, 2], number), number(2))
    for each, blocks in [
        (x + y, block(x) + block(y)),
        (x - y, block(x) - block(y)),
        (x * y, block(x) * block(y)),
        (x**3, block(x) ** 3),
        (x**0, block(x) ** 0),
        (3 * x, 3 * block(x)),
        (x + 1, block(x) + 1),
        (1 - x, 1 - block(x)),
        (x.inverse(), block(x).inverse()),
        (1 / y, 1 / block(y)),
        (x / y, block(x) / block(y)),
    ]:
        assert np.abs((block(each).array - blocks.array).astype(float)).max() <= (0 if number is q else 1e-15)
    assert type(x.inverse().corner) is Fraction


def test_exponential_of_singular_generators():
    flow = generator(Quadratic([[0.0]], [3.0]))
    m = (-2.0 * flow).exp().as_map()
    assert m.linear.tolist() == [[1.0]]
    assert m.offset.tolist() == pytest.approx([6.0])
    x = Augmented(Dense(np.zeros((1, 1))), np.ones(1), 1.0).exp()
    assert (x.linear.array.tolist(), x.corner) == ([[1.0]], math.e)
    assert abs(x.offset[0] - (math.e - 1)) < 1e-15


def test_generator():
    x = generator(Quadratic([[2.0]], [6.0]))
    assert (x.linear.dense().tolist(), x.offset.tolist(), x.corner) == ([[2.0]], [-6.0], 0)


def test_the_corner_must_be_one_up_to_rounding_errors():
    one, zero = Dense(np.eye(1)), np.zeros(1)
    for corner in (1, 1.0, 1 + 1e-11, np.float32(1 + 1e-6), q(1), sympy.Integer(1)):
        Augmented(one, zero, corner).as_map()
    a = sympy.Symbol("a")
    Augmented(one, zero, (a + 1) ** 2 - a**2 - 2 * a).as_map()
    for corner in (0, 1 + 1e-9, 1 - 1e-9, np.float32(1 + 1e-4), q(1) + q(1, 10**9), a):
        with pytest.raises(qm.InputError, match="expected 1"):
            Augmented(one, zero, corner).as_map()


def test_no_single_fixed_point_to_working_precision():
    P = np.array([[0.5, 0.1], [0.1, 0.98 + 1e-16]])  # 1 - P = [[0.5, -0.1], [-0.1, 0.02]]
    with pytest.raises(SingularError, match="rank 1 of 2 to working precision") as caught:
        AffineMap(P, [1.0, 1.0]).fixed_point()
    assert caught.value.rank == 1
    assert np.abs((np.eye(2) - P) @ caught.value.nullspace).max() < 1e-15
