"""The laws on fixed problems, where they hold for the library and fail for its twins."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from quadmaml import AffineField, AffineMap, Quadratic, Tasks

from ..laws import checks, fixed


def in_floats(x: Any) -> Any:
    return np.asarray(x, dtype=float)


THETA = in_floats(fixed.theta())


def map_laws(*names: str) -> Callable[[], None]:
    """The map of these loops against the simulator, on singular curvature too."""

    def laws() -> None:
        for name in names:
            checks.map_is_what_the_steps_do(fixed.loops()[name], fixed.tasks(in_floats).support, THETA)

    return laws


def residual_law(name: str) -> Callable[[], None]:
    return lambda: checks.map_is_the_residual_at_eigenvalues(fixed.loops()[name], fixed.tasks(in_floats).support)


def optimum_law(name: str) -> Callable[[], None]:
    support = fixed.tasks(in_floats).support[:2]

    def law() -> None:
        checks.map_contracts_towards_the_optimum(fixed.loops()[name], support, support.minimizer(), THETA)

    return law


Law = Callable[[Any, Tasks], None]


def meta_gradient_law(algorithm: Any, tasks: Tasks) -> None:
    checks.meta_gradient_is_back_propagated(algorithm, tasks, THETA)


def objective_law(algorithm: Any, tasks: Tasks) -> None:
    checks.objective_is_the_mean_adapted_loss(algorithm, tasks, THETA)


def gradient_law(algorithm: Any, tasks: Tasks) -> None:
    checks.objective_has_the_field_as_gradient(algorithm, tasks, THETA)


def outer_law(algorithm: Any, tasks: Tasks) -> None:
    checks.outer_steps_follow_the_closed_form(algorithm, tasks, THETA, 0.1, 4)


def weight_law(algorithm: Any, tasks: Tasks) -> None:
    c = np.asarray([[1.0, -2.0, 0.5], [3.0, 1.0, 2.0]])
    curved = Tasks(Quadratic.from_minimizer(tasks.support.hessian[:2], c), None, tasks.weights[:2])
    checks.field_is_a_weighted_curvature(algorithm, curved, c)


def solved_law(algorithm: Any, tasks: Tasks) -> None:
    checks.fixed_point_solves(algorithm, tasks[:2])


def algorithm_law(law: Law, name: str, inner: str = "gradient descent", *, split: bool = True) -> Callable[[], None]:
    def holds() -> None:
        law(fixed.algorithms(fixed.loops()[inner])[name], fixed.tasks(in_floats, split=split))

    return holds


def refused_potential() -> None:
    M = np.asarray([[Fraction(2), Fraction(1)], [Fraction(0), Fraction(2)]])
    checks.potential_is_found_exactly_where_there_is_one(AffineField(M, M[0]), M[0])


def composition_law() -> None:
    P, s = fixed.hessians(), fixed.linears()
    checks.composition_is_one_after_the_other(AffineMap(P[0], s[0]), AffineMap(P[1], s[1]), fixed.theta())


def pull_back_law() -> None:
    P, s = fixed.hessians(), fixed.linears()
    checks.pull_back_is_the_value_at_the_image(Quadratic(P[0], s[0], s[0, 0]), AffineMap(P[1], s[1]), fixed.theta())


def least_squares_law() -> None:
    X = np.asarray([[1.0, 2.0], [0.0, -1.0], [2.0, 0.5]])
    checks.least_squares_is_half_the_mean_square(X, np.asarray([1.0, -2.0, 3.0]), 0.25, np.asarray([0.5, 2.0]))


def forward_error_law() -> None:
    exact, number = fixed.tasks(np.asarray)[:2], lambda x: x
    algorithm = fixed.algorithms(fixed.loops()["gradient descent"])["MAML"]
    rational = fixed.algorithms(fixed.loops(number)["gradient descent"], number)["MAML"]
    checks.fixed_point_is_the_exact_one(algorithm, fixed.tasks(in_floats)[:2], rational, exact)
