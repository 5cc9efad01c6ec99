"""One number for each of several settings, and algorithms that hold such numbers in place of single ones.

A residual is written over ``+ - * / **``; evaluated with these numbers at the eigenvalues of the tasks it gives the
residuals of all settings at once. No formula is written a second time.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

from .. import arrays
from ..arrays import Array
from ..exact import is_exact_scalar, to_float
from ..inner_loop import InnerLoop
from ..meta_algorithm import Algorithm

__all__ = ["Several", "joined", "structure"]

# Numbers of steps decide how a residual is evaluated; they are the same for all settings that are joined.
COUNTS = ("steps", "depth")


def _entrywise(apply: Callable[[Any, Any], Any]) -> Any:
    def method(self: Several, other: Any) -> Any:
        if isinstance(other, Several):
            return Several(apply(self.values, other.values))
        if arrays.is_array(other):
            return apply(self.values, other)
        return Several(apply(self.values, other)) if isinstance(other, (int, float)) else NotImplemented

    return method


@dataclass(frozen=True, eq=False)
class Several:
    """Numbers of shape ``(settings, 1, 1)``; beside an array of shape ``(tasks, d)`` they give one for each setting.

    ``level`` marks them as numbers of a ring, which have no order and which the parameters of a loop may be.
    """

    values: Array
    level = 0
    __array_ufunc__ = None

    __add__ = __radd__ = _entrywise(operator.add)
    __sub__ = _entrywise(operator.sub)
    __rsub__ = _entrywise(lambda own, other: other - own)
    __mul__ = __rmul__ = _entrywise(operator.mul)
    __truediv__ = _entrywise(operator.truediv)
    __rtruediv__ = _entrywise(lambda own, other: other / own)
    __pow__ = _entrywise(operator.pow)

    def __neg__(self) -> Several:
        return Several(-self.values)

    def __abs__(self) -> float:
        """The largest magnitude, against which a bound that all must keep is held."""
        return arrays.norm(self.values)

    def exp(self) -> Several:
        """The exponential of each."""
        return Several(arrays.exp(self.values))


def structure(algorithm: Algorithm) -> tuple[Any, tuple[float, ...]] | None:
    """What an algorithm is apart from its numbers, and these numbers; None if it cannot be joined with others.

    Only the package's own spectral loops are joined: their residuals are known to need nothing but arithmetic.
    """
    numbers: list[float] = []
    if not algorithm.loop.spectral or (shape := _shape("", algorithm, numbers)) is None:
        return None
    return shape, tuple(numbers)


@cache
def _parameters(kind: Hashable) -> tuple[str, ...] | None:
    """The names of the parameters of a loop or algorithm of ours; None of any other class."""
    made: Any = kind
    ours = issubclass(made, (Algorithm, InnerLoop)) and made.__module__.startswith("quadmaml.")
    return tuple(each.name for each in fields(made)) if ours and getattr(made, "spectral", True) else None


def _shape(name: str, value: Any, numbers: list[float]) -> Any:
    kind: Any = type(value)
    if kind is float:
        numbers.append(value)
        return "number"
    if value is None or (kind is int and name in COUNTS):
        return ("constant", value)
    if kind is tuple:
        schedule = tuple(_shape(name, each, numbers) for each in value)
        return None if None in schedule else ("schedule", schedule)
    if (names := _parameters(kind)) is not None:
        parts = tuple([(each, _shape(each, getattr(value, each), numbers)) for each in names])
        return None if any(part is None for _, part in parts) else (kind, parts)
    if kind is bool or not is_exact_scalar(value):
        return None
    numbers.append(to_float(name, value))
    return "number"


def joined(shape: Any, numbers: Sequence[Sequence[float]], like: Array) -> Any:
    """The algorithm of this structure that holds the numbers of several settings, in the library of an array."""
    place, xp = arrays.device(like), arrays.namespace(like)

    def column(values: tuple[float, ...]) -> Several:
        return Several(xp.reshape(xp.asarray(list(values), dtype=like.dtype, device=place), (-1, 1, 1)))

    return _built(shape, map(column, zip(*numbers, strict=True)))


def _built(shape: Any, numbers: Iterator[Several]) -> Any:
    if shape == "number":
        return next(numbers)
    kind, parts = shape
    if kind == "constant":
        return parts
    if kind == "schedule":
        return tuple(_built(part, numbers) for part in parts)
    return kind(**{name: _built(part, numbers) for name, part in parts})
