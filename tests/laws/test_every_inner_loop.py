"""Laws of every inner loop of ``quadmaml.adaptation``."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quadmaml import Quadratic, adaptation, simulate, strategies

from . import checks
from .drawn import LOOPS, SIMULATED_EXACTLY, problems

every_loop = pytest.mark.parametrize("kind", LOOPS, ids=lambda kind: kind.__name__)
every_spectral_loop = pytest.mark.parametrize(
    "kind", [kind for kind in LOOPS if kind.spectral], ids=lambda kind: kind.__name__
)


def test_every_loop_can_be_drawn() -> None:
    missing = [kind.__name__ for kind in LOOPS if kind not in strategies.INNER_LOOPS]
    assert not missing, f"{missing}: add a line to INNER_LOOPS in quadmaml/strategies.py that draws its parameters"


def test_every_loop_has_an_honest_step() -> None:
    missing = [kind.__name__ for kind in LOOPS if kind not in simulate.FORWARD or kind not in simulate.REVERSE]
    assert not missing, f"{missing}: has a residual but no honest step: add one in quadmaml/simulate.py"


@every_loop
@given(data=st.data())
def test_residual_is_one_at_zero(kind: Any, data: Any) -> None:
    checks.residual_is_one_at_zero(data.draw(strategies.inner_loops(2, kinds=[kind], max_steps=50)))


@pytest.mark.parametrize("kind", [k for k in LOOPS if k is not adaptation.GradientFlow], ids=lambda k: k.__name__)
@given(data=st.data())
def test_residual_is_one_at_zero_exactly(kind: Any, data: Any) -> None:
    checks.residual_is_one_at_zero(data.draw(strategies.inner_loops(2, kinds=[kind], exact=True, max_steps=8)))


@every_loop
@given(data=st.data())
def test_map_is_what_the_steps_do(kind: Any, data: Any) -> None:
    loop, tasks, theta = data.draw(problems(loop=kind, split=False))
    checks.map_is_what_the_steps_do(loop, tasks.support, theta)


@pytest.mark.parametrize("kind", SIMULATED_EXACTLY, ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_map_is_exactly_what_the_steps_do(kind: Any, data: Any) -> None:
    loop, tasks, theta = data.draw(problems(loop=kind, split=False, exact=True))
    checks.map_is_what_the_steps_do(loop, tasks.support, theta)


@every_spectral_loop
@given(data=st.data())
def test_map_is_the_residual_at_eigenvalues(kind: Any, data: Any) -> None:
    loop, tasks, _ = data.draw(problems(loop=kind, split=False))
    checks.map_is_the_residual_at_eigenvalues(loop, tasks.support)


@every_loop
@given(data=st.data())
def test_map_contracts_towards_the_optimum(kind: Any, data: Any) -> None:
    loop, tasks, theta = data.draw(problems(loop=kind, split=False, curvature="definite"))
    optima = tasks.support.minimizer()
    checks.map_contracts_towards_the_optimum(loop, tasks.support, optima, theta)


@pytest.mark.parametrize("kind", SIMULATED_EXACTLY, ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_map_contracts_towards_any_optimum_of_singular_curvature(kind: Any, data: Any) -> None:
    loop, tasks, theta = data.draw(problems(loop=kind, split=False, exact=True))
    optima = data.draw(strategies.vectors(tasks.dim, batch=(len(tasks),), exact=True))
    support = Quadratic(tasks.support.hessian, (tasks.support.hessian @ optima[..., None])[..., 0])
    checks.map_contracts_towards_the_optimum(loop, support, optima, theta)


@every_loop
@given(data=st.data())
def test_map_treats_tasks_alone(kind: Any, data: Any) -> None:
    loop, tasks, theta = data.draw(problems(loop=kind, split=False, max_dim=8))
    checks.map_treats_tasks_alone(loop, tasks.support, theta)


@every_loop
def test_one_task_in_one_dimension_with_no_steps(kind: Any) -> None:
    support = Quadratic([[[2.0]]], [[3.0]])

    @given(strategies.inner_loops(1, kinds=[kind], max_steps=0))
    def stays(loop: Any) -> None:
        checks.map_is_what_the_steps_do(loop, support, np.asarray([5.0]))
        if hasattr(loop, "steps"):
            assert loop.map(support)([5.0]).tolist() == [[5.0]]

    stays()


@given(problems(loops=[adaptation.GradientDescent], curvature="any", split=False), st.data())
def test_unstable_steps_agree_too(problem: Any, data: Any) -> None:
    """At the bound of stability and beyond it."""
    _, tasks, theta = problem
    where = data.draw(st.sampled_from(["at", "outside"]))
    lr = data.draw(strategies.step_sizes(max(1.0, float(np.max(np.abs(tasks.support.hessian)))), where=where))
    loop = adaptation.GradientDescent(lr, data.draw(st.integers(0, 50)))
    checks.map_is_what_the_steps_do(loop, tasks.support, theta)


@given(st.data())
def test_every_task_may_have_its_own_preconditioner(data: Any) -> None:
    n, d = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 3))
    A = data.draw(strategies.symmetric_matrices(d, batch=(n,), min_eigenvalue=-4, max_eigenvalue=4))
    h, D = data.draw(strategies.vectors(d, batch=(n,))), data.draw(strategies.vectors(d, batch=(n, d)))
    theta, steps, support = data.draw(strategies.vectors(d)), data.draw(st.integers(0, 5)), Quadratic(A, h)
    m = adaptation.PreconditionedGradientDescent(D / 40, steps).map(support)
    for i in range(n):
        alone = adaptation.PreconditionedGradientDescent(D[i] / 40, steps).map(support[i])
        np.testing.assert_allclose(m.linear[i], alone.linear, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(m.offset[i], alone.offset, rtol=1e-12, atol=1e-12)
    adapted = simulate.adapt(support, adaptation.PreconditionedGradientDescent(D / 40, steps), theta)
    checks.agree(m(theta), adapted, 100 * checks.steps_scale(adaptation.NoAdaptation(), support, theta))
