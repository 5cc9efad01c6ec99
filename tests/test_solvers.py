"""Conjugate gradients and Neumann's series against exact arithmetic, and how they end where they are not made for."""

from __future__ import annotations

from fractions import Fraction
from functools import reduce

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import quadmaml as qm
from quadmaml.arrays import to_numpy
from quadmaml.curvature import Diagonal
from quadmaml.solvers import ConjugateGradients, Neumann, implicit_system
from quadmaml.strategies import spd_matrices, symmetric_matrices, vectors

from .backends import need

q = Fraction
exact = np.vectorize(q, otypes=[object])


def two_systems():
    """Positive definite systems with two and three distinct eigenvalues, and right-hand sides that meet them all."""
    return exact([[[2, 1, 1], [1, 2, 1], [1, 1, 2]], [[1, 0, 0], [0, 2, 0], [0, 0, 5]]]), exact([[1, 2, 5], [1, 1, 1]])


def is_solution(B, x, b):
    return (B @ x[..., None])[..., 0].tolist() == b.tolist()


def test_conjugate_gradients_are_exact_after_as_many_steps_as_distinct_eigenvalues():
    B, b = two_systems()
    for steps, solved in ((1, [False, False]), (2, [True, False]), (3, [True, True]), (5, [True, True])):
        found = ConjugateGradients(steps).solve(B, b)
        assert [is_solution(B[i], found.value[i], b[i]) for i in range(2)] == solved
        assert found.status.tolist() == ["solved" if each else "stopped" for each in solved]


@given(st.data())
def test_conjugate_gradients_on_any_exact_system_solve_it_in_d_steps(data):
    B = data.draw(spd_matrices(data.draw(st.integers(1, 4)), exact=True))
    b = data.draw(vectors(B.shape[-1], exact=True))
    found = ConjugateGradients(B.shape[-1]).solve(B, b)
    assert is_solution(B, found.value, b)
    assert str(found.status) == "solved"
    assert set(found.residual.tolist()) == {0}


@given(st.data())
def test_each_iterate_is_the_best_in_its_krylov_space(data):
    """Of ``1/2 x'Bx - b'x`` over span(b, ..., B^(k-1) b): orthogonal residuals, and a value that never grows."""
    B = data.draw(spd_matrices(3, exact=True))
    b = data.draw(vectors(3, exact=True))
    found = ConjugateGradients(3).solve(B, b, keep=True)
    residuals = [b - B @ x for x in found.iterates]
    assert all(residuals[i] @ residuals[j] == 0 for i in range(4) for j in range(i))
    values = [x @ (B @ x) / 2 - b @ x for x in found.iterates]
    assert values == sorted(values, reverse=True)


@given(st.data())
def test_floats_follow_exact_arithmetic(data):
    B, b = data.draw(spd_matrices(3, batch=(2,), exact=True)), data.draw(vectors(3, batch=(2,), exact=True))
    for solver in (ConjugateGradients(2), Neumann(4, scale=q(1, 8))):
        true = solver.solve(B, b, keep=True).iterates.astype(float)
        found = solver.solve(B.astype(float), b.astype(float), keep=True).iterates
        np.testing.assert_allclose(found, true, rtol=1e-8, atol=1e-8 * max(1.0, np.abs(true).max()))


def test_neumann_is_the_polynomial_that_it_says():
    B, b = two_systems()
    for steps in range(4):
        solver = Neumann(steps, scale=q(1, 3))
        found = solver.solve(B, b)
        one = exact(np.eye(3, dtype=int))
        powers = [one - B / 3] * steps
        series = sum((reduce(np.matmul, powers[:j], one) / 3 for j in range(steps)), start=0 * B)
        assert found.value.tolist() == (series @ b[..., None])[..., 0].tolist()
        a = Diagonal(q(5))
        assert solver.inverse(a).entries == sum((q(1) - q(5, 3)) ** j / 3 for j in range(steps))
        assert solver.inverse(q(5)) == solver.inverse(a).entries


@pytest.mark.parametrize(
    ("scale", "status"), [(0.3, "solved"), (0.399, "stopped"), (0.41, "diverging"), (1e9, "diverging")]
)
def test_neumann_converges_below_its_bound_and_says_so(scale, status):
    """With eigenvalues 1 and 5 the bound is 2/5."""
    found = Neumann(400, scale).solve([[1.0, 0.0], [0.0, 5.0]], [1.0, 1.0])
    assert str(found.status) == status


def test_at_the_bound_the_residual_neither_shrinks_nor_grows():
    found = Neumann(7, q(2, 5)).solve(exact([[5]]), exact([1]))
    assert str(found.status) == "stopped"
    assert found.residual.tolist() == [-1]


@pytest.mark.parametrize("kind", [float, q])
def test_indefinite_and_singular_systems_stop_with_a_status(kind):
    to = exact if kind is q else (lambda x: np.asarray(x, dtype=float))
    B = to([[[1, 0], [0, -1]], [[1, 0], [0, -3]], [[1, 0], [0, 0]], [[1, 0], [0, 0]], [[2, 0], [0, 1]]])
    b = to([[1, 1], [1, 1], [1, 1], [1, 0], [1, 1]])
    found = ConjugateGradients(2).solve(B, b)
    assert found.status.tolist() == ["indefinite", "indefinite", "indefinite", "solved", "solved"]
    assert [bool(x) for x in np.isfinite(found.value.astype(float)).all(axis=-1)] == [True] * 5
    np.testing.assert_array_equal(
        found.residual.astype(float), (b - (B @ found.value[..., None])[..., 0]).astype(float)
    )


@given(st.data())
def test_solved_means_that_it_is_solved(data):
    B = data.draw(symmetric_matrices(3, batch=(3,)))
    b = data.draw(vectors(3, batch=(3,)))
    for solver in (ConjugateGradients(3), Neumann(20, 0.05)):
        found = solver.solve(B, b)
        for i, status in enumerate(found.status):
            left = np.linalg.norm(b[i] - B[i] @ found.value[i])
            size = np.linalg.norm(b[i]) + np.linalg.norm(B[i] @ found.value[i])
            assert (status == "solved") <= (left <= 1e-10 * size)


def test_twin_a_carried_residual_would_call_an_unsolved_system_solved():
    """In a system of condition 1e14 the residual that the recurrence carries shrinks on, and the true one does not."""
    B, b = np.diag(np.geomspace(1e-14, 1.0, 12)), np.ones(12)
    found = ConjugateGradients(60).solve(B, b, start=1e16 * np.ones(12))
    true = np.linalg.norm(b - B @ found.value)
    assert np.linalg.norm(found.residual) == true
    assert true > 1e-3


def test_a_tolerance_ends_early():
    B, b = np.diag([1.0, 2.0, 3.0]), np.ones(3)
    found = ConjugateGradients(3, tolerance=0.5).solve(B, b, keep=True)
    assert found.iterates[1].tolist() == found.iterates[3].tolist()
    assert str(found.status) == "solved"


def test_a_start_at_the_solution_stays():
    B, b = two_systems()
    x = ConjugateGradients(3).solve(B, b).value
    for solver in (ConjugateGradients(2), Neumann(2, q(1, 3))):
        assert solver.solve(B, b, start=x).value.tolist() == x.tolist()


def test_the_implicit_system_gives_the_meta_gradient_of_imaml():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(3, 6, 3))
    tasks = qm.Tasks(qm.Quadratic.from_least_squares(X, rng.normal(size=(3, 6))))
    theta, strength = np.ones(3), 0.7
    phi = qm.Proximal(strength).map(tasks.support)(theta)
    found = ConjugateGradients(3).solve(implicit_system(tasks.support.curvature, strength), tasks.query.gradient(phi))
    np.testing.assert_allclose(tasks.weights @ found.value, qm.IMAML(strength).meta_gradient(tasks, theta), rtol=1e-10)


def test_other_array_libraries(backend):
    B, b = two_systems()
    B, b = B.astype(float), b.astype(float)
    for solver in (ConjugateGradients(3), Neumann(3, 0.1)):
        here = solver.solve(backend.array(B), backend.array(b), keep=True)
        there = solver.solve(B, b, keep=True)
        assert type(here.value) is type(backend.array(b))
        np.testing.assert_allclose(to_numpy(here.iterates), there.iterates, rtol=1e-12, atol=1e-14)
        assert here.status.tolist() == there.status.tolist()


def test_other_exact_scalars(exact_kind):
    B, b = two_systems()
    found = ConjugateGradients(3).solve(exact_kind.array(B), exact_kind.array(b))
    assert found.status.tolist() == ["solved", "solved"]
    true = ConjugateGradients(3).solve(B, b).value
    assert [exact_kind.back(each) for each in found.value.flat] == list(true.flat)


def test_derivatives_run_through_the_steps():
    torch = need("torch")
    B = torch.tensor([[2.0, 0.5], [0.5, 1.0]], dtype=torch.float64, requires_grad=True)
    b = torch.ones(2, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda B: ConjugateGradients(1).solve((B + B.T) / 2, b).value, (B,))
    assert torch.autograd.gradcheck(lambda B: Neumann(3, 0.2).solve((B + B.T) / 2, b).value, (B,))


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (lambda: ConjugateGradients(-1), "steps"),
        (lambda: ConjugateGradients(1.5), "steps"),
        (lambda: ConjugateGradients(2, tolerance=-1.0), "tolerance"),
        (lambda: Neumann(2, scale=0), "scale"),
        (lambda: Neumann(2).solve([[1.0, 2.0], [0.0, 1.0]], [1.0, 1.0]), "operator"),
        (lambda: Neumann(2).solve([[1.0]], [1.0, 1.0]), "b: has shape"),
        (lambda: Neumann(2).solve(Diagonal(q(1)), 1.0), "b"),
        (lambda: Neumann(2).solve([[1.0]], [1.0], start=[1.0, 1.0]), "start"),
        (lambda: Neumann(2, 0.5).solve(exact([[1]]), exact([1])), "scale: got the float"),
        (lambda: implicit_system(1.0, -1.0), "strength"),
        (lambda: ConjugateGradients(2).inverse(1.0), "ConjugateGradients is not linear"),
    ],
)
def test_bad_input_is_refused(call, word):
    with pytest.raises(qm.InputError, match=word) as caught:
        call()
    assert "\n" not in str(caught.value)
