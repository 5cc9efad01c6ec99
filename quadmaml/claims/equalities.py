"""Equalities: a proof in words for every dimension, else a test modulo a prime in each dimension."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from importlib import import_module
from typing import Any

from quadmaml.proofs.identity import IdentityTest, identity_test
from quadmaml.proofs.letters import Letters
from quadmaml.proofs.verdicts import Status

__all__ = ["Shown", "show_zero", "span"]

Difference = Callable[..., Any]


@dataclass(frozen=True)
class Shown:
    """What was shown of one statement.

    Parameters
    ----------
    status : Status
        PROVED, CERTIFIED, or UNDECIDED.
    scope : str
        In which dimensions.
    bound : float
        For CERTIFIED: the chance that a false statement passes.
    details : tuple of str
        What was tried, in order.
    false_in : tuple of int
        Dimensions in which the two sides differ at generic letters.
    candidates : tuple of dict
        Instances in dimension 1, some of which should refute it.
    """

    status: Status
    scope: str = ""
    bound: float = 0.0
    details: tuple[str, ...] = ()
    false_in: tuple[int, ...] = ()
    candidates: tuple[dict[str, tuple[Fraction, ...]], ...] = ()

    @property
    def holds(self) -> bool:
        """Whether the statement was shown to hold."""
        return self.status in (Status.PROVED, Status.CERTIFIED)


def show_zero(
    difference: Difference, letters: Letters, dims: Sequence[int], *, seed: int | None = None, pure: bool = False
) -> Shown:
    """Whether a difference, as a function of letters, is zero for all of them."""
    proved, details = by_words(difference, letters)
    if proved:
        return Shown(Status.PROVED, "every dimension", details=details)
    # Without matrices and columns the dimension does not matter.
    flat = all(letter.shape == "scalar" for letter in letters.values())
    return _by_primes(difference, letters, [1] if flat else sorted(set(dims)), details, flat, seed, pure)


def by_words(
    difference: Difference, letters: Letters, assume: Sequence[Difference] = ()
) -> tuple[bool, tuple[str, ...]]:
    """Whether the words engine proves it where others are zero, and from which assumptions."""
    try:
        proof = import_module("quadmaml.proofs.words").prove_equal(difference, 0, letters, assume=assume)
    except Exception as error:
        return False, (f"words: {type(error).__name__}: {error}",)
    if not proof.proved:
        return False, ("words: no proof was found",)
    return True, ("words: proved", *(f"assumed: {each}" for each in proof.assumptions))


def _by_primes(
    difference: Difference,
    letters: Letters,
    dims: Sequence[int],
    details: tuple[str, ...],
    flat: bool,
    seed: int | None,
    pure: bool,
) -> Shown:
    passed: list[IdentityTest] = []
    for dim in dims:
        try:
            test = identity_test(difference, 0, letters, dim, seed=seed, pure=pure)
        except Exception as error:
            return Shown(Status.UNDECIDED, details=(*details, f"identity test: {type(error).__name__}: {error}"))
        details += (str(test),)
        if test.equal is False:
            return Shown(Status.UNDECIDED, details=details, false_in=(dim,))
        if test.equal and test.failure_bound < 1:
            passed.append(test)
    if not passed:
        return Shown(Status.UNDECIDED, details=details)
    bound = max(test.failure_bound for test in passed)
    scope = "every dimension" if flat else span([test.dim for test in passed])
    return Shown(Status.CERTIFIED, scope, bound, details)


def span(dims: Sequence[int], *, sign: str = "≤") -> str:
    """Dimensions in words.

    Examples
    --------
    >>> span([1, 2, 3]), span([2, 3]), span([1, 4]), span([1, 2], sign="=")
    ('d ≤ 3', 'd = 2..3', 'd = 1, 4', 'd = 1..2')
    """
    ordered = sorted(dims)
    if len(ordered) == 1:
        return f"d = {ordered[0]}"
    if ordered == list(range(ordered[0], ordered[-1] + 1)):
        return f"d ≤ {ordered[-1]}" if ordered[0] == 1 and sign == "≤" else f"d = {ordered[0]}..{ordered[-1]}"
    return f"d = {', '.join(map(str, ordered))}"
