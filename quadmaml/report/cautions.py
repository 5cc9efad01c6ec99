"""What a reader of a report should beware of: steps near or beyond a bound, lost directions, too few tasks."""

from __future__ import annotations

import numpy as np

from ..datasets import RegressionGroups
from ..evaluation import Evaluation
from ..tasks import Tasks
from .settings import Settings

__all__ = ["of_data", "of_settings", "undetermined"]

FEW = 10
NEAR = 0.1
SMALL = 1e-8


def of_settings(tasks: Tasks, settings: Settings) -> list[str]:
    """Warnings about a step near 1/L."""
    return _near(settings, np.linalg.eigvalsh(tasks.support.hessian)[:, -1])


def of_data(groups: RegressionGroups, tasks: Tasks, settings: Settings, evaluation: Evaluation | None) -> list[str]:
    """Notes on what the data can bear: few tasks, directions that none informs, tasks left out or unlike the others."""
    found = _directions(groups, tasks, settings)
    n, d = len(tasks), tasks.dim
    if n < FEW:
        found.append(f"Only {n} tasks: standard errors over so few are rough, and so are the words built on them.")
    elif n <= d:
        found.append(f"{n} tasks for {d} coefficients: a start has about as many numbers as there are tasks.")
    if evaluation is None:
        found.append("Fewer than three tasks: no cross-validation, so that nothing is said about new tasks.")
    else:
        found += _of_evaluation(groups, evaluation)
    if groups.left_out:
        found.append(f"{groups.left_out} tasks were left out, for they have no row for one of the two parts.")
    return found


def undetermined(tasks: Tasks, ridge: float) -> int:
    """The number of tasks whose support rows leave their optimum to the penalty along some direction."""
    values = np.linalg.eigvalsh(tasks.support.hessian)
    return int((values[:, 0] - ridge <= SMALL * values[:, -1]).sum()) if ridge > 0 else 0


def _near(settings: Settings, largest: np.ndarray) -> list[str]:
    products = settings.lr * largest
    near = int((np.abs(products - 1) < NEAR).sum())
    if not near:
        return []
    return [
        f"Step size times curvature is within 10 % of 1 on {near} of {len(largest)} tasks: there one step solves the"
        " steepest direction whatever the start, so that MAML hears nothing of these tasks along it."
    ]


def _directions(groups: RegressionGroups, tasks: Tasks, settings: Settings) -> list[str]:
    found = []
    for name, part in (("support", tasks.support), ("query", tasks.query)):
        mean = np.tensordot(tasks.weights, part.hessian, 1) - settings.ridge * np.eye(tasks.dim)
        values, vectors = np.linalg.eigh(mean)
        lost = vectors[:, values <= SMALL * max(values[-1], 1e-300)]
        # One sentence, however many there are: their own directions mean nothing, the space that they span does.
        order = np.argsort(-(lost**2).sum(axis=1), kind="stable")[:3].tolist()
        k = lost.shape[1]
        if k:
            what, along = ("A direction", "it") if k == 1 else (f"{k} directions of {tasks.dim}", "them")
            shown = ", ".join(groups.features[j] for j in (order[:1] if k == 1 else order))
            found.append(
                f"{what} that no task informs by its {name} rows, mostly {shown}: along {along} the penalty alone"
                " decides."
            )
        if tasks.query is tasks.support:
            break
    return found


def _of_evaluation(groups: RegressionGroups, evaluation: Evaluation) -> list[str]:
    beyond = {name: np.flatnonzero(mask) for name, mask in evaluation.unstable.items() if mask.any()}
    if not beyond:
        return []
    members = sorted({int(i) for rows in beyond.values() for i in rows})
    shown = ", ".join(groups.names[i] for i in members[:3]) + (" and others" if len(members) > 3 else "")
    return [
        f"There is more curvature on {len(members)} of {len(groups)} tasks ({shown}) than the step sizes allow that are"
        " chosen without them: held out, adaptation diverges there, and faster with more steps."
    ]
