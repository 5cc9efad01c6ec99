"""From grouped data to all that a report says."""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np

from ..adaptation import GradientDescent
from ..arrays import Array
from ..datasets import RegressionGroups
from ..errors import InputError, SingularError, check_steps
from ..evaluation import Evaluation, Grid, cross_validate
from ..explanation import Explanation, explain
from ..tasks import Tasks
from .cautions import of_data, of_settings
from .checks import Check, check
from .pictures import Picture, adaptation_picture, plane_picture
from .pictures_of_evidence import difference_picture, path_picture, weight_picture
from .settings import Settings, algorithms, choose
from .solve import Solution, collected, solve

__all__ = ["Appendix", "Report", "build"]

MOST_STEPS = 1000


@dataclass(frozen=True)
class Appendix:
    """One more section at the end of the page: a title, and ready HTML that is well-formed XML."""

    title: str
    html: str


@dataclass(frozen=True, eq=False)
class Report:
    """All that a report says, before it is written.

    Parameters
    ----------
    groups, tasks, settings
        The data, the tasks made of them, and the settings.
    solutions : list of Solution
        One for each algorithm, and the mean of the optima.
    evaluation : Evaluation or None
        The cross-validation over tasks; None for fewer than three tasks.
    explanations : dict of str to Explanation
        By the name of an algorithm, why its start lies where it lies; only where each task has an optimum.
    chosen : pair of Explanation and GradientDescent, or None
        The same for MAML after the steps that the folds choose on all tasks; None where they choose nothing.
    checks : list of Check
        Each closed form held against the simulator.
    pictures : list of Picture
        The two tasks in the plane, and the losses.
    warnings : list of str
        What was warned of, one sentence each.
    notes : list of str
        What a reader should beware of in the data, one sentence each.
    versions : dict of str to str
        Of Python and of the packages that made the numbers.
    appendices : tuple of Appendix
        Sections that follow at the end of the page.
    """

    groups: RegressionGroups
    tasks: Tasks
    settings: Settings
    solutions: list[Solution]
    evaluation: Evaluation | None
    explanations: dict[str, Explanation]
    chosen: tuple[Explanation, GradientDescent] | None
    checks: list[Check]
    pictures: list[Picture]
    warnings: list[str]
    notes: list[str]
    versions: dict[str, str]
    appendices: tuple[Appendix, ...] = ()

    @property
    def failed(self) -> list[Check]:
        """The checks that did not pass."""
        return [each for each in self.checks if not each.passed]

    @property
    def optima(self) -> Array | None:
        """The optimum of each support loss, shape ``(n, d)``; None if one has no single optimum."""
        try:
            return self.tasks.support.minimizer()
        except SingularError:
            return None


def build(
    groups: RegressionGroups,
    *,
    ridge: float = 1e-3,
    lr: float | None = None,
    steps: int | None = None,
    strength: float | None = None,
    folds: int | None = None,
    seed: int = 0,
    appendices: tuple[Appendix, ...] = (),
    progress: Callable[[int, int, str], None] | None = None,
) -> Report:
    """Solve every algorithm on the groups, evaluate, explain and check, and draw the pictures.

    Parameters
    ----------
    groups : RegressionGroups
        At least two tasks.
    ridge : float
        Strength of the penalty in the loss of each task, >= 0.
    lr, steps, strength
        Step size and number of the adaptation steps, and weight of the distance to the start for iMAML and the Moreau
        envelope; by default 1/(2L), L the largest curvature of a task, 5, and 1/(lr steps). The cross-validation keeps
        to the numbers that are given, and chooses the others inside the training tasks.
    folds, seed
        Of the cross-validation, as in :func:`quadmaml.evaluation.cross_validate`.
    appendices : tuple of Appendix
        Sections to put at the end of the page.
    progress : callable, optional
        ``progress(done, total, what)`` is called before each part of the work, and once at its end.

    Raises
    ------
    InputError
        For settings out of range and for fewer than two tasks.
    """
    if not isinstance(groups, RegressionGroups):
        raise InputError(f"groups: got {type(groups).__name__}; expected RegressionGroups, as of regression_groups")
    if len(groups) < 2:
        raise InputError(f"{groups.source}: has {len(groups)} task; expected at least two different tasks")
    if steps is not None and check_steps("steps", steps, at_least=1) > MOST_STEPS:
        raise InputError(f"steps: got {steps}; expected at most {MOST_STEPS}, for the checks take each of them")
    tasks = groups.tasks(ridge)
    settings = choose(tasks.support, ridge, lr, 5 if steps is None else steps, strength)
    table = algorithms(settings)
    total, done = 2 * (len(table) + 1) + 4, 0

    def step(what: str) -> None:
        nonlocal done
        if progress is not None:
            progress(done, total, what)
        done += 1

    # Numbers too large for floats become failed checks, not messages on the way.
    with np.errstate(all="ignore"):
        solutions, found = solve(tasks, table, settings, step)
        step("cross-validating over tasks")
        evaluation = None
        if len(groups) >= 3:
            grid = Grid(_one(lr), _one(steps), _one(strength))
            evaluation = cross_validate(groups, ridge=ridge, candidates=grid.candidates, folds=folds, seed=seed)
        step("explaining the starts")
        explanations = _explanations(solutions, tasks, found)
        chosen = _chosen(evaluation, tasks)
        checks = check(solutions, tasks, groups, settings, step)
        step("drawing two tasks in the plane")
        pictures = [plane_picture(groups, settings)]
        step("drawing losses")
        pictures.append(adaptation_picture(tasks, solutions, settings))
        pictures += [weight_picture(tasks, settings), path_picture(groups, tasks, settings, found)]
        if evaluation is not None:
            pictures.insert(0, difference_picture(evaluation))
    found += of_settings(tasks, settings)
    step("done")
    notes = of_data(groups, tasks, settings, evaluation)
    return Report(
        groups, tasks, settings, solutions, evaluation, explanations, chosen, checks, pictures, found, notes,
        _versions(), appendices,
    )  # fmt: skip


def _one(given: Any) -> tuple[Any, ...] | None:
    return None if given is None else (given,)


def _explanations(solutions: list[Solution], tasks: Tasks, found: list[str]) -> dict[str, Explanation]:
    """The explanation of each solution; none where a task has no single optimum or the fixed point is not single."""
    out = {}
    for each in solutions:
        if each.algorithm is None or each.theta is None:
            continue
        try:
            with collected(found, each.name):
                out[each.name] = explain(each.algorithm, tasks)
        except (InputError, SingularError):
            continue
    return out


def _chosen(evaluation: Evaluation | None, tasks: Tasks) -> tuple[Explanation, GradientDescent] | None:
    """Why MAML's start lies where it lies, for what the folds choose on all tasks."""
    pick = evaluation.final.get("MAML") if evaluation is not None else None
    if pick is None or pick.algorithm is None or not isinstance(pick.inner, GradientDescent):
        return None
    try:
        # The conditions of the starts at the report's own settings are warned of elsewhere.
        with collected([], "MAML"):
            return explain(pick.algorithm, tasks), pick.inner
    except (InputError, SingularError):
        return None


def _versions() -> dict[str, str]:
    from .. import __version__

    packages = ("numpy", "scipy", "sympy", "matplotlib", "latex2mathml")
    return {"quadmaml": __version__, "python": platform.python_version(), **{name: version(name) for name in packages}}
