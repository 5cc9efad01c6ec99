"""iMAML's inner problems solved inexactly: the error formula with equality, and the regularised loss."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import quadmaml as qm
from quadmaml.implicit import inner_error, meta_gradient_errors, regularised, regularised_path
from quadmaml.solvers import ConjugateGradients, Neumann
from quadmaml.strategies import inner_loops, quadratics, tasks, vectors

q = Fraction
exact = np.vectorize(q, otypes=[object])


def pair():
    A = exact([[[3, 1], [1, 2]], [[1, 0], [0, 4]]])
    query = qm.Quadratic.from_minimizer(exact([[[1, 0], [0, 2]], [[2, 1], [1, 2]]]), exact([[1, 1], [0, 3]]))
    return qm.Tasks(qm.Quadratic.from_minimizer(A, exact([[0, 1], [4, 2]])), query, exact([1, 2]))


@given(st.data())
def test_the_error_of_an_inexact_inner_solver_is_exactly_the_formula(data):
    drawn = data.draw(tasks(max_dim=3, exact=True))
    theta, strength = data.draw(vectors(drawn.dim, exact=True)), data.draw(st.sampled_from([q(1, 3), q(2), q(7)]))
    loop = data.draw(inner_loops(drawn.dim, exact=True))
    errors = meta_gradient_errors(drawn, theta, strength, inner=[loop])
    assert errors.shape == (1, 1, drawn.dim)
    assert errors[0, 0].tolist() == inner_error(drawn, theta, strength, loop).tolist()


def test_twin_without_the_inverse_the_formula_is_wrong():
    theta, loop = exact([1, 1]), qm.ProximalGradientDescent(q(2), q(1, 10), 3)
    off = loop.map(pair().support)(theta) - qm.Proximal(q(2)).map(pair().support)(theta)
    naive = pair().weights @ (pair().query.curvature @ off)
    assert naive.tolist() != inner_error(pair(), theta, q(2), loop).tolist()


def test_the_meta_gradients_are_those_of_the_algorithm_with_that_inner_loop():
    theta, strength = exact([1, -2]), q(3, 2)
    descents = [qm.ProximalGradientDescent(strength, q(1, 8), k) for k in range(4)]
    errors = meta_gradient_errors(pair(), theta, strength, inner=descents)
    true = qm.IMAML(strength).meta_gradient(pair(), theta)
    for loop, error in zip(descents, errors[:, 0], strict=True):
        assert error.tolist() == (qm.IMAML(strength, loop).meta_gradient(pair(), theta) - true).tolist()


def test_conjugate_gradients_leave_no_error_after_d_steps_and_the_inner_error_alone():
    theta, strength = exact([1, -2]), q(3, 2)
    exact_inner = meta_gradient_errors(pair(), theta, strength, solver=ConjugateGradients(2))
    assert exact_inner.shape == (1, 3, 2)
    assert exact_inner[0, 2].tolist() == [0, 0]
    assert exact_inner[0, 1].tolist() != [0, 0]
    descents = [qm.ProximalGradientDescent(strength, q(1, 8), k) for k in range(3)]
    both = meta_gradient_errors(pair(), theta, strength, inner=descents, solver=ConjugateGradients(2))
    assert both.shape == (3, 3, 2)
    for loop, error in zip(descents, both[:, 2], strict=True):
        assert error.tolist() == inner_error(pair(), theta, strength, loop).tolist()


def drawn_tasks():
    """Three tasks in five dimensions, judged on other data, and a start."""
    rng = np.random.default_rng(7)

    def part():
        X = rng.normal(size=(3, 9, 5))
        return qm.Quadratic.from_least_squares(X, rng.normal(size=(3, 9)), ridge=0.1)

    return qm.Tasks(part(), part(), [0.2, 0.3, 0.5]), rng.normal(size=5)


def test_conjugate_gradients_are_those_of_scipy_step_by_step():
    from scipy.sparse.linalg import cg

    (drawn, theta), strength, steps = drawn_tasks(), 0.4, 4
    errors = meta_gradient_errors(drawn, theta, strength, solver=ConjugateGradients(steps))[0]
    phi = qm.simulate.adapt(drawn.support, qm.Proximal(strength), theta)
    found = np.zeros((steps + 1, 5))
    for w, A, b in zip(drawn.weights, drawn.support.hessian, drawn.query.gradient(phi), strict=True):
        iterates = [np.zeros(5)]
        keep = iterates.append
        cg(np.eye(5) + A / strength, b, rtol=0.0, maxiter=steps, callback=lambda x, keep=keep: keep(x.copy()))
        found += w * np.array(iterates)
    exact = qm.simulate.meta_gradient(qm.IMAML(strength), drawn, theta)
    np.testing.assert_allclose(errors, found - exact, rtol=0, atol=1e-10 * np.linalg.norm(exact))
    assert np.linalg.norm(errors[steps]) > 1e-6  # not solved yet, so that an exact solver would be caught


@pytest.mark.parametrize("solver", [ConjugateGradients, lambda k: Neumann(k, 0.05)])
def test_the_errors_are_those_of_the_algorithm_with_that_solver(solver):
    (drawn, theta), strength = drawn_tasks(), 0.4
    errors = meta_gradient_errors(drawn, theta, strength, solver=solver(4))[0]
    exact = qm.IMAML(strength).meta_gradient(drawn, theta)
    for k in range(5):
        algorithm = qm.IMAML(strength, solver=solver(k))
        np.testing.assert_allclose(errors[k], algorithm.meta_gradient(drawn, theta) - exact, atol=1e-12)
        honest = qm.simulate.meta_gradient(algorithm, drawn, theta)
        np.testing.assert_allclose(errors[k], honest - exact, atol=1e-10)


def test_no_solver_step_leaves_minus_the_meta_gradient():
    errors = meta_gradient_errors(pair(), exact([1, 1]), q(2), solver=Neumann(0))
    assert errors[0, 0].tolist() == (-qm.IMAML(q(2)).meta_gradient(pair(), exact([1, 1]))).tolist()


def test_neumann_is_the_meta_gradient_with_its_polynomial_kept():
    strength, theta = q(8), exact([1, 1])
    solver = Neumann(3, scale=q(1, 2))
    errors = meta_gradient_errors(pair(), theta, strength, solver=solver)
    kept = solver.inverse(1 + pair().support.curvature / strength)
    gradient = pair().query.gradient(qm.Proximal(strength).map(pair().support)(theta))
    expected = pair().weights @ (kept @ gradient) - qm.IMAML(strength).meta_gradient(pair(), theta)
    assert errors[0, 3].tolist() == expected.tolist()


def test_other_array_libraries(backend):
    def converted(f):
        return qm.Quadratic(*(backend.array(x.astype(float)) for x in (f.hessian, f.linear, f.constant)))

    drawn = qm.Tasks(converted(pair().support), converted(pair().query), backend.array(np.array([1.0, 2.0])))
    here = meta_gradient_errors(drawn, backend.array(np.ones(2)), 2.0, solver=ConjugateGradients(1))
    true = meta_gradient_errors(pair(), exact([1, 1]), q(2), solver=ConjugateGradients(1)).astype(float)
    assert type(here) is type(drawn.weights)
    np.testing.assert_allclose([float(here[0, 1, k]) for k in range(2)], true[0, 1], rtol=1e-10)


@given(st.data())
def test_the_path_minimises_the_regularised_loss(data):
    f = data.draw(quadratics(max_dim=3, exact=True))
    theta, strengths = data.draw(vectors(f.dim, exact=True)), [q(1, 10), q(1), q(10)]
    points, jacobians = regularised_path(f, theta, strengths)
    for strength, phi, J in zip(strengths, points, jacobians, strict=True):
        whole = regularised(f, theta, strength)
        assert set(whole.gradient(phi).tolist()) == {0}
        assert whole(phi) == f(phi) + strength / 2 * ((phi - theta) @ (phi - theta))
        one = exact(np.eye(f.dim, dtype=int))
        assert (J @ (one + f.hessian / strength)).tolist() == one.tolist()
        moved, _ = regularised_path(f, theta + 1, [strength])
        assert (moved[0] - phi).tolist() == (J @ (0 * theta + 1)).tolist()


def test_the_ends_of_the_path():
    f, theta = pair().support[0], exact([5, 5])
    points, jacobians = regularised_path(f, theta, [q(1, 10**12), q(10**12)])
    np.testing.assert_allclose(points[0].astype(float), f.minimizer().astype(float), atol=1e-9)
    np.testing.assert_allclose(points[1].astype(float), [5, 5], atol=1e-9)
    np.testing.assert_allclose(jacobians.astype(float), [np.zeros((2, 2)), np.eye(2)], atol=1e-9)


def test_regularised_losses_come_in_batches():
    whole = regularised(pair().support, exact([[1, 1], [0, 0]]), q(2))
    assert whole.linear.shape == (2, 2)
    assert regularised(pair().support[1], exact([0, 0]), q(2)).linear.tolist() == whole.linear[1].tolist()


def test_a_pole_is_singular():
    with pytest.raises(qm.SingularError):
        regularised_path(qm.Quadratic([[-1.0]], [0.0]), [0.0], [1.0])


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (lambda: regularised(3, [0.0], 1.0), "f"),
        (lambda: regularised(pair().support[0], exact([1, 1]), q(0)), "strength"),
        (lambda: regularised(pair().support[0], exact([1]), q(1)), "theta"),
        (lambda: regularised_path(pair().support, exact([1, 1]), [q(1)]), "f"),
        (lambda: regularised_path(pair().support[0], exact([1, 1]), []), "at least one strength"),
        (lambda: meta_gradient_errors(pair(), exact([1, 1]), q(1), inner=[]), "inner: is empty"),
        (lambda: meta_gradient_errors(pair(), exact([1, 1]), q(1), inner=[3]), "inner"),
        (lambda: meta_gradient_errors(pair(), exact([1]), q(1)), "theta"),
        (lambda: inner_error(3, exact([1, 1]), q(1), qm.NoAdaptation()), "tasks"),
    ],
)
def test_bad_input_is_refused(call, word):
    with pytest.raises(qm.InputError, match=word):
        call()
