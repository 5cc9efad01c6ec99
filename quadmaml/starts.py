"""One start for new tasks: solve it on grouped data, save and load it, adapt it to a task and predict."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import adaptation, algorithms, arrays
from .adaptation import NoAdaptation
from .algorithms import Algorithm
from .analysis import as_numpy, unstable_tasks
from .arrays import Array
from .datasets import RegressionGroups
from .datasets.saved import load_arrays, save_arrays
from .datasets.table import Table
from .errors import ConvergenceError, InputError, check_number, check_steps
from .inner_loop import InnerLoop
from .meta_algorithm import check_loop
from .quadratic import Quadratic
from .tasks import Tasks

if TYPE_CHECKING:
    from os import PathLike

__all__ = ["Adapted", "Start", "adapt", "predictions", "solve"]

FORMAT = "quadmaml start 1"
NO_SCALE = (0.0, 1.0)


@dataclass(frozen=True, eq=False)
class Start:
    """Where an algorithm ends, and all that is needed to adapt from there.

    Parameters
    ----------
    theta : array, shape (d,)
        The start, for standardised columns where the data were standardised.
    algorithm : Algorithm
        Whose fixed point it is.
    inner : InnerLoop
        How a new task adapts from it.
    ridge : float
        The penalty in the loss of a task, >= 0.
    features : tuple of str
        The d names of the coefficients, the first ``"intercept"`` if there is one.
    target, task : str
        The names of the target, and of the column that names the tasks.
    scales : mapping of str to (float, float)
        Of each feature and the target, what was subtracted and by what it was divided.
    source : str
        Where the data came from.
    tasks : int
        Of how many tasks it was made.
    """

    theta: Array
    algorithm: Algorithm
    inner: InnerLoop
    ridge: float
    features: tuple[str, ...]
    target: str
    task: str
    scales: Mapping[str, tuple[float, float]]
    source: str
    tasks: int

    @property
    def intercept(self) -> bool:
        """Whether the first coefficient is that of a column of ones."""
        return self.features[:1] == ("intercept",)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of the columns that explain the target."""
        return self.features[1:] if self.intercept else self.features

    def in_data_units(self, theta: Array) -> Array:
        """Coefficients in the units of the data, of coefficients for standardised columns; both ``(d,)``."""
        import numpy as np

        shift, scale = self.scales.get(self.target, NO_SCALE)
        means, deviations = np.array([self.scales.get(name, NO_SCALE) for name in self.inputs]).T
        slopes = scale * (theta[1:] if self.intercept else theta) / deviations
        return np.concatenate([[shift + scale * theta[0] - slopes @ means], slopes]) if self.intercept else slopes

    def save(self, path: str | PathLike[str]) -> None:
        """Write the start to a ``.npz`` file, which is complete or not there; OSError if it cannot be written."""
        metadata = {
            "format": FORMAT,
            "algorithm": _described(self.algorithm),
            "inner": _described(self.inner),
            **{name: getattr(self, name) for name in ("ridge", "features", "target", "task", "source", "tasks")},
            "scales": {name: list(pair) for name, pair in self.scales.items()},
        }
        save_arrays(path, metadata, {"theta": self.theta})

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Start:
        """The start in a file that :meth:`save` wrote; InputError if it is no such file. Nothing pickled is read."""
        metadata, content = load_arrays(path)
        if metadata.get("format") != FORMAT or "theta" not in content:
            raise InputError(f"{path}: holds no start; expected a file of quadmaml solve")
        try:
            features = _names(metadata["features"], str(metadata["target"]))
            scales = {str(name): (float(m), float(s)) for name, (m, s) in metadata["scales"].items()}
            made = cls(
                theta=arrays.check_finite("theta", arrays.coerce(theta=content["theta"])[0].astype(float)),
                algorithm=_made(metadata["algorithm"], algorithms, Algorithm),
                inner=_made(metadata["inner"], adaptation, InnerLoop),
                ridge=check_number("ridge", metadata["ridge"], at_least=0),
                scales=scales,
                features=features,
                **{name: str(metadata[name]) for name in ("target", "task", "source")},
                tasks=check_steps("tasks", metadata["tasks"], at_least=1),
            )
        except InputError as error:
            raise InputError(f"{path}: {error}") from None
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(f"{path}: its metadata lack or garble {error}; expected those of quadmaml solve") from None
        if made.theta.shape != (len(features),):
            raise InputError(f"{path}: theta has shape {made.theta.shape}; expected ({len(features)},)")
        if not all(math.isfinite(m) and 0 < s < math.inf for m, s in scales.values()):
            raise InputError(f"{path}: a scale is no finite number > 0, or a mean not finite; expected both")
        return made


@dataclass(frozen=True, eq=False)
class Adapted:
    """A start adapted to one task.

    Parameters
    ----------
    theta : array, shape (d,)
        The adapted point, for standardised columns.
    coefficients : array, shape (d,)
        The same in the units of the data.
    predictions : array, shape (m,)
        Of the target at the rows asked for, in the units of the data.
    """

    theta: Array
    coefficients: Array
    predictions: Array


def solve(
    data: Tasks | RegressionGroups, algorithm: Algorithm, inner: InnerLoop | None = None, *, ridge: float = 1e-3
) -> Start:
    """Where an algorithm ends on grouped data, with all that is needed to adapt from there.

    Parameters
    ----------
    data : Tasks or RegressionGroups
        At least one task.
    algorithm : Algorithm
        Whose fixed point to take.
    inner : InnerLoop, optional
        How new tasks adapt; by default the algorithm's own loop, which for joint training is none.
    ridge : float
        The penalty in the losses of regression groups, >= 0.

    Raises
    ------
    InputError
        For wrong arguments.
    SingularError
        If the algorithm has no single fixed point.

    Examples
    --------
    >>> from quadmaml import MAML, GradientDescent
    >>> from quadmaml.datasets import grunfeld, regression_groups
    >>> groups = regression_groups(grunfeld(), "firm", "invest", ["value", "capital"])
    >>> start = solve(groups, MAML(GradientDescent(lr=0.05, steps=5)))
    >>> start.features, start.tasks
    (('intercept', 'value', 'capital'), 11)
    """
    if not isinstance(data, (Tasks, RegressionGroups)):
        raise InputError(f"data: got {type(data).__name__}; expected Tasks or RegressionGroups")
    if not isinstance(algorithm, Algorithm):
        raise InputError(f"algorithm: got {algorithm!r}; expected an algorithm such as MAML(inner)")
    inner = algorithm.loop if inner is None else check_loop(inner)
    if isinstance(data, Tasks):
        theta = algorithm.fixed_point(as_numpy(data))
        names = tuple(f"x{j + 1}" for j in range(data.dim))
        return Start(theta, algorithm, inner, 0.0, names, "y", "task", {}, "tasks", len(data))
    theta = algorithm.fixed_point(data.tasks(ridge))
    return Start(
        theta, algorithm, inner, float(ridge), data.features, data.target, data.task, dict(data.scales), data.source,
        len(data),
    )  # fmt: skip


def adapt(start: Start, X: Any, y: Any, X_new: Any = None) -> Adapted:
    """Adapt a start to a new task and predict.

    Parameters
    ----------
    start : Start
        As of :func:`solve`, or loaded from a file.
    X, y : arrays, shapes (m, p) and (m,)
        The rows to adapt on, in the units of the data, one column for each of ``start.inputs``; no column of ones.
    X_new : array, shape (k, p), optional
        The rows to predict; by default those of X.

    Raises
    ------
    InputError
        For shapes that do not fit and numbers that are not finite.

    Warns
    -----
    UnstableStepWarning
        If the step is beyond its bound of stability on this task.

    Examples
    --------
    >>> from quadmaml import Joint, Proximal, Tasks
    >>> start = solve(Tasks.from_minimizers([[[1.0]], [[3.0]]], [[0.0], [4.0]]), Joint(), Proximal(1.0))
    >>> adapt(start, [[1.0], [1.0]], [5.0, 5.0], [[2.0]]).predictions.tolist()     # halfway from 3 to 5, times 2
    [8.0]
    """
    if not isinstance(start, Start):
        raise InputError(f"start: got {type(start).__name__}; expected a Start, as of solve")
    X, y = _rows("X", X, start), arrays.coerce(y=y)[0]
    if y.shape != X.shape[:1] or not len(y):
        raise InputError(
            f"y: has shape {tuple(y.shape)}; expected ({len(X)},), one target for each of at least one row"
        )
    shift, scale = start.scales.get(start.target, NO_SCALE)
    task = _task(_standardised(X, start), (y - shift) / scale, start.ridge)
    if not isinstance(start.inner, NoAdaptation):
        unstable_tasks(start.inner, task)
    new = X if X_new is None else _rows("X_new", X_new, start)
    theta = start.inner.map(task)(start.theta)
    predicted = shift + scale * (_standardised(new, start) @ theta)
    if not arrays.is_finite(predicted):
        raise ConvergenceError("adaptation diverges on this task: its predictions overflow; expected smaller steps")
    return Adapted(theta, start.in_data_units(theta), predicted)


def predictions(start: Start, table: Table) -> Table:
    """A table with one more column, the predicted target: each task adapts on its rows in which the target is given.

    Rows whose target is empty are predicted only. Without the column that names the tasks all rows are one task.

    Raises
    ------
    InputError
        For a missing column, a cell that is no number, and a task without any row to adapt on.
    """
    import numpy as np

    cells = table.column(start.target)
    column = f"predicted {start.target}"
    if column in table.columns:
        raise InputError(f"{table.source}: has a column {column!r}; expected it to be free for the predictions")
    inputs = np.column_stack([table.numbers(name) for name in start.inputs])
    out = np.empty(len(table))
    for name, rows in _rows_of_tasks(start, table).items():
        what = f"{table.source}: task {name!r}" if start.task in table.columns else table.source
        known = [row for row in rows if cells[row]]
        if not known:
            raise InputError(f"{what} has no row with {start.target!r} given; expected at least one to adapt on")
        y = np.array([table.number(start.target, row) for row in known])
        try:
            out[rows] = adapt(start, inputs[known], y, inputs[rows]).predictions
        except (InputError, ConvergenceError) as error:
            raise type(error)(f"{what}: {error}") from None
    return Table({**table.columns, column: [repr(float(x)) for x in out]}, table.lines, table.source)


def _task(X: Array, y: Array, ridge: float) -> Quadratic:
    import numpy as np

    with np.errstate(over="ignore", invalid="ignore"):
        task = Quadratic.from_least_squares(X, y, ridge)
    if not np.isfinite(task.hessian).all():
        raise InputError("X: its squares overflow; expected numbers nearer to those that the start was made from")
    return task


def _rows_of_tasks(start: Start, table: Table) -> dict[str, list[int]]:
    """The rows of each task by its name; without the column that names tasks all rows are one task, named ''."""
    rows: dict[str, list[int]] = {}
    for row, name in enumerate(table.columns.get(start.task, [""] * len(table))):
        if not name and start.task in table.columns:
            raise InputError(
                f"{table.source}, line {table.lines[row]}: column {start.task!r} is empty; expected a task name"
            )
        rows.setdefault(name, []).append(row)
    return rows


def _names(features: Any, target: str) -> tuple[str, ...]:
    """The names of the coefficients in a file."""
    names = tuple(features) if isinstance(features, list) else ()
    inputs = names[1:] if names[:1] == ("intercept",) else names
    sound = all(isinstance(name, str) for name in names) and len({*inputs, target}) == len(inputs) + 1
    if not inputs or not sound:
        raise InputError(f"features: got {features!r}; expected a list of different names, none of them the target's")
    return names


def _rows(name: str, X: Any, start: Start) -> Array:
    X = arrays.coerce(**{name: X})[0]
    if X.ndim != 2 or X.shape[1] != len(start.inputs):
        raise InputError(
            f"{name}: has shape {tuple(X.shape)}; expected (rows, {len(start.inputs)}), a column for each input"
        )
    return X


def _standardised(X: Array, start: Start) -> Array:
    import numpy as np

    means, deviations = np.array([start.scales.get(name, NO_SCALE) for name in start.inputs]).T
    columns = (X - means) / deviations
    return np.column_stack([np.ones(len(X)), columns]) if start.intercept else columns


def _described(item: Any) -> Any:
    """An algorithm or a loop as plain names and numbers."""
    if dataclasses.is_dataclass(item):
        fields = {field.name: _described(getattr(item, field.name)) for field in dataclasses.fields(item)}
        return {"name": type(item).__name__, **fields}
    if isinstance(item, (list, tuple)):
        return [_described(each) for each in item]
    if arrays.is_array(item):
        return arrays.to_numpy(arrays.as_float(item)).tolist()
    return item if isinstance(item, (bool, int, str, type(None))) else float(item)


def _made(description: Any, module: Any, kind: type) -> Any:
    """The algorithm or loop that :func:`_described` described; only names that the module lists are looked up."""
    name, fields = description["name"], {key: value for key, value in description.items() if key != "name"}
    found = getattr(module, name, None) if name in module.__all__ else None
    if not (isinstance(found, type) and issubclass(found, kind)):
        raise InputError(f"metadata: holds the name {name!r}; expected an inner loop or algorithm of quadmaml")
    loops = {key: _made(value, adaptation, InnerLoop) for key, value in fields.items() if isinstance(value, dict)}
    return found(**{**fields, **loops})
