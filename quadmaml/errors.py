"""The exception tree, the warnings, and the checks of scalar arguments.

Every error of the package derives from :class:`QuadmamlError`. A message names the argument, says what was wrong and
what was expected.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from numbers import Real
from typing import Any

__all__ = [
    "ConvergenceError",
    "IllConditionedWarning",
    "InputError",
    "NotAGradientError",
    "QuadmamlError",
    "SingularError",
    "UnstableStepWarning",
]


class QuadmamlError(Exception):
    """Base class of every error that quadmaml raises on purpose."""


class InputError(QuadmamlError, ValueError):
    """An argument is outside what the mathematics or the shapes allow."""

    def __init__(self, message: str) -> None:
        # Arrays are shown in several lines; a message is one.
        super().__init__(" ".join(message.split()))


class SingularError(QuadmamlError, ArithmeticError):
    """A matrix that must be inverted is singular.

    Parameters
    ----------
    message : str
        What was singular, and why.
    rank : int or None
        The rank of the matrix, where it was computed.
    nullspace : array or None
        Columns spanning the null space, shape ``(d, d - rank)``, where it was computed.
    """

    def __init__(self, message: str, rank: int | None = None, nullspace: Any = None) -> None:
        super().__init__(message)
        self.rank = rank
        self.nullspace = nullspace


class NotAGradientError(QuadmamlError):
    """A vector field has no potential, or an algorithm keeps no Jacobian."""


class ConvergenceError(QuadmamlError):
    """An iteration does not converge, whatever its step size, or not in its budget, or leaves the range of floats."""


class IllConditionedWarning(UserWarning):
    """A linear system is solved although its condition number leaves few correct digits."""


class UnstableStepWarning(UserWarning):
    """A step size is beyond the bound from which the iteration diverges."""


def known(condition: Callable[[], Any]) -> bool | None:
    """Truth of a condition on a scalar, or None where it cannot be known.

    A SymPy relation between symbols, and a comparison inside a traced function (``jax.jit``, ``torch.func.vmap``),
    have no truth value yet; such arguments are taken on trust.
    """
    try:
        return bool(condition())
    except (TypeError, RuntimeError):
        return None


def package(value: Any) -> str:
    """The package that a value's class comes from, such as ``numpy``, ``flint`` or ``builtins``."""
    return type(value).__module__.split(".")[0]


def is_real(value: Any) -> bool:
    """Whether a scalar may be a finite real number, and one that is either a float or exact.

    False for SymPy's ``I``, ``oo`` and ``nan`` and for its Floats; for flint's balls; for Decimals.
    """
    kind = package(value)
    if kind == "sympy":
        import sympy

        finite = isinstance(value, sympy.Expr) and (value.is_finite is True or not value.is_number)
        return finite and value.is_extended_real is not False and not value.has(sympy.Float)
    return kind not in ("decimal", "_decimal") and (kind != "flint" or type(value).__name__ in ("fmpz", "fmpq"))


def _plain(value: Any) -> Any:
    """A 0-d array or scalar of a library that does not differentiate, or an integer of flint's, as a Python number.

    NumPy's would widen the dtype of what they multiply; those of array-api-strict refuse to multiply ring elements.
    """
    if type(value).__name__ == "fmpz":
        return int(value)
    if package(value) == "numpy" and getattr(value, "shape", None) == ():
        return value.item()
    if package(value) == "array_api_strict" and value.shape == ():
        return next((kind(value) for kind in (float, int) if kind.__name__ in str(value.dtype)), value)
    return value


_NO_REAL_NUMBERS = ("bool", "complex", "time")


def check_number(name: str, value: Any, *, above: int | None = None, at_least: int | None = None) -> Any:
    """Return ``value`` if it is one finite real number in the stated range, else raise :class:`InputError`.

    A float or an exact number (an integer, a Fraction, flint.fmpq, a SymPy expression without floats). Arrays without
    axes come back as Python numbers, unless their library differentiates.
    """
    # Most numbers are plain floats, and a sweep has thousands: here is all there is to check of them.
    plain = type(value) is float and math.isfinite(value)
    if plain and (above is None or value > above) and (at_least is None or value >= at_least):
        return value
    if hasattr(value, "level") and getattr(value, "__array_ufunc__", value) is None:
        return value  # a number of some ring, which has no order, and leaves products with arrays to itself
    bound = f" > {above}" if above is not None else f" >= {at_least}" if at_least is not None else ""
    refusal = InputError(f"{name}: got {value!r}; expected a finite real number{bound}")
    if getattr(value, "shape", ()) != ():
        raise InputError(f"{name}: got an array of shape {tuple(value.shape)}; expected one real number{bound}")
    number = _plain(value)
    # Of the value, for NumPy's spans of time become plain integers.
    kind = str(getattr(value, "dtype", ""))
    array = kind != "" and hasattr(number, "shape")
    known_kind = isinstance(number, Real) or array or package(number) in ("sympy", "flint", "decimal", "_decimal")
    odd = isinstance(number, bool) or hasattr(number, "mask") or any(word in kind for word in _NO_REAL_NUMBERS)
    if odd or not known_kind:
        raise refusal
    if not is_real(number):
        raise InputError(f"{refusal}, either a float or exact (an integer, a Fraction, fmpq, SymPy without Floats)")
    magnitude = abs(number)
    below = known(lambda: number <= above) if above is not None else known(lambda: number < at_least)
    if below or known(lambda: magnitude < float("inf")) is False:
        raise refusal
    return number


def check_steps(name: str, value: Any, *, at_least: int = 0) -> Any:
    """Return ``value`` if it is an integer (or a symbol standing for one) ``>= at_least``."""
    if hasattr(value, "free_symbols") and value.free_symbols:
        if value.is_integer is False or (value - at_least).is_negative:
            raise InputError(f"{name}: got {value!r}; expected an integer >= {at_least}")
        return value
    try:
        steps = value.__index__() if not isinstance(value, bool) else -1
    except (AttributeError, TypeError):
        steps = -1
    if steps < at_least:
        raise InputError(f"{name}: got {value!r}; expected an integer >= {at_least}")
    return steps


def check_count(name: str, value: Any) -> int:
    """Return a number of steps if it is known, else raise :class:`InputError`."""
    if not isinstance(value, int):
        raise InputError(f"{name}: got the symbol {value}; expected an integer, for steps are taken one by one")
    return value
