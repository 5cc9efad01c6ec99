"""Verification: the engines in turn, chosen by what a claim states.

A short search over exact instances first: it flags what is vacuous or raises, and most false claims end there. Then for
every statement a proof is tried: in words and modulo a prime for equalities, by exact decision or by the author's
certificate for inequalities. What is not shown to hold is searched for counterexamples in earnest.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from time import perf_counter
from typing import Any

from quadmaml.errors import InputError, check_steps
from quadmaml.proofs.counterexamples import Witness
from quadmaml.proofs.fields import Rationals
from quadmaml.proofs.verdicts import Status, Verdict

from .deciding import MANY
from .elimination import Solved, assumption, equations, solved
from .equalities import Shown, by_words, show_zero, span
from .inequalities import show_nonnegative
from .language import Claim
from .readings import Outcome, difference_of, read, violation
from .search import Search
from .values import Value

__all__ = ["verify"]

SEARCHED = (1, 2, 3, 4, 5)
TESTED_MODULO_PRIMES = tuple(range(1, 9))
EXAMPLES = 2000
LARGEST = 128
PROBED = 120
CLIMBED = 1000
"""How many instances to spend on going downhill, or twice as many as were drawn where that is more."""


def verify(
    claim: Claim,
    *,
    dims: Sequence[int] | int | None = None,
    examples: int = EXAMPLES,
    seed: int | None = None,
    pure: bool = False,
) -> Verdict:
    """Prove, certify, test or refute a claim.

    Parameters
    ----------
    claim : Claim
        The claim.
    dims : int or sequence of int, optional
        The dimensions to test and search; by default 1 to 8 modulo primes and 1 to 5 over the rationals.
    examples : int
        How many exact instances to draw for what is not shown otherwise.
    seed : int, optional
        For repeatable draws. By default instances are the same each time, and tests modulo primes are not, for of a
        seed that somebody chose their bound says nothing.
    pure : bool
        Whether to compute in plain Python even where flint is installed.

    Returns
    -------
    Verdict
        PROVED or CERTIFIED with its scope, REFUTED with a witness, TESTED with a count, VACUOUS where no instance
        satisfies the assumptions, UNDECIDED where the claim raises. ``details`` says what was tried.

    Examples
    --------
    >>> from quadmaml.claims import claim, equal, spd
    >>> @claim(A=spd(), B=spd())
    ... def curvatures_commute(A, B):
    ...     return equal(A @ B, B @ A)
    >>> verdict = verify(curvatures_commute)
    >>> verdict.status.value, verdict.witness.dim
    ('REFUTED', 2)
    """
    if not isinstance(claim, Claim):
        raise InputError(f"claim: got {claim!r}; expected a function with @claim")
    chosen = _checked(dims)
    check_steps("examples", examples, at_least=1)
    start = perf_counter()
    verdict = _verdict(claim, chosen, examples, seed, pure)
    return replace(verdict, seconds=perf_counter() - start)


def _verdict(claim: Claim, dims: tuple[int, ...] | None, examples: int, seed: int | None, pure: bool) -> Verdict:
    found = solved(claim) if equations(claim) else None
    if found is None:
        return _Run(claim, dims, examples, seed, pure).verdict()
    verdict = _verdict(found.claim, dims, examples, seed, pure)
    witness = None if verdict.witness is None else completed(claim, found, verdict.witness)
    return replace(verdict, witness=witness, details=(f"assumed: solved for {found.name}", *verdict.details))


def completed(claim: Claim, found: Solved, witness: Any) -> Witness:
    """A witness with the argument that an equation was solved for."""
    field = Rationals(pure=True)
    shapes = {name: each.letter.shape for name, each in claim.domains.items()}
    values = {name: Value(field.element(shapes[name], x)) for name, x in witness.items()}
    entries = {**witness, found.name: found.value(values).element.value}
    letters = {name: each.letter for name, each in claim.domains.items()}
    return Witness({name: entries[name] for name in claim.domains}, witness.dim, letters)


def _checked(dims: Sequence[int] | int | None) -> tuple[int, ...] | None:
    if dims is None:
        return None
    if not isinstance(dims, (int, Iterable)):
        raise InputError(f"dims: got {dims!r}; expected an integer or several")
    chosen = (dims,) if isinstance(dims, int) else tuple(dims)
    if not chosen:
        raise InputError("dims: got none; expected at least one dimension")
    found = tuple(sorted({check_steps("dims", dim, at_least=1) for dim in chosen}))
    if found[-1] > LARGEST:
        raise InputError(f"dims: got {found[-1]}; expected dimensions up to {LARGEST}, for the arithmetic is exact")
    return found


class _Run:
    """One verification."""

    def __init__(self, claim: Claim, dims: tuple[int, ...] | None, examples: int, seed: int | None, pure: bool) -> None:
        self.claim, self.examples, self.seed, self.pure = claim, examples, seed, pure
        flat = all(letter.shape == "scalar" for letter in claim.letters.values())
        self.searched = (1,) if flat else dims or SEARCHED
        self.tested = dims or TESTED_MODULO_PRIMES
        self.search = Search(claim, seed or 0, pure)
        self.was_searched = False

    def verdict(self) -> Verdict:
        probed = [dim for dim in self.searched if dim <= 3] or self.searched[:1]
        if self.search.run(probed, min(PROBED, self.examples)):
            return self.refuted()
        matrices = sum(letter.shape == "matrix" for letter in self.claim.letters.values())
        # What has no reason yet takes long to show, and a counterexample is found sooner.
        slow = not self.search.explained and (matrices > 1 or len(self.claim.letters) > MANY)
        self.was_searched = slow or not self.search.kinds
        if self.was_searched and self.search.run(self.searched, self.examples):
            return self.refuted()
        shown = [self.shown(i) for i in range(len(self.search.kinds))]
        if shown and all(each.holds for each in shown) and not self.search.errors:
            return combined(shown)
        return self.searched_on(shown)

    def shown(self, i: int) -> Shown:
        """What can be shown of the i-th statement without instances."""
        if self.search.kinds[i] == "equal":
            value = partial(_difference, self.claim, i)
            shown = show_zero(value, self.claim.letters, self.tested, seed=self.seed, pure=self.pure)
            return shown if shown.holds else self.under_equations(value, shown)
        return show_nonnegative(self.claim, i, self.tested, seed=self.seed, pure=self.pure)

    def under_equations(self, value: Any, shown: Shown) -> Shown:
        """A proof in words from the equations that are assumed, where there are any."""
        supposed = [partial(assumption, self.claim, k) for k in equations(self.claim)]
        if not supposed:
            return shown
        proved, details = by_words(value, self.claim.letters, supposed)
        if not proved:
            return replace(shown, details=(*shown.details, *details))
        return Shown(Status.PROVED, "every dimension", details=(*shown.details, *details))

    def searched_on(self, shown: Sequence[Shown]) -> Verdict:
        """The search in earnest, for what was not shown to hold."""
        details = tuple(line for each in shown for line in each.details)
        suspects = sorted({dim for each in shown for dim in each.false_in})
        if any(self.search.try_all(1, each.candidates) for each in shown):
            return self.refuted(details)
        # What raises an error, or never meets its assumptions, has been searched enough.
        if self.search.kinds and not self.search.errors:
            found = suspects and self.search.run(suspects, self.examples)
            found = found or (not self.was_searched and self.search.run(self.searched, self.examples))
            if found or self.search.climb(self.searched, max(CLIMBED, 2 * self.examples)):
                return self.refuted(details)
        counts = ", ".join(f"{n} {kind}" for kind, n in sorted(self.search.counts.items()))
        details += (f"exact search: {counts}",)
        if self.search.errors:
            raised = tuple(f"raised {error}" for error in self.search.errors[:3])
            return Verdict(Status.UNDECIDED, "the claim raises an error", details=(*raised, *details))
        if not self.search.satisfied:
            return Verdict(Status.VACUOUS, "no instance that was drawn satisfies the assumptions", details=details)
        scope = f"{span(sorted(self.search.dims), sign='=')}, {self.search.satisfied} instances"
        if suspects:
            details += (f"it is no identity at d = {suspects[0]}, but no instance at which it fails was found",)
        return Verdict(Status.TESTED, scope, margin=self.search.least, details=details)

    def refuted(self, details: tuple[str, ...] = ()) -> Verdict:
        found = self.search.witness()
        if found is None:
            return Verdict(Status.UNDECIDED, "a counterexample did not stand a second evaluation", details=details)
        witness, outcome = found
        tried = f"exact search: counterexample after {sum(self.search.counts.values())} instances, then made small"
        return Verdict(
            Status.REFUTED,
            f"a counterexample at d = {witness.dim}",
            witness=witness,
            margin=_margin(outcome),
            details=(*details, tried, *_failure(outcome)),
        )


def _difference(claim: Claim, i: int, **elements: Any) -> Any:
    statements, _ = read(claim, elements)
    return difference_of(statements[i])


def combined(shown: Sequence[Shown]) -> Verdict:
    """The verdict on several statements at once: the weakest, with the bounds added up."""
    details = tuple(dict.fromkeys(line for each in shown for line in each.details))
    scopes = list(dict.fromkeys(each.scope for each in shown))
    narrower = [scope for scope in scopes if scope != "every dimension"] or scopes
    if all(each.status is Status.PROVED for each in shown):
        return Verdict(Status.PROVED, "; ".join(narrower), details=details)
    return Verdict(Status.CERTIFIED, "; ".join(narrower), min(1.0, sum(each.bound for each in shown)), details=details)


def _failure(outcome: Outcome) -> tuple[str, ...]:
    """Which statement fails, and by what."""
    if outcome.violated is None:
        return ()
    which = f"statement {outcome.violated + 1} of {len(outcome.statements)}: " if len(outcome.statements) > 1 else ""
    statement = outcome.statements[outcome.violated]
    words = {"equal": "differs from 0", "at_most": "is negative", "less_than": "is not positive"}[statement.kind]
    return (f"{which}right - left {words}: {shown_value(violation(statement))}",)


def shown_value(value: Any) -> str:
    """A number, column or matrix in one line."""
    return f"[{', '.join(map(shown_value, value))}]" if isinstance(value, tuple) else str(value)


def _margin(outcome: Outcome) -> Fraction | None:
    if outcome.violated is None or outcome.statements[outcome.violated].kind == "equal":
        return None
    gap = violation(outcome.statements[outcome.violated])
    return gap if isinstance(gap, Fraction) else None
