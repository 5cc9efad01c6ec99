"""Formulas: reading a plain Python function in a ring, and the difference of two readings."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from quadmaml.curvature import RingElement
from quadmaml.errors import InputError

__all__ = ["Formula", "differences", "evaluate", "only"]

Formula: TypeAlias = "Callable[..., Any] | int"


def evaluate(formula: Formula, elements: Mapping[str, Any]) -> tuple[Any, ...]:
    """The value of a formula at the elements that its arguments name; several values as a tuple.

    A number in place of a function stands for itself.

    Examples
    --------
    >>> evaluate(lambda A, t: t * A, {"A": 3, "B": 5, "t": 2})
    (6,)
    """
    if not callable(formula):
        return (formula,)
    arguments = [each for each in inspect.signature(formula).parameters.values() if each.kind != each.VAR_POSITIONAL]
    if any(each.kind is each.POSITIONAL_ONLY for each in arguments):
        raise InputError("formula: takes arguments by position alone; expected names, for each is a letter")
    if any(each.kind is each.VAR_KEYWORD for each in arguments):
        taken = dict(elements)
    else:
        taken = {each.name: elements[each.name] for each in arguments if each.name in elements}
        required = [each.name for each in arguments if each.default is each.empty]
        if missing := [name for name in required if name not in taken]:
            raise InputError(f"letters: the formula also takes {', '.join(missing)}; expected a letter for each")
    value = formula(**taken)
    return tuple(value) if isinstance(value, (tuple, list)) else (value,)


def only(formula: Formula, elements: Mapping[str, Any]) -> Any:
    """The value of a formula that has one; InputError for several."""
    values = evaluate(formula, elements)
    if len(values) != 1:
        raise InputError(f"formula: gives {len(values)} values; expected one")
    return values[0]


def differences(lhs: Formula, rhs: Formula, elements: Mapping[str, Any]) -> tuple[Any, ...]:
    """The differences of the values of two formulas, one for each part."""
    left, right = evaluate(lhs, elements), evaluate(rhs, elements)
    if not left or any(part is None for part in left + right):
        raise InputError("lhs, rhs: a formula gives nothing; expected a matrix, column or number, or several")
    if len(left) != len(right):
        raise InputError(f"lhs: has {len(left)} parts; expected {len(right)} as in rhs")
    return tuple(_minus(x, y) for x, y in zip(left, right, strict=True))


def _minus(x: Any, y: Any) -> Any:
    """``x - y`` of two values of one shape, numbers of the ring or plain ones included."""
    shapes = {getattr(value, "shape", None) for value in (x, y) if isinstance(value, RingElement)}
    if len(shapes) > 1 and shapes != {"matrix", "scalar"}:
        raise InputError(f"lhs: is a {x.shape}; expected a {y.shape} as rhs is")
    return x - y
