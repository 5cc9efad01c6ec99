"""The exception tree, the warnings, and the checks of scalar arguments.

Every error of the package derives from :class:`QuadmamlError`. A message names the argument, says what was wrong and
what was expected.
"""

from __future__ import annotations

from collections.abc import Callable
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
    """An iteration does not converge, whatever its step size, or did not converge in its budget."""


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


def is_real(value: Any) -> bool:
    """False for a SymPy number that is known not to be real and finite, such as ``I``, ``oo`` or ``nan``."""
    finite = getattr(value, "is_finite", True) if getattr(value, "is_number", False) else True
    return getattr(value, "is_extended_real", True) is not False and finite is True


def check_number(name: str, value: Any, *, above: int | None = None, at_least: int | None = None) -> Any:
    """Return ``value`` if it is one finite real number in the stated range, else raise :class:`InputError`."""
    bound = f" > {above}" if above is not None else f" >= {at_least}" if at_least is not None else ""
    refusal = InputError(f"{name}: got {value!r}; expected a finite real number{bound}")
    if getattr(value, "shape", ()) != ():
        raise InputError(f"{name}: got an array of shape {tuple(value.shape)}; expected one real number{bound}")
    if isinstance(value, (bool, complex)) or not is_real(value):
        raise refusal
    if any(kind in str(getattr(value, "dtype", "")) for kind in ("bool", "complex")):
        raise refusal
    try:
        magnitude = abs(value)
    except TypeError:
        raise refusal from None
    below = known(lambda: value <= above) if above is not None else known(lambda: value < at_least)
    if below or known(lambda: magnitude < float("inf")) is False:
        raise refusal
    return value


def check_steps(name: str, value: Any, *, at_least: int = 0) -> Any:
    """Return ``value`` if it is an integer (or a symbol standing for one) ``>= at_least``."""
    if hasattr(value, "free_symbols") and value.free_symbols:
        return value
    try:
        steps = value.__index__() if not isinstance(value, bool) else -1
    except (AttributeError, TypeError):
        steps = -1
    if steps < at_least:
        raise InputError(f"{name}: got {value!r}; expected an integer >= {at_least}")
    return steps
