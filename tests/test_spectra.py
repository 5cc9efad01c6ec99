"""Eigenvalues of tasks, and how much of its start an adapted point remembers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import quadmaml as qm
from quadmaml.spectra import jacobian_norms, task_spectra
from quadmaml.strategies import quadratics


@given(quadratics(batch=(2,), curvature="any"))
def test_spectra_have_the_trace_and_ascend(f):
    values = task_spectra(f)
    np.testing.assert_allclose(values.sum(axis=-1), f.hessian.trace(axis1=1, axis2=2), atol=1e-9)
    assert (np.diff(values, axis=-1) >= 0).all()


@given(st.data())
def test_the_norm_of_a_spectral_loop_is_its_largest_residual(data):
    f = data.draw(quadratics(batch=(2,)))
    for loop_of_k in (lambda k: qm.GradientDescent(0.15, k), lambda k: qm.HeavyBall(0.1, 0.5, k)):
        norms = jacobian_norms(f, loop_of_k, 4)
        for k in range(5):
            expected = np.abs(loop_of_k(k).residual(task_spectra(f))).max(axis=-1)
            np.testing.assert_allclose(norms[k], expected, atol=1e-9)


def test_the_norm_is_the_largest_change_that_the_simulator_sees():
    f = qm.Quadratic([[[2.0, 0.5], [0.5, 1.0]]], [[1.0, 1.0]])
    loop = qm.PreconditionedGradientDescent([[0.3, 0.2], [0.0, 0.4]], 3)
    turns = np.linspace(0, 2 * np.pi, 2001)
    starts = np.stack([np.cos(turns), np.sin(turns)], axis=-1)
    origin = qm.simulate.adapt(f, loop, np.zeros(2))
    change = [np.linalg.norm(qm.simulate.adapt(f, loop, start) - origin) for start in starts]
    norms = jacobian_norms(f, lambda k: qm.PreconditionedGradientDescent([[0.3, 0.2], [0.0, 0.4]], k), 3)
    assert norms[3, 0] == pytest.approx(max(change), rel=1e-5)
    assert norms[0, 0] == 1.0


def test_twin_the_largest_eigenvalue_of_a_preconditioned_jacobian_is_not_its_norm():
    f = qm.Quadratic([[[2.0, 0.5], [0.5, 1.0]]], [[1.0, 1.0]])
    loop = qm.PreconditionedGradientDescent([[0.3, 2.0], [0.0, 0.4]], 1)
    radius = np.abs(np.linalg.eigvals(loop.map(f).linear)).max()
    assert (
        jacobian_norms(f, lambda k: qm.PreconditionedGradientDescent([[0.3, 2.0], [0.0, 0.4]], k), 1)[1, 0]
        > radius + 0.1
    )


def test_other_array_libraries(backend):
    f = qm.Quadratic(backend.array(np.array([[[2.0, 0.5], [0.5, 1.0]]])), backend.array(np.ones((1, 2))))
    norms = jacobian_norms(f, lambda k: qm.GradientDescent(0.1, k), 2)
    assert type(norms) is type(f.linear)
    expected = np.abs(1 - 0.1 * np.linalg.eigvalsh([[2.0, 0.5], [0.5, 1.0]])).max()
    assert [float(norms[k, 0]) for k in range(3)] == pytest.approx([1.0, expected, expected**2])


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (lambda: task_spectra(3), "quadratic"),
        (lambda: jacobian_norms(3, lambda k: qm.NoAdaptation(), 1), "support"),
        (lambda: jacobian_norms(qm.Quadratic([[1.0]], [0.0]), 3, 1), "loop_of_k"),
        (lambda: jacobian_norms(qm.Quadratic([[1.0]], [0.0]), lambda k: k, 1), "inner"),
        (lambda: jacobian_norms(qm.Quadratic([[1.0]], [0.0]), lambda k: qm.NoAdaptation(), -1), "steps"),
    ],
)
def test_bad_input_is_refused(call, word):
    with pytest.raises(qm.InputError, match=word):
        call()
