"""Contours of a quadratic in the plane as polylines, so that a figure's table holds what is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import arrays
from ..errors import InputError
from ..quadratic import Quadratic
from .style import Axes
from .table import Table

__all__ = ["View", "contour_table", "draw_contours"]

View = tuple[tuple[float, float], tuple[float, float]]


def contour_table(f: Quadratic, view: View, levels: Sequence[float], points: int = 81) -> Table:
    """The contours of one quadratic of dimension 2 within a view, from its values on a grid of so many points a side.

    Columns: level, line (a number for each connected piece), x, y.

    Examples
    --------
    >>> table = contour_table(Quadratic([[1.0, 0.0], [0.0, 1.0]], [0.0, 0.0]), ((-2.0, 2.0), (-2.0, 2.0)), [0.5])
    >>> bool(abs(table["x"] ** 2 + table["y"] ** 2 - 1).max() < 1e-3)
    True
    """
    from contourpy import contour_generator

    if f.linear.shape != (2,):
        raise InputError(f"f: got a linear part of shape {tuple(f.linear.shape)}; expected (2,), one task in the plane")
    x, y = (np.linspace(low, high, points) for low, high in view)
    grid = np.stack(np.meshgrid(x, y), axis=-1)
    values = arrays.to_numpy(arrays.as_float(f(arrays.full_like("grid", grid.tolist(), f.linear))))
    generator = contour_generator(x, y, values)
    parts, number = [Table(dict.fromkeys(("level", "line", "x", "y"), np.zeros(0)))], 0
    for level in levels:
        pieces: Any = generator.lines(float(level))
        for piece in pieces:
            parts.append(Table({"level": float(level), "line": number, "x": piece[:, 0], "y": piece[:, 1]}))
            number += 1
    return Table.stack(parts)


def draw_contours(table: Table, ax: Axes, **look: Any) -> None:
    """Draw the lines of a table of contours; ``look`` goes to ``Axes.plot``."""
    label = look.pop("label", None)
    for _, piece in table.split("line"):
        ax.plot(piece["x"], piece["y"], label=label, **look)
        label = None
