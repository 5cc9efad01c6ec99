"""Grouped data as tasks: read a table, and make each group of its rows one linear regression task."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .arrays import Array
from .errors import InputError, check_steps
from .tasks import Tasks

if TYPE_CHECKING:
    from os import PathLike

__all__ = ["RegressionGroups", "Table", "grunfeld", "read_csv", "regression_groups"]

INTERCEPT = "intercept"


@dataclass(frozen=True, eq=False)
class Table:
    """Columns of one length, each a list of the texts in the file.

    Parameters
    ----------
    columns : mapping of str to list of str
        The columns by name.
    lines : list of int
        The line of the file on which each row ends, for messages.
    source : str
        The name of the file, for messages.
    """

    columns: Mapping[str, Sequence[str]]
    lines: Sequence[int]
    source: str = "table"

    def __len__(self) -> int:
        return len(self.lines)

    def column(self, name: str) -> Sequence[str]:
        """The texts of one column; InputError if there is none of that name."""
        if name not in self.columns:
            raise InputError(f"{self.source}: has no column {name!r}; its columns are {', '.join(self.columns)}")
        return self.columns[name]

    def numbers(self, name: str) -> Array:
        """One column as finite floats, a NumPy array of shape ``(rows,)``.

        Examples
        --------
        >>> Table({"x": ["1", "2.5e1"]}, [2, 3]).numbers("x").tolist()
        [1.0, 25.0]
        """
        import numpy as np

        cells = zip(self.column(name), self.lines, strict=True)
        return np.array([self._number(cell, name, line) for cell, line in cells], dtype=float)

    def _number(self, cell: str, name: str, line: int) -> float:
        try:
            # Python reads 1_000 as a number; in data it is a slip.
            number = math.nan if "_" in cell else float(cell)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            shown = cell if len(cell) <= 40 else cell[:37] + "..."
            raise InputError(f"{self.source}, line {line}: column {name!r} holds {shown!r}; expected a finite number")
        return number


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
        The d names of the coefficients, the first ``"intercept"``.
    target : str
        The name of the target.
    scales : mapping of str to (float, float)
        Mean and standard deviation over all rows, of each feature and the target, by which they were standardised.
    source : str
        Where the rows come from.
    """

    names: tuple[str, ...]
    groups: tuple[tuple[Array, Array, Array, Array], ...]
    features: tuple[str, ...]
    target: str
    scales: Mapping[str, tuple[float, float]]
    source: str

    def __len__(self) -> int:
        return len(self.groups)

    def __iter__(self) -> Iterator[tuple[Array, Array, Array, Array]]:
        return iter(self.groups)

    def tasks(self, ridge: float = 0.0) -> Tasks:
        """The tasks with losses ``1/(2m) |X theta - y|^2 + ridge/2 |theta|^2``, equally weighted."""
        return Tasks.from_regression(self.groups, ridge)


def grunfeld() -> Table:
    """Investment of 11 firms over 20 years: columns firm, year, invest, value, capital; 220 rows.

    Notes
    -----
    Grunfeld (1958), The Determinants of Corporate Investment; Kleiber, Zeileis (2010), The Grunfeld Data at 50. Public
    domain; see ``quadmaml/data/README.md``.

    Examples
    --------
    >>> table = grunfeld()
    >>> len(table), table.numbers("invest")[:2].tolist()
    (220, [317.6, 391.8])
    """
    from importlib.resources import files

    return _parse(files("quadmaml").joinpath("data", "grunfeld.csv").read_bytes(), "grunfeld.csv")


def read_csv(path: str | PathLike[str]) -> Table:
    """A table from a comma-separated file in UTF-8 with one header line; blank lines are skipped.

    Raises
    ------
    InputError
        If the file cannot be read or is no such table; the message gives the line.
    """
    try:
        raw = Path(path).read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{path}: cannot be read ({reason}); expected a CSV file") from None
    return _parse(raw, str(path))


def regression_groups(
    table: Table, task: str, target: str, features: Sequence[str], support_rows: int | None = None
) -> RegressionGroups:
    """Each group of rows with one value in the ``task`` column as a linear regression task.

    Features and target are standardised to mean 0 and standard deviation 1 over all rows, and an intercept column of
    ones is put first. In each task the first rows, in the order of the table, are the support, the others the query.

    Parameters
    ----------
    table : Table
        The rows.
    task, target : str
        The columns that name the task, and the target of the regression.
    features : sequence of str
        The columns that explain the target, at least one.
    support_rows : int, optional
        Number of support rows in each task; by default half of its rows, rounded down.

    Raises
    ------
    InputError
        For a missing or repeated column, a cell that is no finite number, a constant column, a task whose name is
        empty, and a task without a support row or without a query row.

    Examples
    --------
    >>> groups = regression_groups(grunfeld(), "firm", "invest", ["value", "capital"])
    >>> len(groups), groups.names[0], groups.features, [part.shape for part in groups.groups[0]]
    (11, 'General Motors', ('intercept', 'value', 'capital'), [(10, 3), (10,), (10, 3), (10,)])
    """
    import numpy as np

    _check_columns(table, task, target, features)
    standard, scales = {}, {}
    for name in (*features, target):
        standard[name], scales[name] = _standardised(table, name)
    X = np.column_stack([np.ones(len(table)), *(standard[name] for name in features)])
    y = standard[target]
    parts = _split(table, task, support_rows)
    return RegressionGroups(
        names=tuple(parts),
        groups=tuple((X[s], y[s], X[q], y[q]) for s, q in parts.values()),
        features=(INTERCEPT, *features),
        target=target,
        scales=scales,
        source=table.source,
    )


def _parse(raw: bytes, source: str) -> Table:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise InputError(f"{source}, line {line}: is not UTF-8 text; expected a CSV file in UTF-8") from None
    if "\0" in text:
        raise InputError(f"{source}: holds a zero byte; expected a CSV file, which is text")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append([cell.strip() for cell in row])
                lines.append(reader.line_num)
    except csv.Error as error:
        raise InputError(f"{source}, line {reader.line_num}: {error}; expected comma-separated cells") from None
    if not rows:
        raise InputError(f"{source}: is empty; expected a header line and rows of data")
    header = rows.pop(0)
    _check_header(header, source, lines.pop(0))
    if not rows:
        raise InputError(f"{source}: has no rows; expected rows of data under the header line")
    for row, line in zip(rows, lines, strict=True):
        if len(row) != len(header):
            raise InputError(f"{source}, line {line}: has {len(row)} cells; expected {len(header)} as in the header")
    return Table(dict(zip(header, map(list, zip(*rows, strict=True)), strict=True)), lines, source)


def _check_header(header: list[str], source: str, line: int) -> None:
    for name in header:
        if not name:
            raise InputError(f"{source}, line {line}: a column has no name; expected a header line of names")
        if header.count(name) > 1:
            raise InputError(f"{source}, line {line}: column {name!r} occurs twice; expected different names")


def _check_columns(table: Table, task: str, target: str, features: Sequence[str]) -> None:
    if isinstance(features, str) or not features:
        raise InputError(f"features: got {features!r}; expected a sequence of at least one column name")
    used = (task, target, *features)
    for name in used:
        table.column(name)
        if used.count(name) > 1:
            raise InputError(f"features: column {name!r} is used twice; expected different task, target and features")
    if INTERCEPT in features:
        raise InputError(f"features: got {INTERCEPT!r}; an intercept is added to every task, expected no such column")


def _standardised(table: Table, name: str) -> tuple[Array, tuple[float, float]]:
    """A column with mean 0 and standard deviation 1, and the two numbers by which it was standardised."""
    import numpy as np

    x = table.numbers(name)
    # Dividing by the largest entry first keeps squares from overflowing.
    largest = float(np.max(np.abs(x)))
    unit = x / largest if largest else x
    mean, deviation = float(unit.mean()), float(unit.std())
    if deviation <= 1e-12:
        raise InputError(f"{table.source}: column {name!r} is constant; expected a column that varies")
    return (unit - mean) / deviation, (largest * mean, largest * deviation)


def _split(table: Table, task: str, support_rows: int | None) -> dict[str, tuple[Any, Any]]:
    """The rows of the support and of the query of each task, tasks in the order in which they first occur."""
    members: dict[str, list[int]] = {}
    for row, name in enumerate(table.column(task)):
        if not name:
            raise InputError(f"{table.source}, line {table.lines[row]}: column {task!r} is empty; expected a task name")
        members.setdefault(name, []).append(row)
    if support_rows is not None:
        check_steps("support_rows", support_rows, at_least=1)
    parts = {}
    for name, rows in members.items():
        cut = len(rows) // 2 if support_rows is None else support_rows
        if not 0 < cut < len(rows):
            part = "support" if not cut else "query"
            least = 2 if support_rows is None else support_rows + 1
            raise InputError(
                f"{table.source}: task {name!r} has {len(rows)} row{'s' if len(rows) > 1 else ''} and so no {part} row;"
                f" expected at least {least}, some to adapt on and some to be judged on"
            )
        parts[name] = (rows[:cut], rows[cut:])
    return parts
