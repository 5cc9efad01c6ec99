"""Exact scalars: ``Fraction``, ``flint.fmpq`` and SymPy expressions without floats, and NumPy object arrays of them.

Integers (Python's, NumPy's, ``flint.fmpz``) have no kind of their own: they take that of the numbers they meet, and
so do the rational numbers of one kind beside those of another.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from numbers import Integral, Rational
from typing import Any, TypeAlias

from .errors import InputError, is_real, package

ExactArray: TypeAlias = Any
ExactScalar: TypeAlias = Any


def is_integer(x: Any) -> bool:
    """Whether x is an integer without a kind: SymPy's integers are SymPy numbers, and booleans are no numbers."""
    counts = isinstance(x, Integral) and not isinstance(x, bool) and package(x) != "sympy"
    return counts or type(x).__name__ == "fmpz"


def is_exact_scalar(x: Any) -> bool:
    """Whether x is an integer, a rational number of any kind, or a SymPy expression without floats."""
    return is_integer(x) or isinstance(x, Fraction) or (package(x) in ("flint", "sympy") and is_real(x))


def fraction_of(x: Any) -> Fraction | None:
    """A rational number of any kind as a Fraction; None for everything else."""
    rational = isinstance(x, Rational) and not isinstance(x, bool)
    return Fraction(int(x.numerator), int(x.denominator)) if rational or _is_flint_rational(x) else None


def _is_flint_rational(x: Any) -> bool:
    return type(x).__name__ in ("fmpz", "fmpq") and package(x) == "flint"


def kind_name(x: Any) -> str:
    """The package of an exact scalar, or of those in an object array: sympy before flint before fractions."""
    found = {package(entry) for entry in getattr(x, "flat", [x]) if not is_integer(entry)}
    return next((name for name in ("sympy", "flint") if name in found), "fractions")


def _constructor(kind: str) -> Callable[[int, int], ExactScalar]:
    if kind == "sympy":
        import sympy

        return lambda p, q: sympy.Rational(p, q)
    if kind == "flint":
        import flint

        return lambda p, q: flint.fmpq(p, q)
    return Fraction


def kind_of(x: Any) -> Callable[[Any], ExactScalar]:
    """How to turn rational numbers into exact scalars of the kind of x, or of those in x; symbols stay as they are."""
    name = kind_name(x)
    make = _constructor(name)

    def convert(number: Any) -> ExactScalar:
        if package(number) == name and not is_integer(number):
            return number
        rational = fraction_of(number)
        return number if rational is None else make(rational.numerator, rational.denominator)

    return convert


def exact_array(name: str, x: Any, like: ExactArray | None = None) -> ExactArray:
    """The entries of an object array as exact scalars of one kind: that of ``like``, or the one that they have."""
    import numpy as np

    for entry in x.flat:
        if not is_exact_scalar(entry):
            raise InputError(
                f"{name}: holds {entry!r}; expected real numbers, all floats or all exact (integers, Fractions, fmpq,"
                " SymPy expressions without floats), not a mixture"
            )
    like = x if like is None else like
    made, kind = list(map(kind_of(like), x.flat)), kind_name(like)
    for entry in made:
        if package(entry) != kind:
            raise InputError(f"{name}: holds {entry}; expected rational numbers, for the others are of {kind}")
    out: ExactArray = np.empty(x.shape, dtype=object)
    out.flat = made
    return out


def rounded(name: str, x: ExactArray) -> Any:
    """An object array of exact numbers in double precision."""
    import numpy as np

    return np.asarray([to_float(name, entry) for entry in x.flat], dtype=float).reshape(x.shape)


def to_float(name: str, number: Any) -> float:
    """A number of any kind as a float; InputError for a symbol, and for a number beyond the range of floats."""
    rational = fraction_of(number)
    try:
        rounded = float(number if rational is None else rational)
    except TypeError:
        raise InputError(f"{name}: holds symbols, such as {number}; expected numbers") from None
    except OverflowError:
        rounded = math.inf
    if math.isinf(rounded):
        raise InputError(f"{name}: holds an exact number beyond the range of floats; expected at most 1.8e308 in size")
    return rounded


def divisor(number: Any) -> Any:
    """A number by which 1 can be divided without losing exactness: integers become Fractions."""
    return Fraction(int(number)) if is_integer(number) else number


def is_zero(entry: ExactScalar) -> bool:
    """Whether an exact scalar is zero; a SymPy expression is simplified first."""
    if package(entry) == "sympy":
        import sympy

        return bool(sympy.simplify(entry) == 0)
    return bool(entry == 0)
