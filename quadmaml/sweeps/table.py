"""A sweep read back from its table of one row a setting."""

from __future__ import annotations

import csv
import math
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..arrays import Array
from ..errors import InputError

if TYPE_CHECKING:
    from os import PathLike

__all__ = ["read"]

OWN = {"fixed_point": ("coordinate",), "losses": ("task",)}


def read(path: str | PathLike[str]) -> tuple[Any, ...]:
    """Axes, values, own axes and status of a sweep, from a file with one row a setting."""
    import numpy as np

    refusal = InputError(f"{path}: holds no sweep; expected a file that Sweep.to_csv wrote")
    try:
        with Path(path).open(newline="", encoding="utf-8") as file:
            rows = list(csv.reader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read ({error}); expected a file that Sweep.to_csv wrote") from None
    if len(rows) < 2 or "status" not in rows[0] or any(len(row) != len(rows[0]) for row in rows):
        raise refusal
    header, rows = rows[0], rows[1:]
    columns = {name: [row[k] for row in rows] for k, name in enumerate(header)}
    at = header.index("status")
    try:
        points = {
            name: columns[name] if name == "algorithm" else list(map(_number, columns[name])) for name in header[:at]
        }
        axes = {name: tuple(dict.fromkeys(column)) for name, column in points.items()}
        if list(product(*axes.values())) != list(zip(*points.values(), strict=True)):
            raise refusal
        shape = tuple(map(len, axes.values()))
        quantities = dict.fromkeys(name.split("[")[0] for name in header[at + 1 :])
        values = {
            name: _joined([column for column in header[at + 1 :] if column.split("[")[0] == name], columns, shape)
            for name in quantities
        }
    except ValueError:
        raise refusal from None
    own = {
        name: OWN.get(name, tuple(f"{name}_{k}" for k in range(value.ndim - len(shape))))
        for name, value in values.items()
    }
    return axes, values, own, np.asarray(columns["status"]).reshape(shape)


def _number(text: str) -> Any:
    """A number from its text: one with a point or an exponent is a float, others are exact."""
    try:
        return int(text)
    except ValueError:
        return Fraction(text) if "/" in text else float(text)


def _joined(names: list[str], columns: dict[str, list[str]], shape: tuple[int, ...]) -> Array:
    """The columns of a quantity as one array."""
    import numpy as np

    numbers = [[_number(text) for text in columns[name]] for name in names]
    exact = any(not isinstance(each, float) for column in numbers for each in column)
    flat = np.empty((len(numbers[0]), len(names)), dtype=object if exact else float)
    for k, column in enumerate(numbers):
        flat[:, k] = [each if not exact or _missing(each) else Fraction(each) for each in column]
    last = names[-1].partition("[")[2]
    own = tuple(int(part.strip("]")) + 1 for part in last.split("[")) if last else ()
    return flat.reshape(*shape, *own)


def _missing(number: Any) -> bool:
    return isinstance(number, float) and math.isnan(number)
