"""Inequalities: shown by exact decision where one matrix or none is left, or by a certificate that is checked."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import partial
from itertools import product
from typing import Any

import sympy

from quadmaml.proofs.verdicts import Status

from .certificates import NONNEGATIVE, POSITIVE, Signs, tree_letters
from .deciding import decided
from .equalities import Shown, show_zero
from .language import Claim
from .numbers import bare
from .ranges import below, intervals
from .readings import difference_of, read
from .spectral import Spectral, minors, spectral_letters
from .squares import sum_of_squares
from .statements import Statement
from .trees import Tree, as_tree

__all__ = ["conditions", "lifted", "show_nonnegative"]


def show_nonnegative(
    claim: Claim, i: int, dims: Sequence[int], *, seed: int | None = None, pure: bool = False
) -> Shown:
    """Whether ``right - left`` of the i-th statement is nonnegative, or positive where it is strict."""
    decide = partial(_attempted, "exact decision", partial(_decided, claim, i))
    certify = partial(_attempted, "certificate", partial(_certified, claim, i, dims, seed, pure))
    # An author's reason is quicker to check than an inequality in several variables is to decide.
    first, second = (certify, decide) if _is_explained(claim, i) else (decide, certify)
    shown = first()
    if shown.holds:
        return shown
    other = second()
    details, candidates = shown.details + other.details, shown.candidates + other.candidates
    return Shown(other.status, other.scope, other.bound, details, other.false_in, candidates)


def _is_explained(claim: Claim, i: int) -> bool:
    """Whether the author says why."""
    try:
        return read(claim, tree_letters(claim.domains))[0][i].because is not None
    except Exception:
        return False


def _attempted(engine: str, run: Any) -> Shown:
    try:
        shown: Shown = run()
    except Exception as error:
        return Shown(Status.UNDECIDED, details=(f"{engine}: does not apply ({error})",))
    return shown


# One matrix or none


def _decided(claim: Claim, i: int) -> Shown:
    letters = spectral_letters(claim.domains)
    statements, recorded = read(claim, letters)
    statement, strict = statements[i], statements[i].kind == "less_than"
    gap = lifted(difference_of(statement))
    if strict and any(map(len, gap.parts)):
        return Shown(Status.UNDECIDED, details=("exact decision: does not apply (strictness for all columns)",))
    where, assumed = intervals(claim.domains), [*below(claim.domains), *conditions(recorded.assumptions)]
    details: tuple[str, ...] = ()
    for each in minors(gap) or [sympy.Integer(0)]:
        decision = decided(each, strict, where, assumed)
        details += (f"exact decision: {decision.scope}: {decision.status.value}", *decision.details)
        if not decision.holds:
            found = _candidates(claim, decision.witness) if decision.status is Status.REFUTED else ()
            return Shown(Status.UNDECIDED, details=details, candidates=found)
    flat = not any(each.kind in ("spd", "symmetric", "vector") for each in claim.domains.values())
    scope = f"all {', '.join(letters)}" if flat else "every dimension"
    return Shown(Status.PROVED, scope, details=details or ("exact decision: it is zero",))


def lifted(value: Any) -> Spectral:
    """A value in the spectral ring, numbers too."""
    return value if isinstance(value, Spectral) else Spectral("scalar", {})._plus(_one() * value)


def _one() -> Spectral:
    return Spectral("scalar", {(): sympy.Integer(1)})


def conditions(assumptions: Sequence[Statement]) -> list[tuple[Any, bool]]:
    """Assumed inequalities between plain numbers, or between functions of the matrix."""
    found = []
    for each in assumptions:
        gap = lifted(difference_of(each))
        if not any(map(len, gap.parts)):
            found.append((gap.plain, each.kind == "less_than"))
            if each.kind == "equal":
                found.append((-gap.plain, False))
    return found


def _candidates(claim: Claim, witness: Any) -> tuple[dict[str, tuple[Fraction, ...]], ...]:
    """Instances in dimension 1 at the values that a decision found, with small columns."""
    names = [name for name in claim.letters if claim.domains[name].kind == "vector"]
    rest = [name for name in claim.letters if name not in names]
    if any(not isinstance(value, Fraction) for value in (witness or {}).values()):
        return ()
    scalars: dict[str, tuple[Fraction, ...]] = {name: ((witness or {}).get(name, Fraction(1)),) for name in rest}
    columns = product(map(Fraction, (1, 0, -1, 2, -2)), repeat=min(len(names), 3))
    return tuple(
        scalars | {name: (x,) for name, x in zip(names, (*values, *[Fraction(0)] * len(names)), strict=False)}
        for values in columns
    )


# Several matrices


def _certified(claim: Claim, i: int, dims: Sequence[int], seed: int | None, pure: bool) -> Shown:
    statements, recorded = read(claim, tree_letters(claim.domains))
    statement = statements[i]
    written = statement.because is not None
    term = as_tree(bare(statement.because)) if written else as_tree(difference_of(statement))
    assumed = [
        (as_tree(difference_of(each)), each.kind == "less_than")
        for each in recorded.assumptions
        if each.kind != "equal" and isinstance(difference_of(each), Tree)
    ]
    sign = Signs(claim.domains, assumed).sign(term)
    least = POSITIVE if statement.kind == "less_than" else NONNEGATIVE
    if sign >= least and not written:
        return Shown(Status.PROVED, "every dimension", details=("certificate: right - left is a sum of squares",))
    found = None if written or sign >= least else sum_of_squares(term, claim.domains, assumed)
    if sign < least and found is None:
        which = "because" if written else "right - left"
        return Shown(Status.UNDECIDED, details=(f"certificate: no rule shows the sign of {which}",))
    if found is not None:
        sign, term = Signs(claim.domains, assumed).sign(found), found
        if sign < least:
            return Shown(Status.UNDECIDED, details=("certificate: a sum of squares was found, which may be 0",))
    checked = show_zero(partial(_unexplained, claim, i, term), claim.letters, dims, seed=seed, pure=pure)
    if not checked.holds:
        return Shown(Status.UNDECIDED, details=(*checked.details, "certificate: because is not right - left"))
    reason = "because" if written else "a sum of squares that was found"
    details = (*checked.details, f"certificate: right - left = {reason}, which the rules show to be nonnegative")
    return Shown(checked.status, checked.scope, checked.bound, details)


def _unexplained(claim: Claim, i: int, reason: Tree, **elements: Any) -> Any:
    """``right - left - reason``."""
    statements, _ = read(claim, elements)
    return difference_of(statements[i]) - reason.read(elements)
