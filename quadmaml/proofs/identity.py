"""Identity testing: two formulas compared at one random instance modulo a prime, with a bound on the chance of error.

An identity between rational expressions holds at every instance, so that one instance where it fails refutes it. A
false one holds at few instances: how few follows from the degrees, which :mod:`.degrees` counts by reading the same
formulas.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random
from time import perf_counter
from typing import Any

from quadmaml.curvature import RingElement
from quadmaml.errors import InputError, SingularError, check_steps

from .degrees import DegreeCounter, Size, counts
from .fields import PrimeField
from .formulas import Formula, differences
from .instances import draw, instance
from .letters import Letters
from .primes import LOWEST, PRIMES_OF_63_BITS, random_prime
from .verdicts import Status, Verdict

__all__ = ["Counts", "IdentityTest", "count", "failure_bound", "identity_test"]


@dataclass(frozen=True)
class Counts:
    """What the degree counter says of a statement ``lhs = rhs`` in one dimension.

    Parameters
    ----------
    degree : int
        Bound on the degree of the numerator of every entry of ``lhs - rhs``.
    bits : int
        Bound on log2 of the sum of the magnitudes of that numerator's integer coefficients.
    inverted : int
        Bound on the degree of the product of the determinants of all matrices that are inverted on the way.
    """

    degree: int
    bits: int
    inverted: int


@dataclass(frozen=True)
class IdentityTest:
    """The outcome of :func:`identity_test`.

    Parameters
    ----------
    equal : bool or None
        Whether the two sides agreed at the instance; None if no instance could be evaluated.
    failure_bound : float
        Bound on the chance, over prime and instance, that a false statement agrees. Where ``equal`` is False the
        statement is false without doubt.
    dim : int
        The dimension d.
    counts : Counts
        The degrees from which the bound comes.
    prime, seed : int
        With them the instance can be drawn again.
    draws : int
        How many instances were drawn; all but the last were singular.
    seconds : float
        Time taken.
    reason : str
        Why nothing could be evaluated, where that is so.
    """

    equal: bool | None
    failure_bound: float
    dim: int
    counts: Counts
    prime: int
    seed: int
    draws: int
    seconds: float
    reason: str = ""

    @property
    def degree(self) -> int:
        """The counted degree of the statement's numerator."""
        return self.counts.degree

    def verdict(self) -> Verdict:
        """CERTIFIED, or UNDECIDED: a refutation asks for a rational counterexample, VACUOUS for every dimension."""
        if self.equal and self.failure_bound < 1:
            return Verdict(
                Status.CERTIFIED, f"d = {self.dim}", self.failure_bound, seconds=self.seconds, details=(str(self),)
            )
        return Verdict(Status.UNDECIDED, f"d = {self.dim}", seconds=self.seconds, details=(str(self),))

    def __str__(self) -> str:
        where = f"identity test at d = {self.dim} modulo {self.prime}"
        if self.equal is None:
            return f"{where}: {self.draws} instances, none could be evaluated ({self.reason})"
        outcome = "the two sides agree" if self.equal else "the two sides differ"
        return f"{where}: {outcome}; degree {self.degree}, a false statement passes with p <= {self.failure_bound:.1e}"


def count(lhs: Formula, rhs: Formula, letters: Letters, dim: int) -> Counts:
    """The counts of the statement ``lhs = rhs`` for d x d matrices.

    Examples
    --------
    >>> from quadmaml.proofs.letters import matrix
    >>> count(lambda A, B: A * B, lambda A, B: B * A, {"A": matrix(), "B": matrix()}, 4)
    Counts(degree=2, bits=3, inverted=0)
    """
    counter = DegreeCounter(dim)
    sizes: list[Size] = [counts(difference) for difference in differences(lhs, rhs, counter.letters(letters))]
    degree, bits = max(size.degree for size in sizes), max(size.bits for size in sizes)
    return Counts(degree, bits, counter.inverted_degree)


def failure_bound(counted: Counts, prime: int, *, random_prime: bool) -> float:
    """Bound on the chance that a false statement passes; derived in the documentation.

    ``n / (p - m)`` for the draw of the instance, n and m the degrees of the statement and of what is inverted; for the
    prime the share of the primes of 63 bits that can divide an integer of so many bits, or for a prime that was not
    drawn at random 0 if it is too large to divide any, else 1.

    Examples
    --------
    >>> failure_bound(Counts(degree=2, bits=2, inverted=0), 7, random_prime=False) >= 2 / 7
    True
    """
    if counted.inverted + counted.degree >= prime:
        return 1.0
    drawn = _upwards(counted.degree, prime - counted.inverted)
    # A coefficient other than 0 is at most 2^bits < p in magnitude.
    if counted.bits < prime.bit_length():
        return drawn
    if not random_prime:
        return 1.0
    dividing = counted.bits // (LOWEST.bit_length() - 1)
    return min(1.0, math.nextafter(drawn + _upwards(dividing, PRIMES_OF_63_BITS), math.inf))


def _upwards(numerator: int, denominator: int) -> float:
    """The quotient as a float that is not below it."""
    return math.nextafter(numerator / denominator, math.inf) if numerator else 0.0


def identity_test(
    lhs: Formula,
    rhs: Formula,
    letters: Letters,
    dim: int,
    prime: int | None = None,
    seed: int | None = None,
    *,
    redraws: int = 20,
    pure: bool = False,
) -> IdentityTest:
    """Compare two formulas at a random instance of their letters modulo a prime.

    Parameters
    ----------
    lhs, rhs : callable, or a number
        Plain functions of letters, to a matrix, column or number or a tuple of them.
    letters : mapping of names to Letter
        What the arguments stand for.
    dim : int
        The dimension d >= 1.
    prime : int, optional
        An odd prime; by default a random one of 63 bits.
    seed : int, optional
        For a repeatable draw. The bound is about random draws: of a seed that somebody chose it says nothing.
    redraws : int
        How many instances to draw at most. Instances at which something to be inverted is singular are drawn again; if
        all are, nothing was tested, and ``equal`` is None.
    pure : bool
        Whether to compute in plain Python even where flint is installed.

    Raises
    ------
    InputError
        For formulas that the ring cannot read (``exp``, shapes that do not fit), or an argument out of range.

    Examples
    --------
    >>> from quadmaml.proofs.letters import symmetric
    >>> AB = {"A": symmetric(), "B": symmetric()}
    >>> identity_test(lambda A, B: (A * B).T, lambda A, B: B * A, AB, dim=3).equal
    True
    >>> identity_test(lambda A, B: A * B, lambda A, B: B * A, AB, dim=3).equal
    False
    """
    dim, redraws = check_steps("dim", dim, at_least=1), check_steps("redraws", redraws, at_least=1)
    start, seed = perf_counter(), secrets.randbits(64) if seed is None else seed
    rng = Random(seed)
    field = PrimeField(random_prime(rng) if prime is None else prime, pure)
    counted = count(lhs, rhs, letters, dim)
    bound = failure_bound(counted, field.p, random_prime=prime is None)
    equal, reason, draws = None, "", 0
    while equal is None and draws < redraws:
        draws += 1
        try:
            elements = instance(field, letters, dim, draw(letters, dim, lambda: rng.randrange(field.p)))
            equal = all(map(vanishes, differences(lhs, rhs, elements)))
        except SingularError as error:
            reason = str(error)
    return IdentityTest(equal, bound, dim, counted, field.p, seed, draws, perf_counter() - start, reason)


def dimensions(dims: Sequence[int]) -> list[int]:
    """The same dimensions, each an integer >= 1; else InputError."""
    if not isinstance(dims, Iterable):
        raise InputError(f"dims: got {dims!r}; expected a sequence of integers")
    return [check_steps("dims", dim, at_least=1) for dim in dims]


def vanishes(difference: Any) -> bool:
    """Whether a difference, an element or a plain number, is zero."""
    return bool(difference.is_zero() if isinstance(difference, RingElement) else difference == 0)
