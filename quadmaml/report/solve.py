"""The solutions of a report: every start in closed form, its losses, and how it does on tasks left out."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from .. import linalg
from ..algorithms import Algorithm, adapted_losses
from ..analysis import leave_one_out, unstable_tasks
from ..arrays import Array
from ..datasets import RegressionGroups
from ..errors import IllConditionedWarning, QuadmamlError, SingularError, UnstableStepWarning
from ..field import AffineField
from ..meta_algorithm import Pair
from ..tasks import Tasks
from .settings import Settings

__all__ = ["MEAN_OF_OPTIMA", "Comparison", "Solution", "collected", "compare", "raw_coefficients", "solve"]

MEAN_OF_OPTIMA = "Mean of optima"
BASELINE = "Joint training"


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
    held_out : array, shape (n,), or None
        The query loss of each task after adapting from the start made without that task.
    """

    name: str
    algorithm: Algorithm | None
    theta: Array | None
    note: str
    condition: float | None = None
    losses: Array | None = None
    losses_before: Array | None = None
    held_out: Array | None = None


@dataclass(frozen=True)
class Comparison:
    """The mean over tasks of a loss minus that of joint training, with its standard error where there is one."""

    mean: float
    ratio: float | None
    standard_error: float | None

    @property
    def clear(self) -> bool:
        """Whether the difference exceeds two standard errors."""
        return self.standard_error is not None and abs(self.mean) > 2 * self.standard_error


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


def compare(solution: Solution, baseline: Solution, field: str) -> Comparison | None:
    """Compare the losses in ``field`` of two solutions, task by task; None where one has none."""
    ours, theirs = getattr(solution, field), getattr(baseline, field)
    if ours is None or theirs is None:
        return None
    difference = ours - theirs
    n, base = len(difference), float(theirs.mean())
    error = float(difference.std(ddof=1) / np.sqrt(n)) if n > 1 else None
    return Comparison(float(difference.mean()), float(ours.mean()) / base if base > 0 else None, error)


def raw_coefficients(theta: Array, groups: RegressionGroups) -> Array:
    """The coefficients in the units of the data, of coefficients for standardised columns."""
    target_mean, target_scale = groups.scales[groups.target]
    means, scales = np.array([groups.scales[name] for name in groups.features[1:]]).T
    slopes = target_scale * theta[1:] / scales
    return np.concatenate([[target_mean + target_scale * theta[0] - slopes @ means], slopes])


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
    try:
        starts = leave_one_out(algorithm, tasks)
        held_out = _each_from_its_own(tasks, starts, settings)
    except QuadmamlError as error:
        held_out, note = None, f"{note}; leaving tasks out: {error}"
    return Solution(name, algorithm, theta, note, condition, *_losses(tasks, theta, settings), held_out)


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


def _each_from_its_own(tasks: Tasks, starts: Array, settings: Settings) -> Array:
    """The query loss of task i after adapting from ``starts[i]``, shape ``(n,)``."""
    return tasks.query(settings.inner.map(tasks.support)(starts))


def _mean_of_optima(tasks: Tasks, settings: Settings) -> Solution:
    try:
        theta = tasks.mean_minimizer()
    except SingularError:
        return Solution(MEAN_OF_OPTIMA, None, None, "there is none: a task has no single optimum")
    optima, n = tasks.support.minimizer(), len(tasks)
    others = np.stack([np.delete(optima, i, axis=0).mean(axis=0) for i in range(n)])
    held_out = _each_from_its_own(tasks, others, settings)
    return Solution(MEAN_OF_OPTIMA, None, theta, "a baseline", None, *_losses(tasks, theta, settings), held_out)
