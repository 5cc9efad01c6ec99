"""Groups of rows as regression tasks: made from a table, standardised, and turned into quadratics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from ..arrays import Array
from ..errors import InputError, check_number
from ..quadratic import Quadratic
from ..tasks import Tasks
from .support import SupportRule, support_rule
from .table import Table

__all__ = ["RegressionGroups", "regression_groups"]

INTERCEPT = "intercept"
NO_SCALE = (0.0, 1.0)


@dataclass(frozen=True, eq=False)
class RegressionGroups:
    """Groups of rows as linear regression tasks; iterating gives ``(X_support, y_support, X_query, y_query)``.

    Parameters
    ----------
    names : tuple of str
        The name of each task.
    groups : tuple of tuples of four arrays
        For each task X of shape ``(m, d)`` and y of shape ``(m,)``, of the support and of the query part.
    features : tuple of str
        The d names of the coefficients, the first ``"intercept"`` if there is one.
    target : str
        The name of the target.
    scales : mapping of str to (float, float)
        Of each feature and the target, what was subtracted and by what it was divided.
    source : str
        Where the rows come from.
    intercept, standardised : bool
        Whether the first column is ones, and whether the other columns and the target were standardised.
    task : str
        The name of the column that names the tasks.
    split : str
        In words, which rows of a task are its support.
    left_out : int
        How many tasks were left out because they had no row for one of the two parts.
    """

    names: tuple[str, ...]
    groups: tuple[tuple[Array, Array, Array, Array], ...]
    features: tuple[str, ...]
    target: str
    scales: Mapping[str, tuple[float, float]]
    source: str
    intercept: bool = True
    standardised: bool = True
    task: str = "task"
    split: str = "the first half of the rows"
    left_out: int = 0

    def __len__(self) -> int:
        return len(self.groups)

    def __iter__(self) -> Iterator[tuple[Array, Array, Array, Array]]:
        return iter(self.groups)

    def tasks(self, ridge: float = 0.0) -> Tasks:
        """The tasks with losses ``1/(2m) |X theta - y|^2 + ridge/2 |theta|^2``, equally weighted."""
        support = _quadratics([group[:2] for group in self.groups], ridge)
        if all(_same(x, xq) and _same(y, yq) for x, y, xq, yq in self.groups):
            return Tasks(support)
        return Tasks(support, _quadratics([group[2:] for group in self.groups], ridge))

    def select(self, members: Sequence[int]) -> RegressionGroups:
        """Some of the tasks, by their numbers; the standardisation stays as it is."""
        chosen = _members(members, len(self))
        return replace(self, names=tuple(self.names[i] for i in chosen), groups=tuple(self.groups[i] for i in chosen))

    def rescaled(self, members: Sequence[int]) -> RegressionGroups:
        """All the tasks, standardised anew by the rows of some of them, so that the others have no say in it.

        A column that does not vary in those rows keeps its scale. Groups that are not standardised stay as they are.

        Examples
        --------
        >>> from quadmaml.datasets import grunfeld
        >>> groups = regression_groups(grunfeld(), "firm", "invest", ["value"]).rescaled(range(10))
        >>> import numpy as np
        >>> rows = np.concatenate([np.concatenate([y, yq]) for _, y, _, yq in groups.groups[:10]])
        >>> print(f"{abs(rows.mean()):.6f} {rows.std():.6f}")
        0.000000 1.000000
        """
        if not self.standardised:
            return self
        import numpy as np

        X, y, bounds = self._stacked
        inside = np.zeros(len(self), dtype=bool)
        inside[_members(members, len(self))] = True
        chosen = np.repeat(inside, np.diff(bounds[::2]))
        columns = np.column_stack([X, y])
        shift, scale = _moments(columns[chosen], centred=self.intercept)
        if self.intercept:
            shift[0], scale[0] = NO_SCALE
        columns = (columns - shift) / scale
        parts = np.split(columns, bounds[1:-1])
        groups = tuple((s[:, :-1], s[:, -1], q[:, :-1], q[:, -1]) for s, q in zip(parts[::2], parts[1::2], strict=True))
        scales = {
            name: (mean + deviation * float(m), deviation * float(s))
            for name, (mean, deviation), m, s in zip(*self._columns, shift, scale, strict=True)
            if name in self.scales
        }
        return replace(self, groups=groups, scales=scales)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of the columns that explain the target."""
        return self.features[1:] if self.intercept else self.features

    def in_data_units(self, theta: Array) -> Array:
        """Coefficients in the units of the data, of coefficients theta for standardised columns; both ``(..., d)``."""
        import numpy as np

        theta = np.asarray(theta)
        target_mean, target_scale = self.scales.get(self.target, NO_SCALE)
        means, scales = np.array([self.scales.get(name, NO_SCALE) for name in self.inputs]).T
        slopes = target_scale * (theta[..., 1:] if self.intercept else theta) / scales
        if not self.intercept:
            return slopes
        first = target_mean + target_scale * theta[..., 0] - slopes @ means
        return np.concatenate([first[..., None], slopes], axis=-1)

    @property
    def unit(self) -> float:
        """The number by which the target was divided."""
        return self.scales.get(self.target, NO_SCALE)[1]

    @cached_property
    def _stacked(self) -> tuple[Array, Array, Array]:
        """All rows, task by task and support before query, and where each part begins and the last ends."""
        import numpy as np

        X = np.concatenate([group[i] for group in self.groups for i in (0, 2)])
        y = np.concatenate([group[i] for group in self.groups for i in (1, 3)])
        return X, y, np.cumsum([0, *(len(group[i]) for group in self.groups for i in (1, 3))])

    @property
    def _columns(self) -> tuple[tuple[str, ...], list[tuple[float, float]]]:
        names = (*self.features, self.target)
        return names, [self.scales.get(name, NO_SCALE) for name in names]


def regression_groups(
    table: Table,
    task: str,
    target: str,
    features: Sequence[str],
    support: int | float | str | None = None,
    *,
    intercept: bool = True,
    standardise: bool = True,
    drop_small: bool = False,
) -> RegressionGroups:
    """Each group of rows with one value in the ``task`` column as a linear regression task.

    Features and target are standardised to mean 0 and standard deviation 1 over all rows (without an intercept they are
    divided by their root mean square), and an intercept column of ones is put first.

    Parameters
    ----------
    table : Table
        The rows.
    task, target : str
        The columns that name the task, and the target of the regression.
    features : sequence of str
        The columns that explain the target, at least one.
    support : int, float or str, optional
        Which rows of each task are its support, the others being its query: see :func:`support_rule`. By default the
        first half of its rows, in the order of the table, rounded down.
    intercept, standardise : bool
        Whether to add the column of ones, and whether to standardise.
    drop_small : bool
        Leave out tasks that have no row for one of the two parts, instead of refusing them.

    Raises
    ------
    InputError
        For a missing or repeated column, a cell that is no finite number, a constant column, a task whose name is
        empty, and a task without a support row or without a query row.

    Examples
    --------
    >>> from quadmaml.datasets import grunfeld
    >>> groups = regression_groups(grunfeld(), "firm", "invest", ["value", "capital"])
    >>> len(groups), groups.names[0], groups.features, [part.shape for part in groups.groups[0]]
    (11, 'General Motors', ('intercept', 'value', 'capital'), [(10, 3), (10,), (10, 3), (10,)])
    """
    import numpy as np

    _check_columns(table, task, target, features)
    rule = support_rule(support)
    parts, left_out = _split(table, task, rule, drop_small)
    kept = np.array(sorted(row for pair in parts.values() for part in pair for row in part))
    columns, scales = {}, {}
    for name in (*features, target):
        columns[name], scales[name] = _column(table, name, kept, standardise, intercept)
    X = np.column_stack([*([np.ones(len(table))] if intercept else []), *(columns[name] for name in features)])
    y = columns[target]
    return RegressionGroups(
        names=tuple(parts),
        groups=tuple((X[s], y[s], X[q], y[q]) for s, q in parts.values()),
        features=(INTERCEPT, *features) if intercept else tuple(features),
        target=target,
        scales=scales,
        source=table.source,
        intercept=intercept,
        standardised=standardise,
        task=task,
        split=rule.words,
        left_out=left_out,
    )


def _same(part: Array, other: Array) -> bool:
    import numpy as np

    return part is other or np.array_equal(part, other)


def _quadratics(parts: Sequence[tuple[Array, ...]], ridge: float) -> Quadratic:
    """One quadratic a task; tasks with equally many rows are computed together."""
    import numpy as np

    check_number("ridge", ridge, at_least=0)
    n, d = len(parts), parts[0][0].shape[1]
    H, h, k = np.empty((n, d, d)), np.empty((n, d)), np.empty(n)
    rows = np.array([len(y) for _, y in parts])
    for m in np.unique(rows):
        where = np.flatnonzero(rows == m)
        X, y = (np.stack([parts[i][j] for i in where.tolist()]) for j in (0, 1))
        # Squares that overflow are refused as entries that are not finite, with a name; numpy's lines say nothing more.
        with np.errstate(over="ignore", invalid="ignore"):
            f = Quadratic.from_least_squares(X, y, ridge)
        H[where], h[where], k[where] = f.hessian, f.linear, f.constant
    return Quadratic(H, h, k)


def _members(members: Sequence[int], n: int) -> list[int]:
    chosen = [int(i) for i in members]
    if not chosen or not all(-n <= i < n for i in chosen):
        raise InputError(f"members: got {chosen}; expected numbers of at least one of {n} tasks")
    return chosen


def _check_columns(table: Table, task: str, target: str, features: Sequence[str]) -> None:
    if isinstance(features, str) or not features:
        raise InputError(f"features: got {features!r}; expected a sequence of at least one column name")
    used = (task, target, *features)
    if not isinstance(table, Table):
        raise InputError(f"table: got {type(table).__name__}; expected a Table, as of read_csv")
    for name in used:
        table.column(name)
        if used.count(name) > 1:
            raise InputError(f"features: column {name!r} is used twice; expected different task, target and features")
    if INTERCEPT in features:
        raise InputError(f"features: got {INTERCEPT!r}; an intercept is added to every task, expected no such column")


def _column(
    table: Table, name: str, kept: Array, standardise: bool, centred: bool
) -> tuple[Array, tuple[float, float]]:
    """A column, standardised if that is asked for, and the two numbers by which it was."""
    import numpy as np

    x = table.numbers(name)
    # Dividing by the largest entry first keeps squares from overflowing.
    largest = float(np.max(np.abs(x)))
    unit = x / largest if largest else x
    mean, deviation = float(unit[kept].mean()), float(unit[kept].std())
    if centred and deviation <= 1e-12:
        raise InputError(f"{table.source}: column {name!r} is constant; expected a column that varies")
    if not largest:
        raise InputError(f"{table.source}: column {name!r} is zero; expected a column that varies")
    if not standardise:
        return x, NO_SCALE
    if not centred:
        mean, deviation = 0.0, float(np.sqrt((unit[kept] ** 2).mean()))
    return (unit - mean) / deviation, (largest * mean, largest * deviation)


def _moments(columns: Array, *, centred: bool) -> tuple[Array, Array]:
    """Mean and standard deviation of each column, or 0 and the root mean square; 1 where that is zero."""
    import numpy as np

    mean = columns.mean(axis=0) if centred else np.zeros(columns.shape[1])
    deviation = np.sqrt(((columns - mean) ** 2).mean(axis=0))
    return mean, np.where(deviation > 1e-12, deviation, 1.0)


def _split(table: Table, task: str, rule: SupportRule, drop_small: bool) -> tuple[dict[str, tuple[Any, Any]], int]:
    """The rows of the support and of the query of each task, tasks in the order in which they first occur."""
    members: dict[str, list[int]] = {}
    for row, name in enumerate(table.column(task)):
        if not name:
            raise InputError(f"{table.source}, line {table.lines[row]}: column {task!r} is empty; expected a task name")
        members.setdefault(name, []).append(row)
    parts = {}
    for name, rows in members.items():
        chosen = rule.choose(table, rows)
        support = [row for row, inside in zip(rows, chosen, strict=True) if inside]
        query = [row for row, inside in zip(rows, chosen, strict=True) if not inside]
        if support and query:
            parts[name] = (support, query)
        elif not drop_small:
            raise InputError(
                f"{table.source}: task {name!r} has {len(rows)} row{'s' if len(rows) > 1 else ''} and no"
                f" {'query' if support else 'support'} row; expected at least {rule.least}, some to adapt on and some"
                f" to be judged on (support: {rule.words})"
            )
    if not parts:
        raise InputError(f"{table.source}: no task has both support and query rows, support being {rule.words}")
    return parts, len(members) - len(parts)
