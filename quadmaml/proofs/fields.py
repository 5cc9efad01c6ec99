"""The prime fields and the rationals (balls: :mod:`.balls`).

Their matrices are flint's where python-flint is installed, else those of :mod:`.pure`; the results are the same.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from quadmaml.errors import InputError, SingularError

from .elements import Field, FieldElement
from .primes import is_prime
from .pure import Table

__all__ = ["Field", "FieldElement", "PrimeField", "Rationals", "fraction_of", "has_flint"]


def has_flint() -> bool:
    """Whether python-flint is installed."""
    return importlib.util.find_spec("flint") is not None


def fraction_of(x: Any) -> Fraction:
    """An integer, a Fraction, or an exact rational of flint or SymPy as a Fraction; InputError for anything else."""
    if isinstance(x, (int, Fraction)) and not isinstance(x, bool):
        return Fraction(x)
    try:
        if type(x).__module__.split(".")[0] in ("flint", "sympy", "numpy") and not isinstance(x, float):
            return Fraction(int(x.numerator), int(x.denominator))
    except (AttributeError, TypeError, ValueError):
        pass
    raise InputError(f"number: got {x!r}; expected an integer or a Fraction, for this arithmetic is exact")


@dataclass(frozen=True)
class PrimeField(Field):
    """The integers modulo an odd prime.

    Parameters
    ----------
    p : int
        The prime.
    pure : bool
        Whether to work in plain Python even where flint is installed.

    Examples
    --------
    >>> F = PrimeField(7)
    >>> A = F.matrix([[1, 2], [3, 4]])
    >>> (A / 2).value, (A * A.inverse() - 1).is_zero()
    (((4, 1), (5, 2)), True)
    """

    p: int
    pure: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.p, int) or self.p == 2 or not is_prime(self.p):
            raise InputError(f"p: got {self.p!r}; expected an odd prime")

    @cached_property
    def _nmod_mat(self) -> Any:
        if self.pure or self.p >= 2**64 or not has_flint():
            return None
        from flint import nmod_mat

        return nmod_mat

    def __str__(self) -> str:
        return f"the integers modulo {self.p}"

    def number(self, x: Any) -> int:
        if type(x) is int:
            return x % self.p
        x = fraction_of(x)
        if x.denominator % self.p == 0:
            raise SingularError(f"{x} has no value modulo {self.p}")
        reciprocal: int = pow(x.denominator, -1, self.p)
        return int(x.numerator * reciprocal % self.p)

    def table(self, rows: int, columns: int, entries: Sequence[Any]) -> Any:
        if self._nmod_mat is None:
            return Table.of(rows, columns, entries, self.p)
        return self._nmod_mat(rows, columns, list(entries), self.p)

    def vanish(self, entries: Sequence[Any]) -> bool:
        return not any(map(int, entries))

    def value(self, entry: Any) -> int:
        return int(entry)


@dataclass(frozen=True)
class Rationals(Field):
    """The rational numbers.

    Parameters
    ----------
    pure : bool
        Whether to work in plain Python even where flint is installed.

    Examples
    --------
    >>> A = Rationals().matrix([[1, 2], [3, 4]])
    >>> A.inverse().value
    ((Fraction(-2, 1), Fraction(1, 1)), (Fraction(3, 2), Fraction(-1, 2)))
    """

    pure: bool = False

    @cached_property
    def _flint(self) -> Any:
        if self.pure or not has_flint():
            return None
        import flint

        return flint

    def __str__(self) -> str:
        return "the rationals"

    def number(self, x: Any) -> Any:
        x = fraction_of(x)
        return x if self._flint is None else self._flint.fmpq(x.numerator, x.denominator)

    def table(self, rows: int, columns: int, entries: Sequence[Any]) -> Any:
        if self._flint is None:
            return Table.of(rows, columns, entries)
        return self._flint.fmpq_mat(rows, columns, list(entries))

    def vanish(self, entries: Sequence[Any]) -> bool:
        return not any(entries)

    def value(self, entry: Any) -> Fraction:
        return fraction_of(entry)
