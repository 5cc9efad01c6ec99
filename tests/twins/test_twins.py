"""Deliberately wrong versions of the library, one or more for each row of the theory's tables: the laws catch each.

A check that cannot fail is a defect. Each twin replaces one piece of the library by a plausible mistake; the very
checks that the laws apply to random problems must then fail on a fixed one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from quadmaml import AffineField, AffineMap, Quadratic, Tasks, adaptation, linalg
from quadmaml import algorithms as meta
from quadmaml import tasks as tasks_module
from quadmaml.affine import Augmented
from quadmaml.errors import InputError
from quadmaml.meta_algorithm import STAY, Algorithm, Pair

from ..laws import checks, fixed
from .caught_by import (
    algorithm_law,
    composition_law,
    forward_error_law,
    gradient_law,
    in_floats,
    least_squares_law,
    map_laws,
    meta_gradient_law,
    objective_law,
    optimum_law,
    outer_law,
    pull_back_law,
    refused_potential,
    residual_law,
    solved_law,
    weight_law,
)

# The mistakes. Each is what a class attribute or function is replaced by.


def recurrence(step: Callable[..., Any], start: Callable[[Any, Any], Any] = lambda loop, x: x**0) -> Any:
    def p(loop: Any, x: Any) -> Any:
        previous, now = start(loop, x), x**0
        for lr in loop.schedule:
            previous, now = now, step(loop, x, lr, now, previous)
        return now

    return p


def preconditioned(of: Callable[[Any, Quadratic], Augmented]) -> Callable[[Any, Quadratic], Augmented]:
    def generator(loop: Any, quadratic: Quadratic) -> Augmented:
        return of(adaptation._as_element(loop.preconditioner, quadratic), quadratic)

    return generator


def first_steps(loop: Any, depth: int) -> Any:
    sizes = loop.lr[:depth] if isinstance(loop.lr, tuple) else loop.lr
    return type(loop)(**{**vars(loop), "lr": sizes, "steps": depth})


def factors(support: str, query: str) -> Callable[..., Any]:
    """Algorithm._factors, with support and query mixed up."""

    def mixed(self: Any, tasks: Tasks, theta: Any) -> Any:
        adapted_on, judged_on = getattr(tasks, support), getattr(tasks, query)
        return original_factors(self, Tasks(adapted_on, judged_on, tasks.weights), theta)

    return mixed


def untransposed(weights: Any, J: Any, X: Any) -> Any:
    return linalg.weighted_sum(weights, J @ X)


def unnormalised(weights: Any, linear: Any) -> Any:
    return np.ones(len(linear)) if weights is None else weights


def equal_weights(weights: Any, linear: Any) -> Any:
    return np.ones(len(linear)) / len(linear)


def rough(theta: Any) -> Any:
    """Exact scalars as they are, floats to seven digits."""
    return theta if theta.dtype == object else theta.astype("float32").astype("float64")


def per_m(scale: float) -> Callable[..., Quadratic]:
    def from_least_squares(X: Any, y: Any, ridge: Any = 0.0) -> Quadratic:
        m = len(y)
        A = scale * X.T @ X / m + ridge * np.eye(X.shape[1])
        return Quadratic(A, scale * X.T @ y / m, scale * y @ y / (2 * m))

    return from_least_squares


GD, HB, PGD = adaptation.GradientDescent, adaptation.HeavyBall, adaptation.ProximalGradientDescent
Preconditioned, Chebyshev = adaptation.PreconditionedGradientDescent, adaptation.Chebyshev
original_weight, original_descend, original_factors = Algorithm.weight, AffineField.descend, Algorithm._factors
original_step = meta.Reptile._gradient
original_chebyshev, original_spectral = Chebyshev.residual, adaptation.InnerLoop.generator

# name: (where, attribute, mistake, law that must catch it)
TWINS: dict[str, tuple[Any, str, Any, Callable[[], None]]] = {
    # section 1
    "least squares with 2/m": (Quadratic, "from_least_squares", staticmethod(per_m(2.0)), least_squares_law),
    "least squares with 1/m halved": (Quadratic, "from_least_squares", staticmethod(per_m(0.5)), least_squares_law),
    "composition in the wrong order": (
        AffineMap, "__matmul__", lambda m, p: (p._augmented() * m._augmented()).as_map(), composition_law,
    ),
    "pull-back that forgets the offset in the value": (
        Quadratic, "compose",
        lambda f, m: Quadratic(m.operator.T * f.curvature * m.operator,
                               m.operator.T @ (f.linear - f.curvature @ m.offset), f.constant),
        pull_back_law,
    ),
    "pull-back with P for P'": (
        Quadratic, "compose",
        lambda f, m: Quadratic((m.operator * f.curvature * m.operator).array, f.linear, f.constant),
        algorithm_law(objective_law, "MAML", "preconditioner"),
    ),
    # section 2
    "no adaptation that moves": (
        adaptation.NoAdaptation, "residual", lambda loop, x: 1 - 0.001 * x, map_laws("none")
    ),
    "one step too many": (GD, "residual", lambda loop, x: (1 - loop.lr * x) ** (loop.steps + 1), map_laws("no steps")),
    "one step too few": (
        GD, "residual", lambda loop, x: (1 - loop.lr * x) ** max(loop.steps - 1, 0), map_laws("gradient descent")
    ),
    "gradient of the square without 1/2": (
        GD, "residual", lambda loop, x: (1 - 2 * loop.lr * x) ** loop.steps, map_laws("one step")
    ),
    "ascent": (GD, "residual", lambda loop, x: (1 + loop.lr * x) ** loop.steps, map_laws("one step")),
    "a schedule that repeats its first step": (
        GD, "residual", lambda loop, x: (1 - loop.schedule[0] * x) ** loop.steps, map_laws("schedule")
    ),
    "Chebyshev on [0, L]": (
        Chebyshev, "residual",
        lambda loop, x: original_chebyshev(Chebyshev(1e-9, loop.largest, loop.steps), x), map_laws("Chebyshev"),
    ),
    "Chebyshev with one node too few": (
        Chebyshev, "residual",
        lambda loop, x: original_chebyshev(Chebyshev(loop.smallest, loop.largest, loop.steps - 1), x),
        map_laws("Chebyshev"),
    ),
    "heavy ball from rest at 0": (
        HB, "residual",
        recurrence(lambda loop, x, lr, p, q: (1 - lr * x) * p + loop.momentum * (p - q), lambda loop, x: 0 * x),
        map_laws("heavy ball"),
    ),
    "heavy ball with a first push": (
        HB, "residual",
        recurrence(lambda loop, x, lr, p, q: (1 - lr * x) * p + loop.momentum * (p - q), lambda loop, x: 1 + x),
        map_laws("heavy ball"),
    ),
    "heavy ball as Nesterov": (
        HB, "residual",
        recurrence(lambda loop, x, lr, p, q: (1 - lr * x) * (p + loop.momentum * (p - q))), map_laws("heavy ball"),
    ),
    "heavy ball with drag": (
        HB, "residual",
        recurrence(lambda loop, x, lr, p, q: (1 - lr * x) * p - loop.momentum * (p - q)), map_laws("heavy ball"),
    ),
    "preconditioned with AD for DA": (
        Preconditioned, "generator",
        preconditioned(lambda D, f: Augmented(f.curvature * D, -(D @ f.linear), 0)), map_laws("preconditioner"),
    ),
    "preconditioned without D on h": (
        Preconditioned, "generator",
        preconditioned(lambda D, f: Augmented(D * f.curvature, -f.linear, 0)), map_laws("preconditioner"),
    ),
    "preconditioned with D'": (
        Preconditioned, "generator",
        preconditioned(lambda D, f: Augmented(D.T * f.curvature, -(D.T @ f.linear), 0)), map_laws("preconditioner"),
    ),
    "partial that moves the other coordinates": (
        adaptation.PartialGradientDescent, "generator",
        lambda loop, f: adaptation._precondition([Fraction(not moves) for moves in loop.mask], f), map_laws("partial"),
    ),
    "partial that moves all": (adaptation.PartialGradientDescent, "generator", original_spectral, map_laws("partial")),
    "flow backwards": (
        adaptation.GradientFlow, "residual", lambda loop, x: adaptation.exp(loop.time * x), map_laws("flow")
    ),
    "flow for twice the time": (
        adaptation.GradientFlow, "residual", lambda loop, x: adaptation.exp(-2 * loop.time * x), map_laws("flow")
    ),
    "proximal with the wrong sign": (
        adaptation.Proximal, "residual", lambda loop, x: loop.strength / (loop.strength - x), map_laws("proximal")
    ),
    "proximal with lambda at the wrong place": (
        adaptation.Proximal, "residual", lambda loop, x: 1 / (1 + loop.strength * x), map_laws("proximal")
    ),
    "proximal of lambda, not lambda/2": (
        adaptation.Proximal, "residual", lambda loop, x: 2 * loop.strength / (2 * loop.strength + x),
        map_laws("proximal"),
    ),
    "proximal steps that flee the start": (
        PGD, "residual",
        recurrence(lambda loop, x, lr, p, q: p - lr * (x * p - loop.strength * (p - 1))), map_laws("proximal steps"),
    ),
    "proximal steps around the last point": (
        PGD, "residual", recurrence(lambda loop, x, lr, p, q: p - lr * x * p), map_laws("proximal steps")
    ),
    "proximal steps towards 0": (
        PGD, "residual",
        recurrence(lambda loop, x, lr, p, q: p - lr * (x * p + loop.strength * p)), map_laws("proximal steps"),
    ),
    "the generator with +h": (
        adaptation.InnerLoop, "generator",
        lambda loop, f: Augmented(f.curvature, f.linear, 0), optimum_law("gradient descent"),
    ),
    "a map that is not the residual": (
        GD, "map", lambda loop, f: (1 - loop.lr * original_spectral(loop, f)).as_map(), residual_law("gradient descent")
    ),
    # section 3
    "joint training that adapts": (
        meta.Joint, "loop", property(lambda algorithm: adaptation.Proximal(5.0)),
        algorithm_law(checks.field_is_what_is_simulated, "joint"),
    ),
    "FOMAML for MAML": (
        meta.MAML, "rule", property(lambda algorithm: STAY), algorithm_law(checks.field_is_what_is_simulated, "MAML")
    ),
    "MAML for FOMAML": (
        meta.FOMAML, "rule", property(lambda algorithm: algorithm.inner),
        algorithm_law(checks.field_is_what_is_simulated, "FOMAML"),
    ),
    "truncated at the wrong end": (
        adaptation.PartialGradientDescent, "last", first_steps,
        algorithm_law(checks.field_is_what_is_simulated, "truncated", "partial schedule"),
    ),
    "truncated one step late": (
        meta.TruncatedMAML, "rule", property(lambda algorithm: algorithm.inner.last(algorithm.depth - 1)),
        algorithm_law(checks.field_is_what_is_simulated, "truncated"),
    ),
    "iMAML with lambda misplaced": (
        meta.IMAML, "rule", property(lambda algorithm: adaptation.Proximal(1 / algorithm.strength)),
        algorithm_law(checks.field_is_what_is_simulated, "iMAML"),
    ),
    "inexact iMAML that unrolls its solver": (
        meta.IMAML, "rule", property(lambda algorithm: algorithm.inner),
        algorithm_law(checks.field_is_what_is_simulated, "inexact iMAML", "proximal steps"),
    ),
    "first-order iMAML for iMAML": (
        meta.IMAML, "_kept", lambda algorithm, linear_part: 1,
        algorithm_law(checks.field_is_what_is_simulated, "iMAML"),
    ),
    "Reptile with the wrong sign": (
        meta.Reptile, "_gradient", lambda self, tasks, m, theta: -1 * original_step(self, tasks, m, theta),
        algorithm_law(meta_gradient_law, "Reptile"),
    ),
    "Reptile divided by the step size": (
        meta.Reptile, "_kept", lambda algorithm, linear_part: 1 / algorithm.inner.lr,
        algorithm_law(checks.field_is_what_is_simulated, "Reptile"),
    ),
    "Moreau without lambda": (
        meta.MoreauEnvelope, "_kept", lambda algorithm, linear_part: 1,
        algorithm_law(checks.field_is_what_is_simulated, "Moreau"),
    ),
    "P for P'": (
        linalg, "stacked_adjoint", untransposed,
        algorithm_law(checks.field_is_what_is_simulated, "MAML", "preconditioner"),
    ),
    "P for P' at a point": (
        linalg, "stacked_adjoint", untransposed, algorithm_law(meta_gradient_law, "MAML", "preconditioner")
    ),
    "adapting on the query": (
        Algorithm, "_factors", factors("query", "query"), algorithm_law(checks.field_is_what_is_simulated, "MAML")
    ),
    "judging on the support": (
        Algorithm, "_factors", factors("support", "support"), algorithm_law(checks.field_is_what_is_simulated, "FOMAML")
    ),
    "support and query exchanged": (
        Algorithm, "_factors", factors("query", "support"), algorithm_law(meta_gradient_law, "Reptile")
    ),
    # section 4
    "a weight without its factor a": (
        Algorithm, "weight", lambda algorithm, a: original_weight(algorithm, a) / a,
        algorithm_law(weight_law, "MAML", split=False),
    ),
    "a weight of the wrong algorithm": (
        Algorithm, "weight", lambda algorithm, a: original_weight(meta.FOMAML(algorithm.inner), a),
        algorithm_law(weight_law, "MAML", split=False),
    ),
    "the mean of the optima for the fixed point": (
        Algorithm, "fixed_point", lambda algorithm, tasks: tasks.mean_minimizer(), algorithm_law(solved_law, "MAML")
    ),
    "the zero of the transposed field": (
        AffineField, "zero", lambda field, **_: np.linalg.solve(field.matrix.T, field.rhs),
        algorithm_law(checks.fixed_point_solves, "FOMAML"),
    ),
    "a zero with the wrong sign": (
        AffineField, "zero", lambda field, **_: -np.linalg.solve(field.matrix, field.rhs),
        algorithm_law(solved_law, "MAML"),
    ),
    "Jacobians of another algorithm": (
        Pair, "jacobians", lambda algorithm, tasks: np.stack([np.eye(tasks.dim)] * len(tasks)),
        algorithm_law(checks.jacobians_make_the_field, "MAML"),
    ),
    "an objective before adaptation": (
        Pair, "objective", lambda algorithm, tasks: tasks.query.mean(tasks.weights),
        algorithm_law(objective_law, "MAML"),
    ),
    "an objective judged on the support": (
        Pair, "objective",
        lambda algorithm, tasks: tasks.support.compose(algorithm.loop.map(tasks.support)).mean(tasks.weights),
        algorithm_law(gradient_law, "MAML"),
    ),
    "a potential for every field": (AffineField, "is_gradient", lambda field: True, refused_potential),
    "losses on the support": (
        checks, "adapted_losses", lambda tasks, theta, inner: tasks.support(inner.map(tasks.support)(theta)),
        algorithm_law(objective_law, "MAML"),
    ),
    "a fixed point in single precision": (
        Algorithm, "fixed_point", lambda algorithm, tasks: rough(algorithm.field(tasks).zero()), forward_error_law
    ),
    # section 6
    "outer steps uphill": (
        AffineField, "descend", lambda field, theta, lr, steps: original_descend(
            AffineField(-field.matrix, -field.rhs), theta, lr, steps), algorithm_law(outer_law, "MAML"),
    ),
    "one outer step too many": (
        AffineField, "descend", lambda field, theta, lr, steps: original_descend(field, theta, lr, steps + 1),
        algorithm_law(outer_law, "Reptile"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", fixed.algorithms(fixed.loops()["one step"]))
def test_law_catches_a_wrong_weight_of_every_algorithm(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    law = algorithm_law(weight_law, name, split=False)
    law()
    monkeypatch.setattr(Algorithm, "weight", lambda algorithm, a: original_weight(algorithm, a) * (1 + a / 100))
    with pytest.raises(AssertionError):
        law()


# Weights are read when tasks are built, which the laws' fixed problems do anew each time.
WEIGHT_TWINS = {"weights that are not normalised": unnormalised, "weights that are ignored": equal_weights}


@pytest.mark.parametrize("name", TWINS)
def test_law_holds_for_the_original(name: str) -> None:
    TWINS[name][3]()


@pytest.mark.parametrize("name", TWINS)
def test_law_catches_the_twin(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    where, attribute, mistake, law = TWINS[name]
    monkeypatch.setattr(where, attribute, mistake)
    with pytest.raises((AssertionError, InputError)) as caught:
        law()
    # What the library itself refuses: a residual with p(0) other than 1, and curvature that lost its symmetry.
    assert not isinstance(caught.value, InputError) or re.search(r"p\(0\)|not symmetric", str(caught.value))


@pytest.mark.parametrize("name", WEIGHT_TWINS)
def test_law_catches_wrong_weights(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = [1.0, 2.0, 5.0]
    support = fixed.tasks(in_floats).support

    def law() -> None:
        tasks, loop = Tasks(support, None, np.asarray(raw)), fixed.loops()["gradient descent"]
        shares = [weight / sum(raw) for weight in raw]
        one_by_one = [meta.MAML(loop).field(tasks[i : i + 1]).matrix for i in range(3)]
        want = sum(w * M for w, M in zip(shares, one_by_one, strict=True))
        checks.agree(meta.MAML(loop).field(tasks).matrix, want, axes=2)

    law()
    monkeypatch.setattr(tasks_module, "_normalised", WEIGHT_TWINS[name])
    with pytest.raises(AssertionError):
        law()
