"""The numbers behind a figure: named columns of equal length, as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays import Array
from ..errors import InputError

__all__ = ["Table"]


@dataclass(frozen=True, eq=False)
class Table:
    r"""Named columns of equal length, numbers or words. Rows of one kind come one after the other.

    Parameters
    ----------
    columns : mapping of str to array, shape (rows,)
        The columns in their order; a single number or word stands for that in every row.

    Examples
    --------
    >>> table = Table({"algorithm": "MAML", "curvature": [1.0, 2.0]})
    >>> table.csv()
    'algorithm,curvature\nMAML,1.0\nMAML,2.0\n'
    """

    columns: Mapping[str, Array]

    def __post_init__(self) -> None:
        arrays = {name: np.asarray(column) for name, column in self.columns.items()}
        lengths = {len(each) for each in arrays.values() if each.ndim == 1}
        if len(lengths) != 1 or any(each.ndim > 1 for each in arrays.values()):
            shapes = ", ".join(f"{name} {each.shape}" for name, each in arrays.items())
            raise InputError(f"columns: got shapes {shapes}; expected columns of one length")
        (rows,) = lengths
        object.__setattr__(self, "columns", {name: np.broadcast_to(each, (rows,)) for name, each in arrays.items()})

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def __getitem__(self, name: str) -> Array:
        if name not in self.columns:
            raise InputError(f"name: got {name!r}; expected one of {', '.join(self.columns)}")
        return self.columns[name]

    @classmethod
    def stack(cls, tables: Iterable[Table]) -> Table:
        """Tables one after the other; a column that one lacks is empty there."""
        parts = list(tables)
        names = list(dict.fromkeys(name for part in parts for name in part.columns))
        return cls({name: np.concatenate([part._column(name, parts) for part in parts]) for name in names})

    def _column(self, name: str, parts: list[Table]) -> Array:
        if name in self.columns:
            return self.columns[name]
        words = any(part.columns[name].dtype.kind == "U" for part in parts if name in part.columns)
        return np.full(len(self), "" if words else np.nan)

    def where(self, **values: Any) -> Table:
        """The rows in which columns have these values."""
        chosen = np.ones(len(self), dtype=bool)
        for name, value in values.items():
            chosen &= self[name] == value
        return Table({name: column[chosen] for name, column in self.columns.items()})

    def split(self, name: str) -> Iterator[tuple[Any, Table]]:
        """Each value of a column, in the order of first appearance, with its rows."""
        for value in dict.fromkeys(self[name].tolist()):
            yield value, self.where(**{name: value})

    def one(self, name: str) -> float:
        """The only entry of a column of numbers in a table of one row."""
        if len(self) != 1:
            raise InputError(f"table: has {len(self)} rows; expected one")
        return float(self[name][0])

    def csv(self) -> str:
        """The table as text: a header, then numbers that read back as they were; nan is left empty."""
        with io.StringIO(newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(self.columns)
            for row in zip(*(column.tolist() for column in self.columns.values()), strict=True):
                writer.writerow(["" if value != value else value for value in row])
            return file.getvalue()
