"""Balls: real matrices with guaranteed error bounds, by flint's arb.

What holds for a ball holds for every number in it. A float goes in as exactly that float: what is enclosed is the value
for those floats, not for the decimals that were typed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from quadmaml.errors import ConvergenceError, InputError, SingularError, check_steps

from .degrees import DegreeCounter
from .elements import Field, FieldElement
from .fields import fraction_of, has_flint
from .formulas import Formula, evaluate
from .letters import Letters, checked

__all__ = ["Balls", "Enclosure", "enclose", "interval"]


@dataclass(frozen=True)
class Balls(Field):
    """The real numbers, each known up to a radius.

    Parameters
    ----------
    bits : int
        Working precision. Every operation runs at it, whatever flint's own setting.
    no_derivatives : str
        Why differences are not known to be derivatives, where that is so: then there are none.

    Raises
    ------
    InputError
        If python-flint, the extra ``exact``, is not installed.

    Examples
    --------
    >>> Balls(64).scalar(1).exp().value     # doctest: +SKIP
    [2.71828182845905 +/- 4.77e-15]
    """

    bits: int = 53
    no_derivatives: str = ""

    def __post_init__(self) -> None:
        if not has_flint():
            raise InputError(
                "balls: ball arithmetic needs python-flint, which is not installed; expected the extra `exact`:"
                " pip install 'quadmaml[exact]'"
            )
        if not isinstance(self.bits, int) or self.bits < 2:
            raise InputError(f"bits: got {self.bits!r}; expected an integer >= 2")

    @cached_property
    def _flint(self) -> Any:
        import flint

        return flint

    def __str__(self) -> str:
        return f"balls of {self.bits} bits"

    def precision(self) -> AbstractContextManager[Any]:
        context: AbstractContextManager[Any] = self._flint.ctx.workprec(self.bits)
        return context

    def number(self, x: Any) -> Any:
        if isinstance(x, self._flint.arb):
            return x
        with self.precision():
            if isinstance(x, float):
                return self._flint.arb(x)
            q = fraction_of(x)
            return self._flint.arb(self._flint.fmpq(q.numerator, q.denominator))

    def table(self, rows: int, columns: int, entries: Sequence[Any]) -> Any:
        return self._flint.arb_mat(rows, columns, list(entries))

    def vanish(self, entries: Sequence[Any]) -> bool | None:
        if any(not entry.contains(0) for entry in entries):
            return False
        return True if all(entry.is_exact() and entry.is_zero() for entry in entries) else None

    def value(self, entry: Any) -> Any:
        return entry

    def exp(self, table: Any) -> Any:
        return table.exp()


def interval(ball: Any) -> tuple[Fraction, Fraction]:
    """The ends of a ball, exactly.

    Raises
    ------
    InputError
        If the ball is not finite.
    """
    if not ball.is_finite():
        raise InputError(f"ball: got {ball}; expected a finite one")
    middle, radius = (_dyadic(part) for part in (ball.mid(), ball.rad()))
    return middle - radius, middle + radius


def _dyadic(exact: Any) -> Fraction:
    mantissa, exponent = exact.man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


@dataclass(frozen=True)
class Enclosure:
    """The value of a formula, enclosed.

    Parameters
    ----------
    parts : tuple of FieldElement
        The value, each part an element over :class:`Balls`.
    bits : int
        The precision that sufficed.
    """

    parts: tuple[FieldElement, ...]
    bits: int

    @property
    def radius(self) -> float:
        """The largest radius of an entry."""
        return max(float(entry.rad()) for part in self.parts for entry in part.table.entries())

    def is_zero(self) -> bool | None:
        """False if some entry is not zero, True if all are exactly zero, else None."""
        found = [part.is_zero() for part in self.parts]
        return False if False in found else None if None in found else True

    def intervals(self) -> tuple[Any, ...]:
        """For each part the ends of its entries, row by row, as pairs of Fractions."""
        return tuple(tuple(map(interval, part.table.entries())) for part in self.parts)


def enclose(
    formula: Formula,
    letters: Letters,
    values: Mapping[str, Any],
    *,
    accuracy: float = 1e-12,
    bits: int = 53,
    max_bits: int = 4096,
) -> Enclosure:
    """The value of a formula at given inputs, with guaranteed error bounds.

    Where the precision does not suffice, for a matrix is not seen to be invertible or a ball is wider than asked for,
    it is doubled.

    Parameters
    ----------
    formula : callable
        A plain function of the letters, to a matrix, column or number or a tuple of them.
    letters : mapping of names to Letter
        What the arguments stand for.
    values : mapping of names to numbers or nested sequences of them
        Integers, Fractions, floats or balls.
    accuracy : float
        The largest radius allowed, relative to an entry of magnitude above 1, else absolute.
    bits, max_bits : int
        The precisions to begin and to end with.

    Raises
    ------
    InputError
        If a value is missing or does not fit its letter, or the formula has a derivative whose degree is not counted.
    ConvergenceError
        If ``max_bits`` do not suffice: a matrix to be inverted is singular, or the inputs are too wide.

    Examples
    --------
    >>> from quadmaml.proofs.letters import scalar
    >>> value = enclose(lambda t: (-t).exp(), {"t": scalar()}, {"t": 1})     # doctest: +SKIP
    >>> value.parts[0].value                                                 # doctest: +SKIP
    [0.3678794411714 +/- 4.94e-14]
    """
    if missing := [name for name in checked(letters, numeric=True) if name not in values]:
        raise InputError(f"values: none for {', '.join(missing)}; expected one for each letter")
    bits, max_bits = check_steps("bits", bits, at_least=2), check_steps("max_bits", max_bits, at_least=2)
    reason, uncounted = "no precision was tried", _uncounted(formula, letters)
    while bits <= max_bits:
        field = Balls(bits, uncounted)
        elements = {name: field.element(letter.shape, values[name]) for name, letter in letters.items()}
        try:
            enclosure = Enclosure(_lifted(field, evaluate(formula, elements)), bits)
        except SingularError as error:
            reason = str(error)
        else:
            if all(_narrow(entry, accuracy) for part in enclosure.parts for entry in part.table.entries()):
                return enclosure
            reason = f"the largest radius was {enclosure.radius:.1e}"
        bits *= 2
    raise ConvergenceError(f"accuracy: {accuracy} was not reached within {max_bits} bits: {reason}")


def _uncounted(formula: Formula, letters: Letters) -> str:
    """Why the degrees of a formula cannot be counted; empty where they can: then derivatives by differences are exact.

    Whether third differences vanish, balls cannot tell.
    """
    try:
        evaluate(formula, DegreeCounter(2).letters(letters))
    except Exception as error:
        return str(error)
    return ""


def _narrow(entry: Any, accuracy: float) -> bool:
    return bool(entry.is_finite()) and float(entry.rad()) <= accuracy * max(1.0, abs(float(entry.mid())))


def _lifted(field: Balls, parts: tuple[Any, ...]) -> tuple[FieldElement, ...]:
    return tuple(part if isinstance(part, FieldElement) else field.scalar(part) for part in parts)
