"""What can be asked of every setting of a sweep, by name."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .. import arrays, linalg
from ..algorithms import MAML, Joint
from ..errors import InputError
from ..meta_algorithm import Algorithm
from ..tasks import Tasks
from .solved import Solved

__all__ = ["QUANTITIES", "Quantity", "chosen", "distance_to"]

nan = math.nan

OfSetting = Callable[[Algorithm, Tasks, Any], Any]


@dataclass(frozen=True)
class Quantity:
    """One entry of the table of quantities.

    Parameters
    ----------
    of : callable, optional
        ``of(solved, tasks)`` has the value of each of the solved settings, as an array or one by one, None where there
        is none.
    against : callable, optional
        In place of ``of``: the quantity is the distance to the fixed point of the algorithm ``against(algorithm)``.
    single : callable, optional
        In place of both: ``single(algorithm, tasks, theta)`` is the value of one setting that has a fixed point theta.
    axes : tuple of str
        The axes of a value: () of a number.
    """

    of: Callable[[Solved, Tasks], Any] | None = None
    against: Callable[[Algorithm], Algorithm] | None = None
    single: OfSetting | None = None
    axes: tuple[str, ...] = ()


def _mean_losses(solved: Solved, tasks: Tasks) -> Any:
    w = arrays.detached(tasks.weights)
    if arrays.is_array(solved.losses):
        return linalg.matvec(solved.losses, w)
    return [None if each is None else linalg.dot(w, each) for each in solved.losses]


QUANTITIES: dict[str, Quantity] = {
    "fixed_point": Quantity(lambda solved, tasks: solved.points, axes=("coordinate",)),
    "condition": Quantity(lambda solved, tasks: solved.conditions()),
    "best_lr": Quantity(lambda solved, tasks: [lr for lr, _ in solved.outer()]),
    "rate": Quantity(lambda solved, tasks: [rate for _, rate in solved.outer()]),
    "losses": Quantity(lambda solved, tasks: solved.losses, axes=("task",)),
    "mean_loss": Quantity(_mean_losses),
    "bias": Quantity(against=lambda algorithm: MAML(algorithm.loop)),
    "distance_to_joint": Quantity(against=lambda algorithm: Joint()),
}


def distance_to(point: Any) -> OfSetting:
    """A quantity: the Euclidean distance of the fixed point from a point of shape ``(d,)``.

    Examples
    --------
    >>> import quadmaml as qm
    >>> tasks = qm.Tasks.from_minimizers([[[1.0]], [[3.0]]], [[0.0], [4.0]])
    >>> found = qm.sweep(tasks, [qm.Joint], quantities={"shift": distance_to(tasks.mean_minimizer())})
    >>> found["shift"].tolist()
    [1.0]
    """
    return lambda algorithm, tasks, theta: distance(theta, point)


def distance(x: Any, y: Any) -> float:
    """The Euclidean distance of two points, as a float."""
    x, y = arrays.coerce(x=x, y=y)
    arrays.check_shape("point", y, x.shape)
    return math.hypot(*(float(each) for each in arrays.to_numpy(arrays.as_float(x - y))))


def chosen(quantities: Any) -> dict[str, Quantity]:
    """The quantities that were asked for: names of the table, and functions by their own names or those of a mapping.

    Raises
    ------
    InputError
        For a name that is not in the table, two quantities of one name, or none at all.
    """
    if isinstance(quantities, Mapping):
        pairs = list(quantities.items())
    else:
        one = isinstance(quantities, str) or callable(quantities)
        listed = [quantities] if one else list(quantities) if isinstance(quantities, Iterable) else []
        pairs = [(each if isinstance(each, str) else getattr(each, "__name__", "<lambda>"), each) for each in listed]
    found: dict[str, Quantity] = {}
    for name, each in pairs:
        if name in found or not isinstance(name, str) or name in ("<lambda>", "status"):
            raise InputError(f"quantities: {name!r} names none, or two; expected a mapping of names to functions")
        if callable(each):
            found[name] = Quantity(single=each)
        elif each in QUANTITIES:
            found[name] = QUANTITIES[each]
        else:
            raise InputError(f"quantities: got {each!r}; expected some of {sorted(QUANTITIES)}, or functions")
    if not found:
        raise InputError(f"quantities: got {quantities!r}; expected at least one")
    return found
