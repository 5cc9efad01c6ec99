"""The gradient of a function with curvature beside the one without."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import quadmaml as qm
from quadmaml.first_order import compare_gradients
from quadmaml.strategies import symmetric_matrices, vectors

q = Fraction
exact = np.vectorize(q, otypes=[object])


@given(st.data())
def test_on_any_curvature_the_error_is_that_of_the_formula(data):
    C = data.draw(symmetric_matrices(2, exact=True))
    g, u, x = (data.draw(vectors(2, exact=True)) for _ in range(3))
    found = compare_gradients(qm.Quadratic.from_gradient(C, g, at=u), u, x)
    assert found.true.tolist() == (C @ (x - u) + g).tolist()
    assert found.first_order.tolist() == g.tolist()
    assert found.error.tolist() == (found.first_order - found.true).tolist()


def test_near_u_nothing_cancels():
    f = qm.Quadratic.from_gradient([[2.0]], [1e8], at=[1.0])
    found = compare_gradients(f, [1.0], [1.0 + 2**-40])
    assert found.error.tolist() == [-(2**-39)]
    assert found.first_order.tolist() == [1e8]


def test_twin_the_difference_of_the_gradients_cancels():
    f = qm.Quadratic.from_gradient([[2.0]], [1e8], at=[1.0])
    found = compare_gradients(f, [1.0], [1.0 + 2**-40])
    assert (found.first_order - found.true).tolist() != [-(2**-39)]


def test_one_gradient_for_a_whole_grid(backend):
    f = qm.Quadratic.from_gradient(
        *(backend.array(np.array(x)) for x in ([[2.0, 0.0], [0.0, -1.0]], [1.0, 1.0])), at=backend.array(np.zeros(2))
    )
    grid = backend.array(np.zeros((3, 2)) + np.arange(3.0)[:, None])
    found = compare_gradients(f, [0.0, 0.0], grid)
    assert type(found.error) is type(grid)
    assert [float(x) for x in found.first_order[:, 0]] == [1.0, 1.0, 1.0]
    assert [float(x) for x in found.error[:, 1]] == [0.0, 1.0, 2.0]


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (lambda f: compare_gradients(3, [0.0], [0.0]), "f"),
        (lambda f: compare_gradients(f, [0.0, 0.0], [0.0]), "u"),
        (lambda f: compare_gradients(f, [0.0], [0.0, 1.0]), "x"),
    ],
)
def test_bad_input_is_refused(call, word):
    with pytest.raises(qm.InputError, match=word):
        call(qm.Quadratic([[1.0]], [0.0]))
