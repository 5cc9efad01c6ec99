"""The sweep: every combination of algorithms and hyperparameters, each solved, and asked the same questions."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from .. import arrays
from ..adaptation import GradientDescent
from ..arrays import Array
from ..errors import InputError
from ..meta_algorithm import Algorithm, check_tasks
from ..tasks import Tasks
from .quantities import Quantity, chosen, distance
from .result import Sweep
from .settings import Settings, made
from .solved import Solved, solved

__all__ = ["sweep"]

nan = math.nan

Progress = Callable[[int, int, str], None]


def sweep(
    tasks: Tasks,
    algorithms: Any,
    *,
    lr: Any = None,
    steps: Any = None,
    strength: Any = None,
    quantities: Any = ("fixed_point",),
    inner: Any = GradientDescent,
    progress: Progress | None = None,
    **hyperparameters: Any,
) -> Sweep:
    """Ask quantities of all combinations of algorithms and hyperparameters.

    Settings on dense tasks with spectral loops are solved together, in the eigenbases of the tasks; all others, and
    those where that could change the tenth digit, by the single calls, at their price.

    Parameters
    ----------
    tasks : Tasks
        The tasks, of any array library, or of exact scalars.
    algorithms : sequence or mapping
        Classes (``MAML``), made from those hyperparameters that they and their inner loop take; functions of
        hyperparameters by their names that return an algorithm, or None to leave a setting out; algorithms, which
        take none. A mapping gives them names, else they go by their own.
    lr, steps, strength, **hyperparameters : number or sequence of numbers, optional
        Each that is given is an axis of the grid.
    quantities : str, or sequence or mapping of str and functions
        "fixed_point", its coordinates; "condition", the condition number of M; "best_lr" and "rate" of the outer
        loop, nan where no step size converges; "losses" and "mean_loss", the query losses after adapting from the
        fixed point; "bias", its distance from MAML's with the same inner loop; "distance_to_joint", from that of joint
        training. A function is called with ``(algorithm, tasks, theta)`` for each setting with a fixed point.
    inner : class or function
        What makes the inner loop of a class that needs one.
    progress : callable, optional
        ``progress(done, total, what)`` is called while the work goes on, and once at its end.

    Raises
    ------
    InputError
        For hyperparameters that an algorithm refuses, or that none takes; for unknown quantities.

    Examples
    --------
    >>> from quadmaml import FOMAML, MAML
    >>> tasks = Tasks.from_minimizers([[[1.0]], [[3.0]]], [[0.0], [4.0]])
    >>> found = sweep(tasks, [MAML, FOMAML], lr=[0.125, 0.25], steps=[0, 1], quantities=["fixed_point", "bias"])
    >>> found.dims("fixed_point"), found["fixed_point"].shape
    (('algorithm', 'lr', 'steps', 'coordinate'), (2, 2, 2, 1))
    >>> found.select(algorithm="MAML", steps=1)["fixed_point"].round(6).tolist()
    [[2.419355], [1.0]]
    >>> found.select(algorithm="FOMAML", lr=0.25)["bias"].tolist()
    [0.0, 1.0]
    """
    given = {"lr": lr, "steps": steps, "strength": strength} | hyperparameters
    settings = made(algorithms, inner, {name: value for name, value in given.items() if value is not None})
    asked = chosen(quantities)
    if not arrays.is_array(check_tasks(tasks).support.linear) or arrays.is_traced(tasks.support.linear):
        raise InputError("tasks: hold no arrays whose values can be read; expected arrays, and no compiled function")
    table = _Table(tasks, settings, asked)
    table.fill(progress)
    return table.result()


class _Table:
    """The distinct algorithms of a sweep, and what was found for each."""

    def __init__(self, tasks: Tasks, settings: Settings, asked: dict[str, Quantity]) -> None:
        self.tasks, self.settings, self.asked = tasks, settings, asked
        self.algorithms: list[Algorithm] = []
        self._place: dict[Any, int] = {}
        self.places = [-1 if each is None else self._enter(each) for each in settings.algorithms]
        self.own = range(len(self.algorithms))
        self.against = {
            name: [self._enter(quantity.against(self.algorithms[place])) for place in self.own]
            for name, quantity in asked.items()
            if quantity.against
        }
        count = len(self.algorithms)
        self.points: list[Any] = [None] * count
        self.status = ["left out"] * count
        # For each quantity the places of some settings, and their values side by side.
        self.found: dict[str, list[tuple[Any, Array]]] = {name: [] for name in asked}

    def _enter(self, algorithm: Algorithm) -> int:
        """The place of an algorithm; equal ones share it."""
        try:
            place = self._place.setdefault(algorithm, len(self.algorithms))
        except TypeError:
            place = self._place.setdefault(id(algorithm), len(self.algorithms))
        if place == len(self.algorithms):
            self.algorithms.append(algorithm)
        return place

    def fill(self, progress: Progress | None) -> None:
        """Solve every setting, and ask it everything."""
        done, total = 0, len(self.algorithms)
        for part in solved(self.tasks, self.algorithms):
            if progress is not None:
                progress(done, total, "solving settings")
            self._ask(part)
            done += len(part.places)
        for name, others in self.against.items():
            pairs = [
                (place, self.points[place], self.points[other]) for place, other in zip(self.own, others, strict=True)
            ]
            self._keep(name, self.own, [None if x is None or y is None else distance(x, y) for _, x, y in pairs])
        if progress is not None:
            progress(total, total, "solving settings")

    def _ask(self, part: Solved) -> None:
        for place, point in zip(part.places, _listed(part.points), strict=True):
            self.points[place], self.status[place] = point, part.status
        for name, quantity in self.asked.items():
            if quantity.of is not None:
                self._keep(name, part.places, quantity.of(part, self.tasks))
            elif (single := quantity.single) is not None:
                asked = [place < len(self.own) and theta is not None for place, theta in self._solved(part)]
                values = [
                    single(self.algorithms[place], self.tasks, theta) if ask else None
                    for ask, (place, theta) in zip(asked, self._solved(part), strict=True)
                ]
                self._keep(name, part.places, values)

    def _solved(self, part: Solved) -> list[tuple[int, Any]]:
        points = part.points
        return [
            (place, points[k, ...] if arrays.is_array(points) else points[k]) for k, place in enumerate(part.places)
        ]

    def _keep(self, name: str, places: Sequence[int], values: Any) -> None:
        """Note the values of some settings, an array or a list of numbers and arrays with None where there is none."""
        import numpy as np

        if arrays.is_array(values):
            self.found[name].append((list(places), arrays.to_numpy(values)))
            return
        there = [(place, _as_numpy(value)) for place, value in zip(places, values, strict=True) if value is not None]
        if len({value.shape for _, value in there}) > 1:
            raise InputError(f"quantities: {name} has values of different shapes; expected one shape")
        if there:
            self.found[name].append(([place for place, _ in there], np.stack([value for _, value in there])))

    def result(self) -> Sweep:
        """What was found, on the grid."""
        import numpy as np

        shape = self.settings.shape
        values = {name: self._values(name, found) for name, found in self.found.items()}
        status = [self.status[place] if place >= 0 else "left out" for place in self.places]
        own = {
            name: self.asked[name].axes or tuple(f"{name}_{k}" for k in range(value.ndim - len(shape)))
            for name, value in values.items()
        }
        return Sweep(self.settings.axes, values, own, np.asarray(status).reshape(shape))

    def _values(self, name: str, found: list[tuple[Any, Array]]) -> Array:
        """The values of a quantity as one NumPy array; nan where there is none."""
        import numpy as np

        shapes = {each.shape[1:] for _, each in found} or {_empty_shape(self.asked[name], self.tasks)}
        if len(shapes) > 1:
            raise InputError(f"quantities: {name} has values of different shapes; expected one shape")
        (own,) = shapes
        dtype = np.result_type(*{each.dtype for _, each in found}) if found else np.dtype(float)
        # The last row stands for the settings that were left out.
        rows = np.full((len(self.algorithms) + 1, *own), nan, dtype=dtype)
        for places, each in found:
            rows[places] = each
        return rows[self.places].reshape(*self.settings.shape, *own)


def _listed(points: Any) -> list[Any]:
    """Points one by one; those of an array as NumPy's."""
    return list(arrays.to_numpy(points)) if arrays.is_array(points) else list(points)


def _as_numpy(value: Any) -> Array:
    import numpy as np

    if arrays.is_array(value) and type(value).__module__ != "numpy":
        return arrays.to_numpy(value)
    made: Array = np.asarray(value)
    if isinstance(value, np.ndarray):
        return made
    return made if made.dtype == object else made.astype(float)


def _empty_shape(quantity: Quantity, tasks: Tasks) -> tuple[int, ...]:
    """The shape of a value that no setting has."""
    lengths = {"coordinate": tasks.dim, "task": len(tasks)}
    return tuple(lengths[axis] for axis in quantity.axes)
