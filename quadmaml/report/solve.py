"""The solutions of a report: every start in closed form, and its losses."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from .. import linalg
from ..algorithms import Algorithm, adapted_losses
from ..analysis import unstable_tasks
from ..arrays import Array
from ..errors import IllConditionedWarning, SingularError, UnstableStepWarning
from ..evaluation import MEAN_OF_OPTIMA
from ..field import AffineField
from ..meta_algorithm import Pair
from ..tasks import Tasks
from .settings import Settings

__all__ = ["Solution", "collected", "solve"]


@dataclass(frozen=True, eq=False)
class Solution:
    """Where one algorithm ends, and what comes of starting there.

    Parameters
    ----------
    name : str
        The name of the algorithm, or of a start that is no algorithm's.
    algorithm : Algorithm or None
        The algorithm, None for the mean of optima.
    theta : array, shape (d,), or None
        The start; None if there is none.
    note : str
        What kind of point it is.
    condition : float or None
        The condition number of M.
    losses, losses_before : array, shape (n,), or None
        The query loss of each task, after adapting from theta and at theta.
    """

    name: str
    algorithm: Algorithm | None
    theta: Array | None
    note: str
    condition: float | None = None
    losses: Array | None = None
    losses_before: Array | None = None


@contextmanager
def collected(into: list[str], name: str) -> Iterator[None]:
    """Gather the package's warnings as texts that begin with a name; others are passed on."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for warning in caught:
        if issubclass(warning.category, (IllConditionedWarning, UnstableStepWarning)):
            text = f"{name}: {warning.message}"
            if text not in into:
                into.append(text)
        else:
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)


def solve(
    tasks: Tasks, table: Mapping[str, Algorithm], settings: Settings, step: Callable[[str], None]
) -> tuple[list[Solution], list[str]]:
    """Every algorithm's solution and the mean of the optima, and the warnings that arose.

    ``step`` is called with a name before each of them.
    """
    found: list[str] = []
    with collected(found, "Adaptation"):
        unstable_tasks(settings.inner, tasks.support)
    solutions = []
    for name, algorithm in table.items():
        step(f"solving {name}")
        with collected(found, name):
            solutions.append(_solve_one(name, algorithm, tasks, settings))
    step("solving " + MEAN_OF_OPTIMA)
    solutions.append(_mean_of_optima(tasks, settings))
    return solutions, found


def _solve_one(name: str, algorithm: Algorithm, tasks: Tasks, settings: Settings) -> Solution:
    if algorithm.loop != settings.inner:
        unstable_tasks(algorithm.loop, tasks.support)
    field = algorithm.field(tasks)
    condition = linalg.condition_number(field.matrix)
    try:
        theta, note = algorithm.fixed_point(tasks), _kind_of_point(algorithm, field)
    except SingularError as error:
        rank = f"M has rank {error.rank} of {tasks.dim}"
        try:
            theta, note = field.zero(minimum_norm=True), f"not the only one: {rank}; the one of least norm"
        except SingularError:
            return Solution(name, algorithm, None, f"there is none: {rank}, and v is outside its range", condition)
    return Solution(name, algorithm, theta, note, condition, *_losses(tasks, theta, settings))


def _kind_of_point(algorithm: Algorithm, field: AffineField) -> str:
    values = np.real(field.spectrum())
    gradient = field.is_gradient()
    if values.min() < -1e-12 * np.abs(values).max():
        return "a saddle: gradient steps lead away from it" if gradient else "repelling: its steps lead away from it"
    if not gradient:
        return "zero of a field that is the gradient of no loss"
    own = isinstance(algorithm, Pair) and algorithm.rule == algorithm.loop
    return "minimum of its meta-loss" if own else "minimum of a potential"


def _losses(tasks: Tasks, theta: Array, settings: Settings) -> tuple[Array, Array]:
    return adapted_losses(tasks, theta, settings.inner), tasks.query(theta)


def _mean_of_optima(tasks: Tasks, settings: Settings) -> Solution:
    try:
        theta = tasks.mean_minimizer()
    except SingularError:
        return Solution(MEAN_OF_OPTIMA, None, None, "there is none: a task has no single optimum")
    return Solution(MEAN_OF_OPTIMA, None, theta, "a baseline", None, *_losses(tasks, theta, settings))
