"""Regions: for which values of one scalar a claim holds that is false in part.

Exactly, where the claim is about one matrix or none: the sign of a polynomial in the scalar and at most one eigenvalue
changes only at roots of a few polynomials in the scalar alone (resultants, and values at the ends), so that one
decision between each two of them settles everything. Otherwise the claim is verified at chosen values of the scalar,
and the answer brackets where it begins to fail.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from types import MappingProxyType
from typing import Any

import sympy

from quadmaml.errors import InputError
from quadmaml.proofs.real_roots import simplest
from quadmaml.proofs.verdicts import Status

from .domains import scalar
from .inequalities import conditions, lifted
from .language import Claim
from .ranges import below, intervals, narrowed
from .readings import difference_of, read
from .spectral import minors, spectral_letters, symbol_of
from .statements import assume, less_than
from .thresholds import Part, Question, joined, parts_of
from .verification import verify

__all__ = ["Part", "Region", "region"]

GRID = 8
HALVINGS = 5


@dataclass(frozen=True)
class Region:
    """Where a claim holds.

    Parameters
    ----------
    over : str
        What varies: a scalar, or a step size times the largest eigenvalue.
    parts : tuple of Part
        In ascending order.
    exact : bool
        Whether the parts cover the domain and their ends are exact.
    how : str
        What was done.
    """

    over: str
    parts: tuple[Part, ...]
    exact: bool
    how: str

    @property
    def holds(self) -> Any:
        """The union of the parts at which it was proved, certified or tested, as a SymPy set."""
        held = (Status.PROVED, Status.CERTIFIED, Status.TESTED)
        return sympy.Union(*(part.interval for part in self.parts if part.status in held))

    @property
    def fails(self) -> Any:
        """The union of the parts at which it was refuted."""
        return sympy.Union(*(part.interval for part in self.parts if part.status is Status.REFUTED))

    def explain(self) -> str:
        """The region in sentences."""
        lines = [f"{self.over} in {part.interval}: {part.status.value}" for part in self.parts]
        return "\n".join([*lines, self.how])


def region(claim: Claim, over: str, *, examples: int = 300, seed: int | None = None) -> Region:
    """For which values of one scalar argument a claim holds for all values of the others.

    Parameters
    ----------
    claim : Claim
        The claim.
    over : str
        A scalar or step size among its arguments. Where only its product with an eigenvalue matters, the region is one
        of that product with the largest eigenvalue.
    examples : int
        Exact instances at each value, where values are tried one by one.
    seed : int, optional
        As for :func:`quadmaml.claims.verify`.

    Raises
    ------
    InputError
        If ``over`` is no scalar or step size of the claim.

    Examples
    --------
    >>> from quadmaml.claims import at_most, claim, spd, step_size
    >>> @claim(A=spd(), lr=step_size("A"))
    ... def slope_of_the_weight(A, lr):
    ...     return at_most(0, (1 - lr * A) * (1 - 3 * lr * A))
    >>> found = region(slope_of_the_weight, over="lr")
    >>> print(found.over, found.holds, found.exact)
    lr * lambda_max Interval.Lopen(0, 1/3) True
    """
    if over not in claim.letters or claim.domains[over].kind not in ("scalar", "step_size"):
        raise InputError(f"over: got {over!r}; expected a scalar or step size of {claim.name}")
    try:
        return _exactly(claim, over)
    except Exception as error:
        return _tried(claim, over, examples, seed, str(error))


# Exactly


def _exactly(claim: Claim, over: str) -> Region:
    statements, recorded = read(claim, spectral_letters(claim.domains))
    assumed = [*below(claim.domains), *conditions(recorded.assumptions)]
    s = symbol_of(over, claim.domains[over])
    alone = [(g, strict) for g, strict in assumed if g.free_symbols == {s}]
    where, left = narrowed(intervals(claim.domains), [each for each in assumed if each not in alone])
    if left or not all(isinstance(interval, sympy.Interval) for interval in where.values()):
        raise InputError("an assumption bounds no number by others")
    signs = []
    for each in statements:
        gap = lifted(difference_of(each))
        if each.kind == "equal" or (each.kind == "less_than" and any(map(len, gap.parts))):
            raise InputError("a statement is no inequality between functions of one matrix")
        signs += [(minor, each.kind == "less_than") for minor in minors(gap)]
    matrix = next((symbol_of(n, d) for n, d in claim.domains.items() if d.kind in ("spd", "symmetric")), None)
    if matrix is not None and claim.domains[over].kind == "step_size":
        if recorded.assumptions:
            raise InputError("assumptions are not taken into account together with a step size")
        if any(each.kind == "symmetric" for each in claim.domains.values()):
            raise InputError("the eigenvalues of the matrix may have any sign")
        return _shares(signs, s, matrix, over)
    others = {x for sign, _ in signs for x in sign.free_symbols} - {s}
    if where[s].free_symbols or len(others) > 1:
        raise InputError("more than two numbers are left")
    return _region(parts_of(Question(signs, s, where, alone)), over)


def _region(parts: Sequence[Part], over: str) -> Region:
    how = "exact: decided between the roots of what the sign can change at"
    if any(part.status is Status.UNDECIDED for part in parts):
        how += "; not decided at single values of it"
    return Region(over, tuple(parts), True, how)


def _shares(signs: Sequence[tuple[Any, bool]], s: Any, matrix: Any, over: str) -> Region:
    """The region of ``lr lambda_max``: all of the products up to it must be good."""
    share, reduced = sympy.Symbol("u", positive=True), []
    for sign, strict in signs:
        moved = sympy.factor(sympy.cancel(sign.subs(matrix, share / s)))
        free = sympy.Mul(*(factor for factor in sympy.Mul.make_args(moved) if s not in (factor.as_base_exp()[0],)))
        if s in free.free_symbols:
            raise InputError("not only the product with an eigenvalue matters")
        reduced.append((free, strict))
    parts = parts_of(Question(reduced, share, {share: sympy.Interval.open(0, 1)}))
    bad = next((k for k, part in enumerate(parts) if part.status is Status.REFUTED), len(parts))
    kept = [*parts[:bad], *(replace(part, status=Status.REFUTED) for part in parts[bad:])]
    how = "exact: in every dimension, by the eigenvalues of the one matrix"
    return Region(f"{over} * lambda_max", tuple(joined(kept)), True, how)


# Value by value


def _tried(claim: Claim, over: str, examples: int, seed: int | None, why: str) -> Region:
    """The verdicts at some values, with bisection where they change."""
    low, high = _ends(claim, over)
    known: dict[Fraction, Status] = {}

    def status(value: Fraction) -> Status:
        if value not in known:
            known[value] = verify(_fixed(claim, over, value), examples=examples, seed=seed).status
        return known[value]

    values = [low + (high - low) * Fraction(k, GRID) for k in range(GRID + 1)]
    inner = values if claim.domains[over].kind == "scalar" else values[1:-1]
    for left, right in pairwise(inner):
        for _ in range(HALVINGS):
            if (status(left) is Status.REFUTED) == (status(right) is Status.REFUTED):
                break
            middle = simplest(_between(left + (right - left) / 3, right - (right - left) / 3))
            left, right = (
                (middle, right)
                if (status(middle) is Status.REFUTED) == (status(left) is Status.REFUTED)
                else (left, middle)
            )
    parts = tuple(Part(sympy.FiniteSet(sympy.Rational(q.numerator, q.denominator)), known[q], q) for q in sorted(known))
    name = over if claim.domains[over].kind == "scalar" else f"{over} * lambda_max"
    return Region(name, parts, False, f"verified at single values; between them nothing was shown ({why})")


def _between(low: Fraction, high: Fraction) -> Any:
    return lambda q: (q > high) - (q < low)


def _ends(claim: Claim, over: str) -> tuple[Fraction, Fraction]:
    domain = claim.domains[over]
    if domain.kind == "step_size":
        return Fraction(0), Fraction(1)
    low = domain.low if domain.low is not None else (domain.high or Fraction(0)) - 8
    return low, domain.high if domain.high is not None else low + 8


def _fixed(claim: Claim, over: str, value: Fraction) -> Claim:
    """The claim with one value of the scalar; a step size is that share of its bound at most."""
    domain = claim.domains[over]
    if domain.kind == "scalar":
        domains = {**claim.domains, over: scalar(value, value)}
        return replace(claim, domains=MappingProxyType(domains))

    def function(**values: Any) -> Any:
        for name in domain.below:
            assume(less_than(values[over] * values[name], value))
        return claim.function(**values)

    return replace(claim, function=function)
