"""A sweep as curves against one hyperparameter, or as a map over two."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

import numpy as np

from ..arrays import Array
from ..errors import InputError
from ..exact import to_float
from ..sweeps import Sweep
from .arguments import check_choice
from .style import STYLES, Axes, drawn, line, log_axis, plain
from .table import Table

__all__ = ["AXES", "curves_table", "map_table", "sweep_curves", "sweep_map"]

AXES = {"lr": r"inner step size $\alpha$", "steps": "inner steps $K$", "strength": r"strength $\lambda$"}
SYMBOLS = {"lr": r"\alpha", "steps": "K", "strength": r"\lambda"}
QUANTITIES = {
    "fixed_point": "fixed point",
    "condition": "condition number",
    "best_lr": "best outer step size",
    "rate": "outer rate",
    "losses": "loss",
    "mean_loss": "mean loss",
    "bias": "distance from MAML",
    "distance_to_joint": "distance from joint training",
}
# Beyond this ratio an axis is logarithmic.
WIDE = 100.0


def sweep_curves(sweep: Sweep, quantity: str, against: str | None = None, ax: Axes = None) -> Axes:
    """Draw a quantity of a sweep against one hyperparameter: a curve for each combination of all others.

    Hyperparameters that an algorithm does not take make no curves of their own. Where there is no value, a curve has a
    gap. An axis whose values are positive and span a factor of 100 is logarithmic.

    Parameters
    ----------
    sweep : Sweep
        What ``qm.sweep`` returned, or a part of it.
    quantity : str
        One of its quantities. Of a vector each entry is a curve.
    against : str, optional
        The hyperparameter on the axis, by default the one with most values.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Raises
    ------
    InputError
        For a quantity or hyperparameter that the sweep does not have, and for more than nine curves.

    Examples
    --------
    >>> import quadmaml as qm
    >>> tasks = qm.Tasks.from_minimizers([[[1.0]], [[3.0]]], [[0.0], [4.0]])
    >>> found = qm.sweep(tasks, [qm.Joint, qm.MAML], lr=[0.1, 0.2, 0.3], steps=[1, 2], quantities="mean_loss")
    >>> sweep_curves(found, "mean_loss").get_legend_handles_labels()[1]
    ['Joint', 'MAML, $K = 1$', 'MAML, $K = 2$']
    """
    against = _against(_checked(sweep), against)
    return drawn(
        lambda table, ax: _draw_curves(table, ax, quantity, against), curves_table(sweep, quantity, against), ax
    )


def curves_table(sweep: Sweep, quantity: str, against: str) -> Table:
    """The curves of a quantity against one hyperparameter. Columns: curve (its name), x, y."""
    values, points = _floats(quantity, sweep[quantity]), _coordinates(sweep, quantity)
    at = list(points).index(_against(sweep, against))
    x = [to_float(against, value) for value in points.pop(against)]
    found = list(_curves(np.moveaxis(values, at, -1), points))
    if len(found) > len(STYLES):
        raise InputError(
            f"quantity: {quantity} makes {len(found)} curves; expected at most {len(STYLES)}: take a part with select"
        )
    return Table.stack(Table({"curve": name, "x": x, "y": y}) for name, y in found)


def _curves(values: Array, points: dict[str, Sequence[Any]]) -> Iterator[tuple[str, Array]]:
    """Name and values of each curve: of each algorithm those hyperparameters are named that change something."""
    if "algorithm" in points:
        at, rest = list(points).index("algorithm"), {name: each for name, each in points.items() if name != "algorithm"}
        for name, own in zip(points["algorithm"], np.moveaxis(values, at, 0), strict=True):
            yield from ((", ".join(filter(None, (name, more))), y) for more, y in _curves(own, rest))
        return
    kept = dict[str, Sequence[Any]]()
    for name, coordinates in points.items():
        first = np.take(values, 0, axis=len(kept))
        if np.array_equal(np.broadcast_to(np.expand_dims(first, len(kept)), values.shape), values, equal_nan=True):
            values = first
        else:
            kept[name] = coordinates
    for index, chosen in zip(np.ndindex(values.shape[:-1]), product(*kept.values()), strict=True):
        yield ", ".join(map(_named, kept, chosen)), values[index]


def _named(name: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    number = f"{to_float(name, value):g}"
    return f"${SYMBOLS[name]} = {number}$" if name in SYMBOLS else f"{name} {number}"


def _draw_curves(table: Table, ax: Axes, quantity: str, against: str) -> None:
    for i, (name, rows) in enumerate(table.split("curve")):
        line(ax, rows["x"], rows["y"], i, plain(name, 40) if "$" not in name else name)
    _label(ax.xaxis, AXES.get(against, plain(against)), table["x"])
    _label(ax.yaxis, QUANTITIES.get(quantity, plain(quantity)), table["y"])


def _label(axis: Any, text: str, values: Array) -> None:
    axis.set_label_text(text)
    if _is_wide(values):
        log_axis(axis)
    elif (values == np.round(values)).all():
        axis.get_major_locator().set_params(integer=True)


def _is_wide(values: Array) -> bool:
    known = values[np.isfinite(values)]
    return bool(len(known) and known.min() > 0 and known.max() >= WIDE * known.min())


def sweep_map(sweep: Sweep, quantity: str, x: str, y: str, ax: Axes = None) -> Axes:
    """Draw a quantity of a sweep over the plane of two hyperparameters, as shades with a scale beside them.

    Cells without a value stay white. Shades and axes whose values are positive and span a factor of 100 are
    logarithmic.

    Parameters
    ----------
    sweep : Sweep
        What ``qm.sweep`` returned, or a part of it, in which all other axes have one coordinate.
    quantity : str
        One of its quantities.
    x, y : str
        The hyperparameters, of at least two values each.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Raises
    ------
    InputError
        For a quantity or hyperparameter that the sweep does not have, and where another axis has several coordinates.

    Examples
    --------
    >>> import quadmaml as qm
    >>> tasks = qm.Tasks.from_minimizers([[[1.0]], [[3.0]]], [[0.0], [4.0]])
    >>> found = qm.sweep(tasks, qm.FOMAML, lr=[0.1, 0.2, 0.3], steps=[1, 2], quantities="bias")
    >>> sweep_map(found, "bias", x="lr", y="steps").get_ylabel()
    'inner steps $K$'
    """
    table = map_table(_checked(sweep), quantity, x, y)
    return drawn(lambda table, ax: _draw_map(table, ax, quantity, x, y), table, ax)


def map_table(sweep: Sweep, quantity: str, x: str, y: str) -> Table:
    """The values of a quantity over two hyperparameters, both ascending. Columns: x, y, value."""
    values, points = _floats(quantity, sweep[quantity]), _coordinates(sweep, quantity)
    for name, axis in (("x", x), ("y", y)):
        check_choice(name, axis, [each for each in _hyperparameters(sweep) if len(sweep.axes[each]) > 1])
    if x == y:
        raise InputError(f"y: got {y!r}, which is x; expected another hyperparameter")
    others = [name for name, each in points.items() if name not in (x, y) and len(each) > 1]
    if others:
        raise InputError(
            f"sweep: {quantity} has several coordinates of {', '.join(others)}; expected one: take a part with select"
        )
    plane = np.moveaxis(values, [list(points).index(each) for each in (y, x)], [0, 1])
    plane = plane.reshape(plane.shape[:2])
    across, up = (np.array([to_float(name, value) for value in points[name]]) for name in (x, y))
    plane = plane[np.argsort(up)][:, np.argsort(across)]
    across, up = np.sort(across), np.sort(up)
    columns = {"x": np.tile(across, len(up)), "y": np.repeat(up, len(across))}
    return Table({**columns, "value": plane.ravel()})


def _draw_map(table: Table, ax: Axes, quantity: str, x: str, y: str) -> None:
    from matplotlib.colors import LogNorm, Normalize

    across, up = np.unique(table["x"]), np.unique(table["y"])
    values = np.ma.masked_invalid(table["value"].reshape(len(up), len(across)))
    # A scale of nothing would be refused.
    known = values.compressed() if values.count() else np.zeros(1)
    norm = (LogNorm if _is_wide(known) else Normalize)(known.min(), known.max())
    shades = ax.pcolormesh(_edges(across), _edges(up), values, cmap="cividis", norm=norm)
    _label(ax.xaxis, AXES.get(x, plain(x)), across)
    _label(ax.yaxis, AXES.get(y, plain(y)), up)
    ax.figure.colorbar(shades, ax=ax, label=QUANTITIES.get(quantity, plain(quantity)))


def _edges(centres: Array) -> Array:
    """The edges of cells around coordinates, halfway between them on their axis."""
    if _is_wide(centres):
        return np.exp(_edges(np.log(centres) - np.log(centres).min())) * centres.min()
    middles = (centres[1:] + centres[:-1]) / 2
    return np.concatenate([[2 * centres[0] - middles[0]], middles, [2 * centres[-1] - middles[-1]]])


def _checked(sweep: Any) -> Sweep:
    if not isinstance(sweep, Sweep):
        raise InputError(f"sweep: got {type(sweep).__name__}; expected what quadmaml.sweep returns")
    return sweep


def _hyperparameters(sweep: Sweep) -> list[str]:
    return [name for name in sweep.axes if name != "algorithm"]


def _against(sweep: Sweep, name: str | None) -> str:
    names = _hyperparameters(sweep)
    if not names:
        raise InputError("sweep: has no hyperparameter to draw against; expected one")
    longest = max(names, key=lambda each: len(sweep.axes[each]))
    return longest if name is None else str(check_choice("against", name, names))


def _coordinates(sweep: Sweep, quantity: str) -> dict[str, Sequence[Any]]:
    """The coordinates of each axis of a quantity; of its own axes the places."""
    return {
        name: sweep.axes[name] if name in sweep.axes else range(size)
        for name, size in zip(sweep.dims(quantity), sweep[quantity].shape, strict=True)
    }


def _floats(name: str, values: Array) -> Array:
    if values.dtype != object:
        return values.astype(float)
    flat = [each if isinstance(each, float) else to_float(name, each) for each in values.flat]
    return np.array(flat, dtype=float).reshape(values.shape)
