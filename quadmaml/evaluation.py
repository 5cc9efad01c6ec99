"""Cross-validation over tasks: does a meta-learned start pay on tasks that had no part in choosing it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .adaptation import GradientDescent, NoAdaptation
from .algorithms import FOMAML, IMAML, MAML, Algorithm, Joint, MoreauEnvelope, Reptile, TruncatedMAML
from .analysis import as_numpy, largest_stable_lr, unstable_tasks
from .arrays import Array
from .comparison import Comparison, compare
from .datasets import RegressionGroups
from .errors import InputError, UnstableStepWarning, check_number, check_steps
from .fold_starts import FoldStarts
from .inner_loop import InnerLoop
from .quadratic import Quadratic
from .tasks import Tasks

__all__ = ["BASELINE", "CHOSEN", "MEAN_OF_OPTIMA", "NO_ADAPTATION", "Candidate", "Evaluation", "Grid", "cross_validate"]

BASELINE = "Joint training"
NO_ADAPTATION = "No adaptation"
MEAN_OF_OPTIMA = "Mean of optima"
CHOSEN = "Start chosen by inner folds"


@dataclass(frozen=True)
class Candidate:
    """A way to make a start, and the adaptation that follows it.

    Parameters
    ----------
    algorithm : Algorithm or None
        Whose fixed point on the training tasks the start is; None for the mean of their optima.
    inner : InnerLoop
        How a held-out task adapts from there.
    """

    algorithm: Algorithm | None
    inner: InnerLoop


@dataclass(frozen=True)
class Grid:
    """The hyper-parameters among which inner folds choose; all starts adapt by gradient descent.

    Parameters
    ----------
    lr : tuple of float, optional
        Step sizes; by default 0.1, 0.3 and 1 divided by L, the largest support curvature of a training task.
    steps : tuple of int, optional
        Numbers of steps; by default 1, 3, 10, 30 and 100.
    strength : tuple of float, optional
        The weight lambda of iMAML and the Moreau envelope; by default 0.01, 0.1 and 1 times L.

    Examples
    --------
    >>> tasks = Tasks.from_minimizers([[[1.0]], [[4.0]]], [[0.0], [1.0]])
    >>> {name: len(found) for name, found in Grid(steps=(1, 5)).candidates(tasks).items()}["MAML"]
    6
    """

    lr: tuple[float, ...] | None = None
    steps: tuple[int, ...] | None = None
    strength: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        for name, values, check in (
            ("lr", self.lr, lambda x: check_number("lr", x, above=0)),
            ("steps", self.steps, lambda x: check_steps("steps", x, at_least=1)),
            ("strength", self.strength, lambda x: check_number("strength", x, above=0)),
        ):
            if values is None:
                continue
            if not isinstance(values, (tuple, list)) or not values:
                raise InputError(f"{name}: got {values!r}; expected a tuple of at least one number")
            object.__setattr__(self, name, tuple(map(check, values)))

    def candidates(self, training: Tasks) -> dict[str, list[Candidate]]:
        """The candidates of every start by its name, given the training tasks."""
        bound = largest_stable_lr(training.support)
        if bound == float("inf"):
            raise InputError("tasks: no training task has curvature; expected features that vary within a task")
        largest = 2 / bound
        lr = self.lr or tuple(c / largest for c in (0.1, 0.3, 1.0))
        strength = self.strength or tuple(c * largest for c in (0.01, 0.1, 1.0))
        loops = [GradientDescent(a, K) for a in lr for K in self.steps or (1, 3, 10, 30, 100)]
        return {
            BASELINE: [Candidate(Joint(), loop) for loop in loops],
            MEAN_OF_OPTIMA: [Candidate(None, loop) for loop in loops],
            "MAML": [Candidate(MAML(loop), loop) for loop in loops],
            "First-order MAML": [Candidate(FOMAML(loop), loop) for loop in loops],
            "Truncated MAML": [Candidate(TruncatedMAML(loop, (loop.steps + 1) // 2), loop) for loop in loops],
            "iMAML": [Candidate(IMAML(s), loop) for s in strength for loop in loops],
            "Reptile": [Candidate(Reptile(loop), loop) for loop in loops],
            "Moreau envelope": [Candidate(MoreauEnvelope(s), loop) for s in strength for loop in loops],
            NO_ADAPTATION: [Candidate(Joint(), NoAdaptation())],
        }


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Losses of held-out tasks after adaptation from every start, task by task.

    Parameters
    ----------
    losses : mapping of str to array, shape (n,)
        By the name of the start, the query loss of each task when it was held out, without the penalty; nan where a
        fold gave no start. One more start, ``Start chosen by inner folds``, is in each fold the one among all others
        that adapt, joint training included, that did best in the inner folds.
    folds : array of int, shape (n,)
        The fold in which each task was held out.
    chosen : mapping of str to list of Candidate or None
        By the name of the start, what the inner folds chose in each fold.
    final : mapping of str to Candidate or None
        What they choose when all tasks are training tasks: for use on new tasks.
    unstable : mapping of str to array of bool, shape (n,)
        By the name of the start, whether the step chosen without a task is beyond the bound of stability on it.
    weights : array, shape (n,)
        Weights of the tasks.
    """

    losses: Mapping[str, Array]
    folds: Array
    chosen: Mapping[str, Sequence[Candidate | None]]
    final: Mapping[str, Candidate | None]
    unstable: Mapping[str, Array]
    weights: Array

    @property
    def names(self) -> list[str]:
        """The names of the starts."""
        return list(self.losses)

    def mean(self, name: str) -> float:
        """The mean loss over tasks."""
        return float(self.weights @ self._of(name))

    def compare(self, name: str, baseline: str = BASELINE) -> Comparison | None:
        """The paired difference of a start to another, negative if it is better, with a simultaneous interval.

        The standard error takes the differences of the tasks as independent. Those of different folds share training
        tasks, and nothing in one cross-validation shows how much that adds: the error is that over tasks for starts as
        good as these, and somewhat too small as that of the whole procedure (Bengio, Grandvalet 2004: there is no
        unbiased estimator of it).
        """
        others = len(self.losses) - 1
        return compare(self._of(name), self._of(baseline), self.weights, comparisons=others)

    def _of(self, name: str) -> Array:
        if name not in self.losses:
            raise InputError(f"name: got {name!r}; expected one of {', '.join(self.losses)}")
        return self.losses[name]


def cross_validate(
    data: Tasks | RegressionGroups,
    *,
    ridge: float = 1e-3,
    candidates: Callable[[Tasks], Mapping[str, Sequence[Candidate]]] | None = None,
    folds: int | None = None,
    inner_folds: int = 5,
    seed: int = 0,
    progress: Callable[[int, int, str], None] | None = None,
) -> Evaluation:
    """Cross-validate starts over tasks, their hyper-parameters chosen inside the training tasks.

    In each fold everything that is fitted is fitted without the held-out tasks: the standardisation of the columns, the
    hyper-parameters (by cross-validation over the training tasks, in which the standardisation is that of all training
    tasks), and the start. Then each held-out task adapts on its support and is judged on its query.

    Parameters
    ----------
    data : Tasks or RegressionGroups
        At least three tasks.
    ridge : float
        Penalty in the losses of regression groups, >= 0, for making starts and adapting; it is no part of the losses
        reported, which are half mean squared errors in units of the target's standard deviation over all rows.
    candidates : callable, optional
        Gives, for the training tasks, the candidates by the name of the start, one of them ``Joint training``; by
        default ``Grid().candidates``.
    folds : int, optional
        Number of outer folds, >= 2; by default one a task up to 20 tasks, else 10, beyond 2,000 tasks 5. Task
        ``default_rng(seed).permutation(n)[j]`` is in fold ``j % folds``.
    inner_folds : int
        Number of inner folds, >= 2, dealt out among the training tasks in the same way.
    seed : int
        Of the assignment to folds.
    progress : callable, optional
        ``progress(done, total, what)`` is called before each fold.

    Raises
    ------
    InputError
        For fewer than three tasks and for numbers out of range.

    Notes
    -----
    Nested cross-validation: Varma, Simon (2006), Bias in error estimation when using cross-validation for model
    selection.

    Examples
    --------
    >>> tasks = Tasks.from_minimizers([[[1.0]]] * 4, [[0.0], [1.0], [2.0], [3.0]])     # equal curvatures
    >>> found = cross_validate(tasks)
    >>> found.compare("MAML").mean     # every algorithm ends at the mean of the optima: a theorem
    0.0
    """
    import numpy as np

    n = _number_of_tasks(data)
    folds = (n if n <= 20 else 10 if n <= 2000 else 5) if folds is None else check_steps("folds", folds, at_least=2)
    inner_folds = check_steps("inner_folds", inner_folds, at_least=2)
    candidates = Grid().candidates if candidates is None else candidates
    if not callable(candidates):
        raise InputError(f"candidates: got {candidates!r}; expected a function such as Grid().candidates")
    outer = _deal(n, min(folds, n), seed)
    total = outer.max() + 2
    losses: dict[str, Array] = {}
    chosen: dict[str, list[Candidate | None]] = {}
    unstable: dict[str, Array] = {}
    for fold in range(total - 1):
        if progress is not None:
            progress(fold, total, f"cross-validating, fold {fold + 1} of {total - 1}")
        held_out = outer == fold
        for name, each in _one_fold(data, ridge, candidates, ~held_out, inner_folds, seed).items():
            losses.setdefault(name, np.full(n, np.nan))[held_out] = each.losses[held_out]
            unstable.setdefault(name, np.zeros(n, dtype=bool))[held_out] = each.unstable[held_out]
            chosen.setdefault(name, []).append(each.pick)
    if progress is not None:
        progress(total - 1, total, "choosing on all tasks")
    final = _one_fold(data, ridge, candidates, np.ones(n, dtype=bool), inner_folds, seed)
    weights = as_numpy(data).weights if isinstance(data, Tasks) else np.full(n, 1 / n)
    return Evaluation(losses, outer, chosen, {name: each.pick for name, each in final.items()}, unstable, weights)


def _number_of_tasks(data: Any) -> int:
    if not isinstance(data, (Tasks, RegressionGroups)):
        raise InputError(f"data: got {type(data).__name__}; expected Tasks or RegressionGroups")
    if len(data) < 3:
        raise InputError(f"data: has {len(data)} tasks; expected at least three to cross-validate over")
    return len(data)


def _deal(n: int, folds: int, seed: int) -> Array:
    """The fold of each of n tasks."""
    import numpy as np

    out = np.empty(n, dtype=int)
    out[np.random.default_rng(check_steps("seed", seed)).permutation(n)] = np.arange(n) % folds
    return out


def _one_fold(
    data: Tasks | RegressionGroups,
    ridge: float,
    candidates: Callable[[Tasks], Mapping[str, Sequence[Candidate]]],
    training: Array,
    inner_folds: int,
    seed: int,
) -> dict[str, _Choice]:
    """By the name of the start, the candidate chosen within the training tasks and how all tasks do with it."""
    import numpy as np

    tasks, judge, unit = _fitted(data, ridge, np.flatnonzero(training))
    inner = np.full(len(tasks), -1)
    count = int(training.sum())
    inner[training] = _deal(count, min(inner_folds, count), seed)
    starts = FoldStarts(tasks, judge, inner)
    table = candidates(starts.training)
    if BASELINE not in table:
        raise InputError(f"candidates: has no {BASELINE!r} among {', '.join(table)}; expected it, to compare with")
    weights = tasks.weights[training]
    out: dict[str, _Choice] = {}
    # Differences in rounding errors must not choose among starts that are one point by a theorem.
    with np.errstate(all="ignore"):
        for name, options in table.items():
            found = [starts.losses(each.algorithm, each.inner) for each in options]
            means = [_score(weights, losses[training]) for losses in found]
            best = int(np.argmin(np.round(means, 12))) if means else 0
            sound = bool(means) and means[best] < np.inf
            if sound:
                beyond = _beyond(options[best].inner, tasks.support)
                out[name] = _Choice(options[best], found[best] * unit**2, beyond, round(means[best], 12))
            else:
                out[name] = _Choice(None, np.full(len(tasks), np.nan), np.zeros(len(tasks), dtype=bool), np.inf)
    best_name = min((name for name in table if name != NO_ADAPTATION), key=lambda name: out[name].score)
    return {**out, CHOSEN: out[best_name]}


@dataclass(frozen=True, eq=False)
class _Choice:
    """The candidate chosen, the losses of all tasks with it, on which its step is unstable, and its inner loss."""

    pick: Candidate | None
    losses: Array
    unstable: Array
    score: float


def _beyond(inner: InnerLoop, support: Quadratic) -> Array:
    import numpy as np

    out = np.zeros(support.linear.shape[0], dtype=bool)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnstableStepWarning)
        out[unstable_tasks(inner, support)] = True
    return out


def _score(weights: Array, losses: Array) -> float:
    mean = float(weights @ losses) / float(weights.sum())
    return mean if mean == mean else float("inf")


def _fitted(data: Tasks | RegressionGroups, ridge: float, training: Array) -> tuple[Tasks, Quadratic, float]:
    """The tasks as seen from the training tasks, the losses that judge them, and the unit of the target in these."""
    if isinstance(data, Tasks):
        tasks = as_numpy(data)
        return tasks, tasks.query, 1.0
    fitted = data.rescaled(training)
    return fitted.tasks(ridge), fitted.tasks(0.0).query, fitted.unit / data.unit
