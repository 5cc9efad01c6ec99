"""What the meta-algorithms do about rounding errors: where terms would cancel, where M is symmetric in theory."""

import dataclasses
import math
import warnings
from fractions import Fraction

import numpy as np
import pytest
import sympy

from quadmaml import (
    FOMAML,
    IMAML,
    MAML,
    GradientDescent,
    GradientFlow,
    HeavyBall,
    IllConditionedWarning,
    Joint,
    MoreauEnvelope,
    NoAdaptation,
    NotAGradientError,
    PreconditionedGradientDescent,
    Proximal,
    Quadratic,
    Reptile,
    SingularError,
    Tasks,
    TruncatedMAML,
)

from .backends import need


def test_scale_of_the_terms():
    support = Quadratic([[[2.0]], [[-6.0]]], [[0.0], [1.0]])
    tasks = Tasks(support, Quadratic([[[1.0]], [[5.0]]], [[0.0], [1.0]]), weights=[0.75, 0.25])
    half = GradientDescent(0.5, 1)  # P = 0 and 4
    # Each task by its own size and weight: |J| (|A P| + |A||P|).
    assert FOMAML(half).field(tasks).scale == 0.25 * 2 * (5 * 4)
    assert TruncatedMAML(GradientDescent(0.5, 2), 1).field(tasks).scale == 0.25 * 4 * 2 * (5 * 16)
    # Where M is known to be symmetric nothing is judged.
    for algorithm in (Joint(), MAML(half), Reptile(half), MoreauEnvelope(10.0), FOMAML(NoAdaptation())):
        assert algorithm.field(tasks).scale == 0
    exact = Tasks.from_minimizers(np.array([[[Fraction(2)]]]), np.array([[Fraction(1)]]))
    assert FOMAML(GradientDescent(Fraction(1, 4), 1)).field(exact).scale == 0


def test_a_field_is_judged_by_the_tasks_that_count():
    random = np.random.default_rng(0)
    support, query = (np.stack([np.diag([1.0, 3.0]), 1e14 * np.eye(2)]) for _ in range(2))
    query[0] = [[2.0, 1.0], [1.0, 2.0]]
    linear = random.normal(size=(2, 2))
    tasks = Tasks(Quadratic(support, linear), Quadratic(query, linear), weights=[1.0, 0.0])
    field = FOMAML(GradientDescent(0.25, 1)).field(tasks)
    assert not field.is_gradient()
    with pytest.raises(NotAGradientError):
        field.potential()


@pytest.mark.parametrize("split", [False, True])
def test_a_field_that_is_a_gradient_in_theory_is_one(split):
    hilbert = 1 / (np.arange(10)[:, None] + np.arange(10) + 1.0)
    support = Quadratic(hilbert[None], np.ones((1, 10)))
    tasks = Tasks(support, Quadratic(np.eye(10)[None], np.ones((1, 10))) if split else None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", IllConditionedWarning)
        for algorithm in (MoreauEnvelope(1e-7), Reptile(GradientFlow(1e3)), MAML(GradientFlow(1e3)), IMAML(1e-7)):
            assert algorithm.field(tasks).is_gradient()
            algorithm.objective(tasks)
    nearly = Tasks(Quadratic([[[1.0, 0.3], [0.3, 0.1]]], [[1.0, 2.0]]))
    assert FOMAML(GradientFlow(1e3)).field(nearly).is_gradient()


@pytest.mark.parametrize("lr", [1e-6, 1e-12, 1e-17])
def test_reptile_with_tiny_steps_is_joint_training(lr):
    tasks = Tasks.from_minimizers([[[1.0]], [[3.0]]], [[0.0], [1.0]])
    assert Reptile(GradientDescent(lr, 5)).fixed_point(tasks)[0] == pytest.approx(0.75, rel=12 * lr, abs=1e-15)
    assert MoreauEnvelope(1 / lr).fixed_point(tasks)[0] == pytest.approx(0.75, rel=6 * lr, abs=1e-15)
    assert MoreauEnvelope(1 / lr).weight(1.0) == pytest.approx(1 / (1 + lr), rel=1e-15)
    assert Reptile(GradientFlow(lr)).weight(np.asarray([0.0, 1.0])).tolist() == [0, -math.expm1(-lr)]
    tiny = Tasks(Quadratic(lr * tasks.support.hessian, lr * tasks.support.linear))
    assert Reptile(GradientDescent(0.1, 5)).fixed_point(tiny)[0] == pytest.approx(0.75, rel=2 * lr, abs=1e-15)


@pytest.mark.parametrize("asymmetric", [False, True])
def test_preconditioned_and_partial_loops_contract_the_gradient(asymmetric):
    D = np.array([[0.3, 0.1 * asymmetric], [0.0, 0.4]])
    A = np.stack([np.diag([2.0, 3.0]), np.array([[3.0, 0.5], [0.5, 2.0]])])
    c = np.array([[0.0, 1.0], [1.0, -1.0]])
    exact = Tasks.from_minimizers(*(np.vectorize(Fraction)(x) for x in (A, c)))
    for steps in (5, 30):
        for loop, twin in [
            (PreconditionedGradientDescent(D, steps), PreconditionedGradientDescent(np.vectorize(Fraction)(D), steps)),
        ]:
            got = MAML(loop).fixed_point(Tasks.from_minimizers(A, c))
            want = MAML(twin).fixed_point(exact)
            condition = np.linalg.cond(MAML(loop).field(Tasks.from_minimizers(A, c)).matrix)
            np.testing.assert_allclose(got, want.astype(float), rtol=0, atol=1e-13 * condition)


def test_a_split_on_which_adaptation_converges_warns():
    support = Quadratic([[[1.0]]], [[1.0]])
    same_optimum = Tasks(support, Quadratic([[[2.0]]], [[2.0]]))
    with pytest.warns(IllConditionedWarning, match="query data"):
        MAML(GradientDescent(0.9, 13)).fixed_point(same_optimum)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert MAML(GradientDescent(0.9, 3)).fixed_point(same_optimum)[0] == pytest.approx(1, rel=1e-10)
        # The terms do not cancel where the optima differ; with query = support they are not subtracted.
        other_optimum = Tasks(support, Quadratic([[[1.0]]], [[2.0]]))
        assert MAML(GradientDescent(0.9, 13)).fixed_point(other_optimum)[0] == pytest.approx(1e13, rel=1e-10)
        assert MAML(GradientDescent(0.9, 13)).fixed_point(Tasks(support))[0] == pytest.approx(1, rel=1e-10)


@pytest.mark.parametrize("loop", [GradientDescent(0.25, 3), HeavyBall(0.25, 0.5, 3), GradientFlow(1.0), Proximal(2.0)])
def test_equal_algorithms_have_equal_objectives(loop):
    twin = dataclasses.replace(loop)
    tasks = Tasks.from_minimizers([[[1.0]], [[3.0]]], [[0.0], [4.0]])
    reference = MAML(loop).objective(tasks)
    others = [IMAML(2.0, Proximal(2.0))] if isinstance(loop, Proximal) else []
    for algorithm in [MAML(twin), *others]:
        assert algorithm.objective(tasks).constant == pytest.approx(reference.constant)
    # By class, not by parameters: the potential of these is 0 at 0.
    for algorithm in (FOMAML(NoAdaptation()), TruncatedMAML(GradientDescent(0.25, 3), 3)):
        assert algorithm.objective(tasks).constant == 0 != Joint().objective(tasks).constant


# The weight of an eigenvalue, for every kind of number


def test_an_integer_is_exact_or_beside_floats_a_float():
    for three in (3, np.int64(3)):
        assert IMAML(1).weight(three) == Fraction(3, 16)
        assert type(IMAML(1).weight(three)) is Fraction
        assert type(Joint().weight(three)) is Fraction
        assert type(IMAML(1.0).weight(three)) is float
        assert MAML(GradientDescent([0.5, 1])).weight(three) == 3


def test_lists_of_eigenvalues_become_arrays():
    assert MAML(GradientDescent(0.5, 1)).weight([1.0, 3.0]).tolist() == [0.25, 0.75]
    assert MAML(GradientDescent(Fraction(1, 2), 1)).weight([Fraction(1), 3]).tolist() == [
        Fraction(1, 4),
        Fraction(3, 4),
    ]


def test_weights_in_every_exact_kind(exact_kind):
    a = exact_kind.number(Fraction(1, 3))
    for lr in (Fraction(1, 2), sympy.Rational(1, 2), exact_kind.number(Fraction(1, 2))):
        weight = MAML(GradientDescent(lr, 1)).weight(a)
        assert type(weight) is type(a)
        assert weight == exact_kind.number(Fraction(25, 108))
        assert MAML(GradientDescent(lr, 1)).weight(1.0) == 0.25
    assert Reptile(GradientDescent(exact_kind.number(Fraction(1, 2)), 1)).weight(1.0) == 0.5


def test_weights_beside_parameters_that_differentiate():
    torch = need("torch")
    lr = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
    assert MAML(GradientDescent(lr, 1)).weight(np.float64(1.0)).item() == 0.25
    assert MAML(GradientDescent(lr, 1)).weight(1).item() == 0.25
    MAML(GradientDescent(lr, 1)).weight(torch.ones(1, dtype=torch.float64)).sum().backward()
    assert lr.grad.item() == -1


def test_why_a_direction_of_symbols_is_lost():
    a, zero, one = sympy.Symbol("a"), sympy.Integer(0), sympy.Integer(1)
    tasks = Tasks.from_minimizers([[[a, zero], [zero, zero]]], [[one, one]])
    with pytest.raises(SingularError, match=r"rank 1 of 2 exactly.*Along them no task has curvature"):
        Joint().fixed_point(tasks)


def test_fixed_points_in_single_precision_do_not_warn():
    jax = need("jax")
    with jax.enable_x64(False) if hasattr(jax, "enable_x64") else jax.experimental.disable_x64():
        tasks = Tasks.from_minimizers(jax.numpy.asarray([[[1.0]], [[3.0]]]), jax.numpy.asarray([[0.0], [4.0]]))
        assert Joint().fixed_point(tasks).tolist() == [3.0]
