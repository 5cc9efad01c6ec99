"""The checks of a report: each closed form against the simulator, which only takes gradient steps.

Losses are computed from the rows of the data, so that a check shares no formula with what it checks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import simulate
from ..algorithms import Algorithm, MoreauEnvelope, Reptile, adapted_losses
from ..arrays import Array
from ..datasets import RegressionGroups
from ..inner_loop import InnerLoop
from ..tasks import Tasks
from .settings import Settings
from .solve import Solution

__all__ = ["KINDS", "TOLERANCE", "Check", "check", "row_losses"]

TOLERANCE = 1e-10

KINDS = {
    "fixed point": "the simulated meta-gradient at the fixed point, relative to |M||θ| + |v|",
    "meta-gradient": "closed form minus simulated at four points, relative to the size of its terms",
    "loss after adaptation": "closed form minus simulated, relative to the size of its terms, the worst task",
    "outer loop": "closed form minus simulated over the outer steps, relative to the largest point",
}


@dataclass(frozen=True)
class Check:
    """One closed form held against the simulator; ``difference`` is relative, None where it is no number."""

    algorithm: str
    kind: str
    difference: float | None
    tolerance: float = TOLERANCE

    @property
    def passed(self) -> bool:
        """Whether the difference is a number within the tolerance."""
        return self.difference is not None and self.difference <= self.tolerance


def check(
    solutions: list[Solution],
    tasks: Tasks,
    groups: RegressionGroups,
    settings: Settings,
    step: Callable[[str], None],
) -> list[Check]:
    """Every check of every solution; ``step`` is called with a name before each solution."""
    checks = []
    for solution in solutions:
        step(f"checking {solution.name}")
        loops: list[InnerLoop] = [settings.inner]
        if solution.algorithm is not None:
            loops.append(solution.algorithm.loop)
            checks += _check_algorithm(solution.name, solution.algorithm, solution.theta, tasks, settings)
        if solution.theta is not None:
            differences = [_loss_difference(loop, tasks, groups, solution.theta, settings.ridge) for loop in loops]
            checks.append(Check(solution.name, "loss after adaptation", _worst(differences)))
    return checks


def _check_algorithm(
    name: str, algorithm: Algorithm, theta: Array | None, tasks: Tasks, settings: Settings
) -> list[Check]:
    field = algorithm.field(tasks)
    M, v = field.matrix, field.rhs
    checks = []
    if theta is not None:
        residual = np.linalg.norm(simulate.meta_gradient(algorithm, tasks, theta))
        terms = np.linalg.norm(M, 2) * np.linalg.norm(theta) + np.linalg.norm(v)
        checks.append(Check(name, "fixed point", _relative(residual, terms)))
    differences = []
    for point in _points(tasks.dim):
        simulated = simulate.meta_gradient(algorithm, tasks, point)
        size = _gradient_size(algorithm, tasks, point)
        for closed in (algorithm.meta_gradient(tasks, point), field(point)):
            differences.append(_relative(np.linalg.norm(closed - simulated), size))
    checks.append(Check(name, "meta-gradient", _worst(differences)))
    lr = 1 / max(float(np.linalg.norm(M, 2)), 1e-300)
    start = np.ones(tasks.dim)
    walked = simulate.meta_train(algorithm, tasks, start, lr, settings.outer_steps)
    closed = np.stack([start, *(field.descend(start, lr, t) for t in range(1, settings.outer_steps + 1))])
    difference = np.linalg.norm(closed - walked, axis=1).max()
    checks.append(Check(name, "outer loop", _relative(difference, np.linalg.norm(walked, axis=1).max())))
    return checks


def _points(d: int) -> Array:
    """Four points at which meta-gradients are compared: the origin, and three that do not depend on chance."""
    waves = np.cos(np.outer([1.0, 2.0, 3.0], np.arange(1, d + 1)))
    return np.concatenate([np.zeros((1, d)), waves * np.array([[0.1], [1.0], [10.0]])])


def _gradient_size(algorithm: Algorithm, tasks: Tasks, theta: Array) -> float:
    """The size of the terms of a meta-gradient: ``sum w |J| (|A||phi| + |h|)``, or ``sum w (|theta| + |phi|)``."""
    phi = np.linalg.norm(simulate.adapt(tasks.support, algorithm.loop, theta), axis=1)
    if isinstance(algorithm, (Reptile, MoreauEnvelope)):
        strength = getattr(algorithm, "strength", 1.0)
        return float(strength * (tasks.weights @ (np.linalg.norm(theta) + phi)))
    jacobians = np.linalg.norm(algorithm.jacobians(tasks), 2, axis=(1, 2))
    hessians = np.linalg.norm(tasks.query.hessian, 2, axis=(1, 2))
    return float(tasks.weights @ (jacobians * (hessians * phi + np.linalg.norm(tasks.query.linear, axis=1))))


def row_losses(groups: RegressionGroups, phi: Array, ridge: float) -> Array:
    """The query loss of each task at its own point ``phi[i]``, from the rows of the data."""
    return np.array(
        [
            ((X @ point - y) ** 2).mean() / 2 + ridge / 2 * point @ point
            for (_, _, X, y), point in zip(groups, phi, strict=True)
        ]
    )


def _loss_difference(
    loop: InnerLoop, tasks: Tasks, groups: RegressionGroups, theta: Array, ridge: float
) -> float | None:
    phi = simulate.adapt(tasks.support, loop, theta)
    difference = np.abs(adapted_losses(tasks, theta, loop) - row_losses(groups, phi, ridge))
    sizes = [
        (np.linalg.norm(X) * np.linalg.norm(point) + np.linalg.norm(y)) ** 2 / (2 * len(y)) + ridge / 2 * point @ point
        for (_, _, X, y), point in zip(groups, phi, strict=True)
    ]
    return _worst([_relative(*pair) for pair in zip(difference, sizes, strict=True)])


def _relative(difference: Any, size: Any) -> float | None:
    """The quotient of two sizes; None where it is no number."""
    if not (np.isfinite(difference) and np.isfinite(size)):
        return None
    return float(difference / size) if size > 0 else (0.0 if difference == 0 else None)


def _worst(differences: list[float | None]) -> float | None:
    return None if None in differences else max(each for each in differences if each is not None)
