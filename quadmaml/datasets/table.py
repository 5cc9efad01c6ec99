"""Tables: columns of text read from a comma-separated file, with the lines on which they stand."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..arrays import Array
from ..errors import InputError

if TYPE_CHECKING:
    from os import PathLike

__all__ = ["Table", "finite", "parse", "read_csv"]

SHOWN = 20


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

    def __post_init__(self) -> None:
        for name, cells in self.columns.items():
            if len(cells) != len(self.lines):
                raise InputError(f"columns: {name!r} has {len(cells)} cells; expected {len(self.lines)}, one a line")
            if odd := next((cell for cell in cells if not isinstance(cell, str)), None):
                raise InputError(f"columns: {name!r} holds {odd!r}; expected texts, as str({odd!r})")

    def __len__(self) -> int:
        return len(self.lines)

    def column(self, name: str) -> Sequence[str]:
        """The texts of one column; InputError if there is none of that name."""
        if name not in self.columns:
            names = list(self.columns)
            more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
            raise InputError(f"{self.source}: has no column {name!r}; its columns are {', '.join(names[:SHOWN])}{more}")
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

    def number(self, name: str, row: int) -> float:
        """The finite float in one row of a column; InputError if it is none."""
        return self._number(self.column(name)[row], name, self.lines[row])

    def text(self) -> str:
        """The table as comma-separated text with a header line.

        Examples
        --------
        >>> print(Table({"x": ["1", "a,b"]}, [2, 3]).text(), end="")
        x
        1
        "a,b"
        """
        with io.StringIO(newline="") as buffer:
            writer = csv.writer(buffer, lineterminator="\n")
            writer.writerows([list(self.columns), *zip(*self.columns.values(), strict=True)])
            return buffer.getvalue()

    def select(self, rows: Sequence[int]) -> Table:
        """Some of the rows, by their numbers."""
        columns = {name: [cells[row] for row in rows] for name, cells in self.columns.items()}
        return Table(columns, [self.lines[row] for row in rows], self.source)

    def _number(self, cell: str, name: str, line: int) -> float:
        try:
            return finite(cell)
        except ValueError:
            shown = cell if len(cell) <= 40 else cell[:37] + "..."
            raise InputError(
                f"{self.source}, line {line}: column {name!r} holds {shown!r}; expected a finite number"
            ) from None


def finite(text: str) -> float:
    """The finite number that a text stands for; ValueError if it stands for none.

    Examples
    --------
    >>> finite("2.5e1")
    25.0
    """
    # Python reads 1_000 as a number; in data it is a slip.
    number = math.nan if "_" in text else float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def read_csv(path: str | PathLike[str]) -> Table:
    """A table from a comma-separated file in UTF-8 with one header line; blank lines are skipped.

    Raises
    ------
    InputError
        If the file cannot be read or is no such table; the message gives the line.
    """
    try:
        raw = Path(path).read_bytes()
    except (OSError, TypeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{path}: cannot be read ({reason}); expected a CSV file") from None
    return parse(raw, str(path))


def parse(raw: bytes, source: str) -> Table:
    """The table in the bytes of a file; ``source`` names it in messages."""
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
    for sign, name in ((";", "semicolons"), ("\t", "tabs")):
        if len(header) == 1 and sign in header[0]:
            raise InputError(f"{source}, line {line}: its cells are separated by {name}; expected commas")
    for name in header:
        if not name:
            raise InputError(f"{source}, line {line}: a column has no name; expected a header line of names")
        if header.count(name) > 1:
            raise InputError(f"{source}, line {line}: column {name!r} occurs twice; expected different names")
