"""From grouped data to all that a report says."""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np

from ..arrays import Array
from ..datasets import RegressionGroups
from ..errors import InputError
from ..tasks import Tasks
from .checks import Check, check
from .pictures import Picture, adaptation_picture, plane_picture
from .settings import Settings, algorithms, choose
from .solve import Solution, solve

__all__ = ["Report", "build"]


@dataclass(frozen=True, eq=False)
class Report:
    """All that a report says, before it is written.

    Parameters
    ----------
    groups, tasks, settings
        The data, the tasks made of them, and the settings.
    solutions : list of Solution
        One for each algorithm, and the mean of the optima.
    checks : list of Check
        Each closed form held against the simulator.
    pictures : list of Picture
        The two tasks in the plane, and the losses.
    warnings : list of str
        What was warned of, one sentence each.
    versions : dict of str to str
        Of Python and of the packages that made the numbers.
    """

    groups: RegressionGroups
    tasks: Tasks
    settings: Settings
    solutions: list[Solution]
    checks: list[Check]
    pictures: list[Picture]
    warnings: list[str]
    versions: dict[str, str]

    @property
    def failed(self) -> list[Check]:
        """The checks that did not pass."""
        return [each for each in self.checks if not each.passed]

    @property
    def optima(self) -> Array | None:
        """The optimum of each support loss, shape ``(n, d)``; None if one has no single optimum."""
        spectra = np.linalg.eigvalsh(self.tasks.support.hessian)
        sound = (spectra[:, 0] > 1e-14 * spectra[:, -1]).all()
        return self.tasks.support.minimizer() if sound else None


def build(
    groups: RegressionGroups,
    *,
    ridge: float = 1e-3,
    lr: float | None = None,
    steps: int = 5,
    strength: float | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> Report:
    """Solve every algorithm on the groups, check each against the simulator, and draw the pictures.

    Parameters
    ----------
    groups : RegressionGroups
        At least two tasks.
    ridge : float
        Strength of the penalty in the loss of each task, >= 0.
    lr, steps, strength
        Step size and number of the adaptation steps, and weight of the distance to the start for iMAML and the Moreau
        envelope; by default 1/(2L), L the largest curvature of a task, 5, and 1/(lr steps).
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
    tasks = groups.tasks(ridge)
    settings = choose(tasks.support, ridge, lr, steps, strength)
    table = algorithms(settings)
    total, done = 2 * (len(table) + 1) + 2, 0

    def step(what: str) -> None:
        nonlocal done
        if progress is not None:
            progress(done, total, what)
        done += 1

    # Numbers too large for floats become failed checks, not messages on the way.
    with np.errstate(all="ignore"):
        solutions, found = solve(tasks, table, settings, step)
        checks = check(solutions, tasks, groups, settings, step)
        step("drawing two tasks in the plane")
        pictures = [plane_picture(groups, settings)]
        step("drawing losses")
        pictures.append(adaptation_picture(tasks, solutions, settings))
    step("done")
    return Report(groups, tasks, settings, solutions, checks, pictures, found, _versions())


def _versions() -> dict[str, str]:
    from .. import __version__

    packages = ("numpy", "scipy", "sympy", "matplotlib", "latex2mathml")
    return {"quadmaml": __version__, "python": platform.python_version(), **{name: version(name) for name in packages}}
