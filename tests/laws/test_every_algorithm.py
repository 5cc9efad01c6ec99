"""Laws of every meta-algorithm of ``quadmaml.algorithms``."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quadmaml import (
    FOMAML,
    IMAML,
    MAML,
    InputError,
    Joint,
    MoreauEnvelope,
    NotAGradientError,
    Quadratic,
    Reptile,
    Tasks,
    TruncatedMAML,
    adaptation,
    simulate,
    strategies,
)
from quadmaml.arrays import is_exact
from quadmaml.inner_loop import InnerLoop
from quadmaml.meta_algorithm import Pair

from . import checks
from .drawn import ALGORITHMS, LOOPS, SIMULATED_EXACTLY, problems

every_algorithm = pytest.mark.parametrize("kind", ALGORITHMS, ids=lambda kind: kind.__name__)
SPECTRAL = [kind for kind in LOOPS if kind.spectral]


def test_every_algorithm_can_be_drawn() -> None:
    missing = [kind.__name__ for kind in ALGORITHMS if kind not in strategies.ALGORITHMS]
    assert not missing, f"{missing}: add a line to ALGORITHMS in quadmaml/strategies.py that draws its parameters"


def test_every_algorithm_has_an_honest_meta_gradient() -> None:
    missing = [kind.__name__ for kind in ALGORITHMS if kind not in simulate.META_GRADIENTS]
    assert not missing, f"{missing}: has a field but no honest meta-gradient: add one in quadmaml/simulate.py"


@every_algorithm
@given(data=st.data())
def test_meta_gradient_is_back_propagated(kind: Any, data: Any) -> None:
    checks.meta_gradient_is_back_propagated(*data.draw(problems(algorithm=kind)))


@every_algorithm
@given(data=st.data())
def test_meta_gradient_is_exactly_back_propagated(kind: Any, data: Any) -> None:
    checks.meta_gradient_is_back_propagated(*data.draw(problems(algorithm=kind, exact=True, loops=SIMULATED_EXACTLY)))


@every_algorithm
@given(data=st.data())
def test_field_is_what_is_simulated(kind: Any, data: Any) -> None:
    # The simulator solves proximal problems slowly, once for each column of M.
    algorithm, tasks, _ = data.draw(problems(algorithm=kind, max_dim=12 if kind in (IMAML, MoreauEnvelope) else 50))
    checks.field_is_what_is_simulated(algorithm, tasks)


@pytest.mark.slow
@pytest.mark.parametrize("kind", [IMAML, MoreauEnvelope], ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_field_of_large_proximal_problems_is_what_is_simulated(kind: Any, data: Any) -> None:
    algorithm, tasks, _ = data.draw(problems(algorithm=kind))
    checks.field_is_what_is_simulated(algorithm, tasks)


@every_algorithm
@given(data=st.data())
def test_field_is_exactly_what_is_simulated(kind: Any, data: Any) -> None:
    algorithm, tasks, _ = data.draw(problems(algorithm=kind, exact=True, loops=SIMULATED_EXACTLY))
    checks.field_is_what_is_simulated(algorithm, tasks)


@every_algorithm
@given(data=st.data())
def test_field_is_the_meta_gradient(kind: Any, data: Any) -> None:
    checks.field_is_the_meta_gradient(*data.draw(problems(algorithm=kind)))


@every_algorithm
@given(data=st.data())
def test_jacobians_make_the_field(kind: Any, data: Any) -> None:
    algorithm, tasks, _ = data.draw(problems(algorithm=kind))
    checks.jacobians_make_the_field(algorithm, tasks)


@pytest.mark.parametrize("kind", [kind for kind in ALGORITHMS if not issubclass(kind, Pair)])
@given(data=st.data())
def test_algorithms_that_move_towards_the_adapted_points_keep_no_jacobian(kind: Any, data: Any) -> None:
    algorithm, tasks, _ = data.draw(problems(algorithm=kind, max_dim=3))
    with pytest.raises(NotAGradientError):
        algorithm.jacobians(tasks)


@every_algorithm
@given(data=st.data())
def test_fixed_point_solves(kind: Any, data: Any) -> None:
    algorithm, tasks, _ = data.draw(problems(algorithm=kind))
    checks.fixed_point_solves(algorithm, tasks)


@every_algorithm
@given(data=st.data())
def test_fixed_point_solves_exactly(kind: Any, data: Any) -> None:
    algorithm, tasks, _ = data.draw(problems(algorithm=kind, exact=True))
    checks.fixed_point_solves(algorithm, tasks)


def rounded(thing: Any) -> Any:
    """Loops, algorithms and tasks of Fractions, with floats in their place."""
    if isinstance(thing, Tasks):
        parts = [
            type(f)(*(x.astype(float) for x in (f.hessian, f.linear, f.constant))) for f in (thing.support, thing.query)
        ]
        return Tasks(parts[0], None if thing.query is thing.support else parts[1], thing.weights.astype(float))
    if hasattr(thing, "__dataclass_fields__"):
        return type(thing)(**{name: rounded(getattr(thing, name)) for name in thing.__dataclass_fields__})
    if isinstance(thing, tuple):
        return tuple(rounded(each) for each in thing)
    if is_exact(thing):
        return thing.astype(float)
    return float(thing) if isinstance(thing, Fraction) else thing


@every_algorithm
@given(data=st.data())
def test_fixed_point_is_the_exact_one(kind: Any, data: Any) -> None:
    algorithm, tasks, _ = data.draw(problems(algorithm=kind, exact=True))
    checks.fixed_point_is_the_exact_one(rounded(algorithm), rounded(tasks), algorithm, tasks)


@every_algorithm
@given(data=st.data())
def test_field_is_a_weighted_curvature(kind: Any, data: Any) -> None:
    algorithm, tasks, _ = data.draw(problems(algorithm=kind, split=False, curvature="definite", loops=SPECTRAL))
    checks.field_is_a_weighted_curvature(algorithm, tasks, tasks.support.minimizer())


@given(data=st.data())
def test_weights_of_loops_with_a_preconditioner_are_refused(data: Any) -> None:
    blind = [kind for kind in LOOPS if not kind.spectral]
    algorithm = data.draw(strategies.algorithms(2, kinds=[MAML, FOMAML, TruncatedMAML, Reptile], inner_kinds=blind))
    with pytest.raises(InputError):
        algorithm.weight(0.5)


@pytest.mark.parametrize("kind", [Joint, MAML, MoreauEnvelope], ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_objective_always_exists(kind: Any, data: Any) -> None:
    algorithm, tasks, theta = data.draw(problems(algorithm=kind))
    checks.objective_has_the_field_as_gradient(algorithm, tasks, theta)


@given(data=st.data())
def test_objective_of_exact_imaml_always_exists(data: Any) -> None:
    algorithm, tasks, theta = data.draw(problems(algorithm=IMAML))
    checks.objective_has_the_field_as_gradient(IMAML(algorithm.strength), tasks, theta)


@every_algorithm
@given(data=st.data())
def test_objective_exists_for_spectral_loops_without_a_split(kind: Any, data: Any) -> None:
    algorithm, tasks, theta = data.draw(problems(algorithm=kind, split=False, loops=SPECTRAL))
    checks.objective_has_the_field_as_gradient(algorithm, tasks, theta)


@every_algorithm
@given(data=st.data())
def test_objective_exists_where_the_field_is_exactly_symmetric(kind: Any, data: Any) -> None:
    algorithm, tasks, theta = data.draw(problems(algorithm=kind, exact=True))
    M = algorithm.field(tasks).matrix
    if (M == M.T).all():
        assert (algorithm.objective(tasks).gradient(theta) == algorithm.meta_gradient(tasks, theta)).all()
    else:
        with pytest.raises(NotAGradientError):
            algorithm.objective(tasks)


@pytest.mark.parametrize("exact", [False, True], ids=["floats", "Fractions"])
@pytest.mark.parametrize("kind", [Joint, MAML, IMAML], ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_objective_is_the_mean_adapted_loss(kind: Any, exact: bool, data: Any) -> None:
    loops = SIMULATED_EXACTLY if exact else None
    algorithm, tasks, theta = data.draw(problems(algorithm=kind, exact=exact, loops=loops))
    algorithm = IMAML(algorithm.strength) if kind is IMAML else algorithm
    checks.objective_is_the_mean_adapted_loss(algorithm, tasks, theta)


@every_algorithm
@given(data=st.data())
def test_outer_steps_follow_the_closed_form(kind: Any, data: Any) -> None:
    algorithm, tasks, theta0 = data.draw(problems(algorithm=kind, max_dim=6))
    M = algorithm.field(tasks).matrix
    lr = data.draw(strategies.step_sizes(max(1e-3, float(np.linalg.norm(M, 2)))))
    checks.outer_steps_follow_the_closed_form(algorithm, tasks, theta0, lr, data.draw(st.integers(0, 12)))


@every_algorithm
@given(data=st.data())
def test_outer_steps_follow_the_closed_form_exactly(kind: Any, data: Any) -> None:
    algorithm, tasks, theta0 = data.draw(problems(algorithm=kind, exact=True, loops=SIMULATED_EXACTLY))
    checks.outer_steps_follow_the_closed_form(algorithm, tasks, theta0, Fraction(1, 3), data.draw(st.integers(0, 3)))


def first_order(kind: Any, loop: InnerLoop) -> Any:
    return {
        FOMAML: lambda: FOMAML(loop),
        TruncatedMAML: lambda: TruncatedMAML(loop, 1),
        IMAML: lambda: IMAML(0.7, loop),
    }[kind]()


@pytest.mark.parametrize("kind", [FOMAML, TruncatedMAML, IMAML], ids=lambda kind: kind.__name__)
def test_with_a_split_that_does_not_commute_first_order_fields_are_no_gradients(kind: Any) -> None:
    loop = adaptation.ProximalGradientDescent(0.7, 0.2, 3) if kind is IMAML else adaptation.GradientDescent(0.2, 3)
    algorithm = first_order(kind, loop)

    @given(strategies.matrix_families(2, 2, min_eigenvalue=Fraction(1, 2), max_eigenvalue=4))
    def has_no_objective(pair: Any) -> None:
        support, query = (Quadratic(A[None], np.ones((1, 2))) for A in pair)
        tasks = Tasks(support, query)
        assert not algorithm.field(tasks).is_gradient()
        with pytest.raises(NotAGradientError):
            algorithm.objective(tasks)
        MAML(loop).objective(tasks)

    has_no_objective()
