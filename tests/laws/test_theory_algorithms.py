"""Each row of the table of meta-algorithms, and the identities between them; section 3 of the theory, exactly."""

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
    Joint,
    MoreauEnvelope,
    NotAGradientError,
    Quadratic,
    Reptile,
    Tasks,
    TruncatedMAML,
    strategies,
)
from quadmaml.adaptation import (
    GradientDescent,
    HeavyBall,
    NoAdaptation,
    PartialGradientDescent,
    PreconditionedGradientDescent,
    Proximal,
    ProximalGradientDescent,
)
from quadmaml.errors import InputError

from .drawn import SIMULATED_EXACTLY, problems

exact_loops = problems(loops=SIMULATED_EXACTLY, exact=True)
exact_loops_without_a_split = problems(loops=SIMULATED_EXACTLY, exact=True, split=False)


def identity(tasks: Tasks) -> Any:
    return np.eye(tasks.dim, dtype=int) * Fraction(1)


def assert_pair(algorithm: Any, tasks: Tasks, J: Any, P: Any, s: Any) -> None:
    """M = sum w J' A P and v = sum w J' (h - A s), task by task."""
    A, h, w = tasks.query.hessian, tasks.query.linear, tasks.weights
    M = sum(w[i] * (J[i].T @ A[i] @ P[i]) for i in range(len(tasks)))
    v = sum(w[i] * (J[i].T @ (h[i] - A[i] @ s[i])) for i in range(len(tasks)))
    field = algorithm.field(tasks)
    assert (field.matrix == M).all()
    assert (field.rhs == v).all()
    assert (algorithm.jacobians(tasks) == J).all()


def same_field(one: Any, other: Any) -> None:
    assert (one.matrix == other.matrix).all()
    assert (one.rhs == other.rhs).all()


@given(exact_loops)
def test_row_joint(problem: Any) -> None:
    """J = I at the start itself: the mean query gradient."""
    _, tasks, theta = problem
    one = np.stack([identity(tasks)] * len(tasks))
    assert_pair(Joint(), tasks, one, one, 0 * tasks.support.linear)
    assert (Joint().meta_gradient(tasks, theta) == tasks.weights @ tasks.query.gradient(theta)).all()


@given(exact_loops)
def test_row_maml(problem: Any) -> None:
    """J = P, and the field is the gradient of F = sum w f(m(theta)), with and without a split."""
    loop, tasks, theta = problem
    m = loop.map(tasks.support)
    assert_pair(MAML(loop), tasks, m.linear, m.linear, m.offset)
    F, step = MAML(loop).objective(tasks), Fraction(1, 2)
    for j, e in enumerate(identity(tasks)):
        slope = (F(theta + step * e) - F(theta - step * e)) / (2 * step)  # exact for a quadratic
        assert slope == MAML(loop).meta_gradient(tasks, theta)[j]


@given(exact_loops)
def test_row_fomaml(problem: Any) -> None:
    """J = I at the adapted point."""
    loop, tasks, _ = problem
    m = loop.map(tasks.support)
    assert_pair(FOMAML(loop), tasks, np.stack([identity(tasks)] * len(tasks)), m.linear, m.offset)


@given(problems(algorithm=TruncatedMAML, exact=True))
def test_row_truncated_maml(problem: Any) -> None:
    """J is the product of the LAST m factors, in order: of a schedule, of (I - DA) with a preconditioner or mask."""
    algorithm, tasks, _ = problem
    loop, A, one = algorithm.inner, tasks.support.hessian, identity(tasks)
    if isinstance(loop, PreconditionedGradientDescent):
        D = np.diag(loop.preconditioner) if loop.preconditioner.ndim == 1 else loop.preconditioner
        factors = [one - D @ A] * loop.steps
    else:
        D = np.diag([int(moves) for moves in loop.mask]) if isinstance(loop, PartialGradientDescent) else one
        factors = [one - lr * D @ A for lr in loop.schedule]
    J = np.stack([one] * len(tasks))
    for factor in factors[loop.steps - algorithm.depth :]:
        J = factor @ J
    m = loop.map(tasks.support)
    assert_pair(algorithm, tasks, J, m.linear, m.offset)


@given(problems(algorithm=TruncatedMAML, exact=True))
def test_row_truncated_maml_ends_at_fomaml_and_maml(problem: Any) -> None:
    algorithm, tasks, _ = problem
    loop = algorithm.inner
    same_field(TruncatedMAML(loop, 0).field(tasks), FOMAML(loop).field(tasks))
    same_field(TruncatedMAML(loop, loop.steps).field(tasks), MAML(loop).field(tasks))


@pytest.mark.parametrize(
    "loop", [HeavyBall(0.1, 0.5, 3), ProximalGradientDescent(1.0, 0.1, 3), Proximal(1.0), NoAdaptation()]
)
def test_row_truncated_maml_leaves_out_loops_with_memory(loop: Any) -> None:
    with pytest.raises(InputError):
        TruncatedMAML(loop, 1)


@given(problems(algorithm=IMAML, exact=True))
def test_row_imaml(problem: Any) -> None:
    """J = (I + A/lambda)^-1, whatever solves the inner problem."""
    algorithm, tasks, _ = problem
    one, m = identity(tasks), algorithm.loop.map(tasks.support)
    J = algorithm.jacobians(tasks)
    assert ((one + tasks.support.hessian / algorithm.strength) @ J == np.stack([one] * len(tasks))).all()
    assert_pair(algorithm, tasks, J, m.linear, m.offset)


@given(problems(algorithm=IMAML, exact=True, split=False))
def test_row_imaml_solved_inexactly_is_symmetric_without_a_split(problem: Any) -> None:
    algorithm, tasks, _ = problem
    strength = algorithm.strength
    inexact = IMAML(strength, ProximalGradientDescent(strength, 1 / (200 + strength), 3))
    assert inexact.field(tasks).is_gradient()
    inexact.objective(tasks)


def test_row_imaml_solved_inexactly_is_not_the_gradient_of_its_own_meta_loss() -> None:
    tasks = Tasks.from_minimizers([[[Fraction(1)]]], [[Fraction(2)]])
    loop = ProximalGradientDescent(Fraction(1), Fraction(1, 4), 2)
    inexact = IMAML(Fraction(1), loop)
    own = tasks.query.compose(loop.map(tasks.support)).mean(tasks.weights)
    assert (own.hessian != inexact.field(tasks).matrix).any()
    assert (inexact.objective(tasks).hessian == inexact.field(tasks).matrix).all()


@given(exact_loops)
def test_row_reptile(problem: Any) -> None:
    """M = sum w (I - P), v = sum w s: the query does not enter."""
    loop, tasks, theta = problem
    m, field, w = loop.map(tasks.support), Reptile(loop).field(tasks), tasks.weights
    assert (field.matrix == sum(w[i] * (identity(tasks) - m.linear[i]) for i in range(len(tasks)))).all()
    assert (field.rhs == w @ m.offset).all()
    assert (Reptile(loop).meta_gradient(tasks, theta) == theta - w @ m(theta)).all()
    same_field(field, Reptile(loop).field(Tasks(tasks.support, None, tasks.weights)))


@given(problems(algorithm=MoreauEnvelope, exact=True))
def test_row_moreau(problem: Any) -> None:
    """The gradient of sum w min_phi f(phi) + lambda/2 |phi - theta|^2; first-order iMAML without a split."""
    algorithm, tasks, theta = problem
    strength, w = algorithm.strength, tasks.weights
    phi = Proximal(strength).map(tasks.support)(theta)
    assert (algorithm.meta_gradient(tasks, theta) == strength * (theta - w @ phi)).all()

    def envelope(at: Any) -> Any:
        point = Proximal(strength).map(tasks.support)(at)
        return w @ (tasks.support(point) + strength / 2 * ((point - at) ** 2).sum(-1))

    for j, e in enumerate(identity(tasks)):
        assert (envelope(theta + e) - envelope(theta - e)) / 2 == algorithm.meta_gradient(tasks, theta)[j]
    alone = Tasks(tasks.support, None, tasks.weights)
    same_field(algorithm.field(tasks), FOMAML(Proximal(strength)).field(alone))


# Same function, different name


@given(problems(loop=Proximal, exact=True))
def test_imaml_is_maml_on_the_proximal_loop(problem: Any) -> None:
    loop, tasks, _ = problem
    same_field(IMAML(loop.strength).field(tasks), MAML(loop).field(tasks))


@given(problems(loop=Proximal, exact=True))
def test_moreau_is_reptile_on_the_proximal_loop_times_the_strength(problem: Any) -> None:
    loop, tasks, _ = problem
    moreau, reptile = MoreauEnvelope(loop.strength).field(tasks), Reptile(loop).field(tasks)
    assert (moreau.matrix == loop.strength * reptile.matrix).all()
    assert (moreau.rhs == loop.strength * reptile.rhs).all()


@given(problems(loop=GradientDescent, exact=True, split=False), st.data())
def test_truncated_depends_on_the_sum_of_steps_and_depth(problem: Any, data: Any) -> None:
    _, tasks, _ = problem
    lr, total = data.draw(st.fractions(Fraction(1, 9), 1, max_denominator=9)), data.draw(st.integers(1, 6))
    pairs = [(K, total - K) for K in range((total + 1) // 2, total + 1)]
    fields = [TruncatedMAML(GradientDescent(lr, K), m).field(tasks) for K, m in pairs]
    for field in fields:
        same_field(field, fields[0])


@given(problems(loop=GradientDescent, exact=True, split=False), st.integers(0, 3))
def test_fomaml_with_twice_the_steps_is_maml(problem: Any, K: int) -> None:
    _, tasks, _ = problem
    lr = Fraction(1, 5)
    same_field(FOMAML(GradientDescent(lr, 2 * K)).field(tasks), MAML(GradientDescent(lr, K)).field(tasks))


@given(problems(loop=GradientDescent, exact=True, split=False))
def test_reptile_with_one_step_is_joint_training_times_the_step_size(problem: Any) -> None:
    _, tasks, _ = problem
    lr = Fraction(2, 7)
    reptile, joint = Reptile(GradientDescent(lr, 1)).field(tasks), Joint().field(tasks)
    assert (reptile.matrix == lr * joint.matrix).all()
    assert (reptile.rhs == lr * joint.rhs).all()


@given(exact_loops)
def test_every_algorithm_without_steps_is_joint_training_or_stands_still(problem: Any) -> None:
    _, tasks, _ = problem
    still = GradientDescent(Fraction(1), 0)
    same_field(MAML(still).field(tasks), Joint().field(tasks))
    same_field(FOMAML(still).field(tasks), Joint().field(tasks))
    assert not Reptile(still).field(tasks).matrix.any()


@given(problems(loop=GradientDescent, exact=True, split=False))
def test_the_order_of_a_schedule_does_not_show_without_a_preconditioner(problem: Any) -> None:
    _, tasks, _ = problem
    sizes = [Fraction(1, 3), Fraction(1, 5), Fraction(1, 7)]
    same_field(MAML(GradientDescent(sizes)).field(tasks), MAML(GradientDescent(sizes[::-1])).field(tasks))


# When a field is a gradient


ONE_STEP = Fraction(1, 5)
SPLIT = Tasks(
    Quadratic([[[Fraction(2), Fraction(1)], [Fraction(1), Fraction(1)]]], [[Fraction(1), Fraction(3)]]),
    Quadratic([[[Fraction(1), Fraction(0)], [Fraction(0), Fraction(3)]]], [[Fraction(2), Fraction(-1)]]),
)


@pytest.mark.parametrize(
    ("algorithm", "gradient"),
    [
        (Joint(), True),
        (MAML(GradientDescent(ONE_STEP, 3)), True),
        (IMAML(Fraction(2)), True),
        (MoreauEnvelope(Fraction(2)), True),
        (FOMAML(GradientDescent(ONE_STEP, 3)), False),
        (TruncatedMAML(GradientDescent(ONE_STEP, 3), 1), False),
        (IMAML(Fraction(2), ProximalGradientDescent(Fraction(2), ONE_STEP, 3)), False),
    ],
    ids=lambda x: type(x).__name__ if not isinstance(x, bool) else "",
)
def test_which_fields_are_gradients_with_a_split(algorithm: Any, gradient: bool) -> None:
    assert algorithm.field(SPLIT).is_gradient() is gradient
    if gradient:
        algorithm.objective(SPLIT)
    else:
        with pytest.raises(NotAGradientError):
            algorithm.objective(SPLIT)


@given(problems(loop=PreconditionedGradientDescent, exact=True, split=False), st.data())
def test_a_symmetric_preconditioner_keeps_fomaml_and_truncated_symmetric(problem: Any, data: Any) -> None:
    _, tasks, _ = problem
    D = data.draw(strategies.symmetric_matrices(tasks.dim, min_eigenvalue=-1, max_eigenvalue=1, exact=True))
    loop = PreconditionedGradientDescent(D, 3)
    for algorithm in (FOMAML(loop), TruncatedMAML(loop, 1), TruncatedMAML(loop, 2), MAML(loop)):
        assert algorithm.field(tasks).is_gradient()


def test_a_symmetric_preconditioner_does_not_keep_reptile_symmetric() -> None:
    D = np.asarray([Fraction(1, 5), Fraction(1, 9)])
    alone = Tasks(SPLIT.support)
    assert not Reptile(PreconditionedGradientDescent(D, 1)).field(alone).is_gradient()


def test_jacobians_are_transposed() -> None:
    """J', not J: with a preconditioner the two differ."""
    loop = PreconditionedGradientDescent(np.asarray([Fraction(1, 5), Fraction(1, 9)]), 2)
    P, s = loop.map(SPLIT.support).linear[0], loop.map(SPLIT.support).offset[0]
    A, h, field = SPLIT.query.hessian[0], SPLIT.query.linear[0], MAML(loop).field(SPLIT)
    assert (field.matrix == P.T @ A @ P).all()
    assert (field.rhs == P.T @ (h - A @ s)).all()
    assert (field.matrix != P @ A @ P).any()


@given(exact_loops, st.data())
def test_unnormalised_sums_over_disjoint_tasks_add_up(problem: Any, data: Any) -> None:
    loop, tasks, _ = problem
    cut = data.draw(st.integers(0, len(tasks)))
    parts = [part for part in (slice(0, cut), slice(cut, None)) if any(tasks.weights[part])]
    weights = [sum(tasks.weights[part]) for part in parts]
    fields = [MAML(loop).field(tasks[part]) for part in parts]
    whole = MAML(loop).field(tasks)
    assert (whole.matrix == sum(w * f.matrix for w, f in zip(weights, fields, strict=True))).all()
    assert (whole.rhs == sum(w * f.rhs for w, f in zip(weights, fields, strict=True))).all()
