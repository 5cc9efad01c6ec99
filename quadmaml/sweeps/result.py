"""A sweep's result: arrays with named axes, in files and back."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import TYPE_CHECKING, Any

from ..arrays import Array
from ..datasets.saved import load_arrays, save_arrays
from ..errors import InputError
from ..exact import fraction_of
from ..files import replace

if TYPE_CHECKING:
    from os import PathLike

__all__ = ["STATUSES", "Sweep"]

FORMAT = "quadmaml sweep 1"

STATUSES = ("ok", "ill-conditioned", "singular", "diverged", "left out")


@dataclass(frozen=True, eq=False)
class Sweep:
    """What was asked of every setting: NumPy arrays with named axes.

    ``sweep["condition"]`` is the array of a quantity. Its first axes are those of the grid, and :meth:`dims` names all.

    Parameters
    ----------
    axes : mapping of str to tuple
        The axes of the grid, in order, with their coordinates: ``"algorithm"``, then the hyperparameters.
    values : mapping of str to array
        The quantities, in double precision; nan where a setting has no value. Exact numbers stay so, in object arrays.
    own : mapping of str to tuple of str
        For each quantity its axes beyond those of the grid, as ``("coordinate",)``.
    status : array of str, shape of the grid
        "ok"; "ill-conditioned" where the single call warns that few digits are correct; "singular" where no single
        fixed point exists; "diverged" where the adaptation overflows; "left out" where a factory made no algorithm.

    Examples
    --------
    >>> import quadmaml as qm
    >>> tasks = qm.Tasks.from_minimizers([[[1.0]], [[3.0]]], [[0.0], [4.0]])
    >>> found = qm.sweep(tasks, [qm.Joint, qm.Reptile], lr=[0.25], steps=[0, 1])
    >>> found.shape, found["fixed_point"].tolist()
    ((2, 1, 2), [[[[3.0], [3.0]]], [[[nan], [3.0]]]])
    >>> found.select(algorithm="Reptile", lr=0.25).status.tolist()
    ['singular', 'ok']
    """

    axes: Mapping[str, tuple[Any, ...]]
    values: Mapping[str, Array]
    own: Mapping[str, tuple[str, ...]]
    status: Array

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of coordinates of each axis of the grid."""
        return tuple(map(len, self.axes.values()))

    def __getitem__(self, name: str) -> Array:
        """The array of a quantity."""
        if name not in self.values:
            raise InputError(f"name: got {name!r}; expected one of the quantities {list(self.values)}")
        return self.values[name]

    def dims(self, name: str) -> tuple[str, ...]:
        """The names of the axes of a quantity."""
        self[name]
        return (*self.axes, *self.own[name])

    def select(self, **coordinates: Any) -> Sweep:
        """The part of the sweep at these coordinates, without their axes.

        Raises
        ------
        InputError
            For an axis or a coordinate that the sweep does not have.
        """
        for name, value in coordinates.items():
            if name not in self.axes:
                raise InputError(f"{name}: is no axis of the sweep; expected one of {list(self.axes)}")
            if value not in self.axes[name]:
                raise InputError(f"{name}: got {value!r}; expected one of {list(self.axes[name])}")
        index = tuple(
            points.index(coordinates[name]) if name in coordinates else slice(None)
            for name, points in self.axes.items()
        )
        return Sweep(
            {name: points for name, points in self.axes.items() if name not in coordinates},
            {name: value[index] for name, value in self.values.items()},
            self.own,
            self.status[index],
        )

    def plot(self, quantity: str, against: str | None = None, ax: Any = None) -> Any:
        """Draw a quantity against one hyperparameter, as ``quadmaml.plots.sweep_curves`` does; return the Axes.

        Examples
        --------
        >>> import quadmaml as qm
        >>> tasks = qm.Tasks.from_minimizers([[[1.0]], [[3.0]]], [[0.0], [4.0]])
        >>> found = qm.sweep(tasks, [qm.MAML, qm.FOMAML], lr=[0.1, 0.2, 0.3], steps=2, quantities="mean_loss")
        >>> found.plot("mean_loss").get_legend_handles_labels()[1]
        ['MAML', 'FOMAML']
        """
        return _plots().sweep_curves(self, quantity, against, ax)

    def plot_map(self, quantity: str, x: str, y: str, ax: Any = None) -> Any:
        """Draw a quantity over two hyperparameters, as ``quadmaml.plots.sweep_map`` does; return the Axes.

        Examples
        --------
        >>> import quadmaml as qm
        >>> tasks = qm.Tasks.from_minimizers([[[1.0]], [[3.0]]], [[0.0], [4.0]])
        >>> found = qm.sweep(tasks, qm.MAML, lr=[0.1, 0.2, 0.3], steps=[1, 2], quantities="rate")
        >>> found.plot_map("rate", x="lr", y="steps").get_ylabel()
        'inner steps $K$'
        """
        return _plots().sweep_map(self, quantity, x, y, ax)

    def save(self, path: str | PathLike[str]) -> None:
        """Write the sweep to a ``.npz`` file, which is complete or not there; exact numbers are written as text.

        Raises
        ------
        InputError
            If it holds symbols.
        OSError
            If the file cannot be written; an earlier one is left as it was.
        """
        metadata = {
            "format": FORMAT,
            "axes": {name: [_as_json(name, value) for value in points] for name, points in self.axes.items()},
            "own": {name: list(axes) for name, axes in self.own.items()},
        }
        content = {f"value {name}": _without_objects(name, value) for name, value in self.values.items()}
        save_arrays(path, metadata, {"status": self.status, **content})

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Sweep:
        """The sweep in a file that :meth:`save` wrote, exact numbers as Fractions. Nothing pickled is read.

        Raises
        ------
        InputError
            If the file cannot be read, or holds no sweep.
        """
        metadata, content = load_arrays(path)
        try:
            axes = {
                str(name): tuple(points) if name == "algorithm" else tuple(map(_from_json, points))
                for name, points in metadata["axes"].items()
            }
            values = {name: _with_objects(content[f"value {name}"]) for name in metadata["own"]}
            made = cls(axes, values, {name: tuple(own) for name, own in metadata["own"].items()}, content["status"])
        except (KeyError, TypeError, ValueError, AttributeError):
            raise InputError(f"{path}: holds no sweep; expected a file that Sweep.save wrote") from None
        fits = all(value.shape[: len(axes)] == made.shape for value in (made.status, *values.values()))
        if metadata.get("format") != FORMAT or not fits:
            raise InputError(f"{path}: its axes do not fit its arrays; expected a file that Sweep.save wrote")
        return made

    def to_csv(self, path: str | PathLike[str]) -> None:
        """Write one row a setting: its coordinates, its status, its quantities; ``name[k]`` is an entry of a vector.

        Numbers are written with all their digits, exact ones as ``p/q``; ``nan`` stands where there is none.

        Raises
        ------
        OSError
            If the file cannot be written; an earlier one is left as it was.
        """
        import numpy as np

        tail = {name: list(np.ndindex(value.shape[len(self.axes) :])) for name, value in self.values.items()}
        header = [*self.axes, "status"]
        header += [name + "".join(f"[{k}]" for k in index) for name, entries in tail.items() for index in entries]
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(header)
        for index, point in zip(np.ndindex(self.shape), product(*self.axes.values()), strict=True):
            cells = [self.values[name][(*index, *entry)] for name, entries in tail.items() for entry in entries]
            writer.writerow([*map(_as_text, point), self.status[index], *map(_as_text, cells)])
        replace(path, text.getvalue().encode())

    @classmethod
    def from_csv(cls, path: str | PathLike[str]) -> Sweep:
        """The sweep in a file that :meth:`to_csv` wrote; the axes are the columns before ``status``.

        Raises
        ------
        InputError
            If the file cannot be read, or holds no full grid of settings.
        """
        from .table import read

        return cls(*read(path))

    def to_xarray(self) -> Any:
        """The sweep as an ``xarray.Dataset``: quantities and status as variables, axes as coordinates.

        Raises
        ------
        InputError
            If xarray is not installed.
        """
        try:
            import xarray
        except ImportError:
            raise InputError(
                "to_xarray: xarray is not installed; expected it: pip install 'quadmaml[xarray]'"
            ) from None
        variables = {name: (self.dims(name), value) for name, value in self.values.items()}
        variables["status"] = (tuple(self.axes), self.status)
        return xarray.Dataset(variables, coords={name: list(points) for name, points in self.axes.items()})


def _plots() -> Any:
    """Pictures live above, and are reached by the front door, when they are asked for."""
    import quadmaml

    return quadmaml.plots


def _as_json(name: str, value: Any) -> Any:
    """A coordinate as JSON has it: an exact number that is no integer as text."""
    if isinstance(value, (str, int, float)):
        return value
    return str(_fraction(name, value))


def _from_json(value: Any) -> Any:
    return Fraction(value) if isinstance(value, str) else value


def _fraction(name: str, value: Any) -> Fraction:
    rational = fraction_of(value)
    if rational is None:
        raise InputError(f"{name}: holds {value}; expected floats or rational numbers, for others are not written")
    return rational


def _without_objects(name: str, value: Array) -> Array:
    import numpy as np

    if value.dtype != object:
        return value
    texts = ["nan" if _missing(each) else str(_fraction(name, each)) for each in value.flat]
    return np.asarray(texts).reshape(value.shape)


def _with_objects(value: Array) -> Array:
    import numpy as np

    if value.dtype.kind != "U":
        return value
    out: Array = np.empty(value.shape, dtype=object)
    for index in np.ndindex(value.shape):
        text = str(value[index])
        out[index] = math.nan if text == "nan" else Fraction(text)
    return out


def _missing(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _as_text(value: Any) -> str:
    return repr(float(value)) if isinstance(value, float) else str(value)
