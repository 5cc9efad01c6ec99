"""The engines in turn: a proof for every dimension, else a test modulo a prime, else a counterexample."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

from . import words
from .counterexamples import find_counterexample
from .formulas import Formula
from .identity import IdentityTest, dimensions, identity_test
from .letters import Letters, checked
from .printing import Printer
from .verdicts import Status, Verdict
from .words_assumptions import Assumption

__all__ = ["check"]

DIMENSIONS = tuple(range(1, 9))


@dataclass(frozen=True)
class _Outcomes:
    """What the identity tests showed, in ascending dimension."""

    done: tuple[IdentityTest, ...]
    details: tuple[str, ...]

    @property
    def refuted(self) -> list[int]:
        """The dimensions in which the statement is false."""
        return [test.dim for test in self.done if test.equal is False]

    @property
    def passed(self) -> list[IdentityTest]:
        """The tests that the statement passed, with a bound that says something."""
        return [test for test in self.done if test.equal and test.failure_bound < 1]

    @property
    def vacuous(self) -> bool:
        """Whether no instance of any dimension could be evaluated, for each was singular."""
        return bool(self.done) and all(test.equal is None for test in self.done)


def check(
    lhs: Formula,
    rhs: Formula,
    letters: Letters,
    *,
    dims: Sequence[int] = DIMENSIONS,
    seed: int | None = None,
    pure: bool = False,
) -> Verdict:
    """Whether ``lhs = rhs`` for all values of the letters, in words that are never stronger than what was shown.

    First the words engine, for a proof in every dimension. What it does not prove is tested modulo a prime in each of
    the dimensions: that it holds for d x d matrices does not imply that it holds for smaller ones, if what is inverted
    can be singular there. What it proves is tested once, in the lowest dimension above 1 in which it can be. Where the
    test fails, an exact counterexample is looked for in that dimension.

    Parameters
    ----------
    lhs, rhs : callable, or a number
        Plain functions of letters, to a matrix, column or number or a tuple of them.
    letters : mapping of names to Letter
        What the arguments stand for.
    dims : sequence of int
        The dimensions in which it is tested, 1 to 8 by default.
    seed : int, optional
        For repeatable tests; of a seed that somebody chose the bound says nothing.
    pure : bool
        Whether to compute in plain Python even where flint is installed.

    Returns
    -------
    Verdict
        PROVED; CERTIFIED with a bound; REFUTED with a witness; VACUOUS if every instance is singular where something
        is inverted; UNDECIDED with the reasons, such as a formula that raised an error.

    Examples
    --------
    >>> from quadmaml.proofs.letters import symmetric
    >>> AB = {"A": symmetric(), "B": symmetric()}
    >>> verdict = check(lambda A, B: A * B, lambda A, B: B * A, AB)
    >>> verdict.status.value, verdict.scope
    ('REFUTED', 'a counterexample at d = 2')
    >>> verdict.witness
    A = [[1, 0], [0, 2]]
    B = [[1, 1], [1, 2]]
    """
    start, tested = perf_counter(), sorted(set(dimensions(dims)))
    proved, details, assumed = _by_words(lhs, rhs, checked(letters))
    tests = _tested(lhs, rhs, letters, tested, seed, pure, once=proved)
    details += tests.details
    if tests.refuted:
        verdict = _refuted(lhs, rhs, letters, tests.refuted, details, pure)
    elif tests.vacuous:
        verdict = Verdict(Status.VACUOUS, "no instance: something that is inverted is always singular", details=details)
    elif proved:
        verdict = Verdict(Status.PROVED, "every dimension", details=details + assumed)
    elif tests.passed:
        bound = max(test.failure_bound for test in tests.passed)
        scope = _scope([test.dim for test in tests.passed])
        verdict = Verdict(Status.CERTIFIED, scope, bound, details=details + assumed)
    else:
        verdict = Verdict(Status.UNDECIDED, "nothing was shown", details=details)
    return replace(verdict, seconds=perf_counter() - start)


def _attempt(engine: str, run: Callable[[], Any]) -> tuple[Any, tuple[str, ...]]:
    """What an engine returns, or None and the error that it, or the formula of the user, raised."""
    try:
        return run(), ()
    except Exception as error:
        return None, (f"{engine}: {type(error).__name__}: {error}",)


def _by_words(lhs: Formula, rhs: Formula, letters: Letters) -> tuple[bool, tuple[str, ...], tuple[str, ...]]:
    """Whether the words engine proves the statement; and the assumptions, of the proof or of the statement itself."""

    def run() -> Any:
        return words.prove_equal(lhs, rhs, letters)

    proof, details = _attempt("words", run)
    if proof is None:
        return False, details, tuple(map(_assumed, _declared(letters)))
    if proof.proved:
        return True, ("words: proved",), tuple(map(_assumed, proof.assumptions))
    # Without a proof it is not known which properties of the letters count: all that were declared are assumed.
    needed = [each for each in proof.assumptions if each.kind in ("invertible", "nonzero")]
    return False, ("words: no proof was found",), tuple(map(_assumed, (*needed, *_declared(letters))))


def _assumed(assumption: Assumption) -> str:
    return f"assumed: {assumption}"


def _declared(letters: Letters) -> Iterator[Assumption]:
    """What was declared of the letters: that they are symmetric, or functions of one another."""
    terms = Printer().letters(letters)
    for name, letter in letters.items():
        functions = [other for other, each in letters.items() if each.function_of == name]
        if letter.symmetric:
            yield Assumption("symmetric", (terms[name],))
        if functions:
            yield Assumption("commuting", (terms[name], *(terms[other] for other in functions)))


def _tested(
    lhs: Formula, rhs: Formula, letters: Letters, dims: list[int], seed: int | None, pure: bool, *, once: bool
) -> _Outcomes:
    """Identity tests in ascending dimension, up to the first that fails; ``once``: or that passes above 1."""
    done: list[IdentityTest] = []
    for dim in dims:
        test, details = _attempt("identity test", lambda: identity_test(lhs, rhs, letters, dim, seed=seed, pure=pure))  # noqa: B023
        if test is None:
            return _Outcomes((), details)
        done.append(test)
        if test.equal is False or (once and test.equal and dim > 1):
            break
    return _Outcomes(tuple(done), tuple(map(str, done)))


def _scope(dims: list[int]) -> str:
    """The dimensions in words."""
    if dims == list(range(1, len(dims) + 1)):
        return f"d <= {len(dims)}"
    return f"d = {', '.join(map(str, dims))}"


def _refuted(
    lhs: Formula, rhs: Formula, letters: Letters, dims: list[int], details: tuple[str, ...], pure: bool
) -> Verdict:
    """A counterexample where the statement is known to be false; UNDECIDED if none of small numbers turns up."""
    witness, errors = _attempt("search", lambda: find_counterexample(lhs, rhs, letters, dims, pure=pure))
    if witness is not None:
        return Verdict(Status.REFUTED, f"a counterexample at d = {witness.dim}", witness=witness, details=details)
    found = "the two sides differ modulo a prime, but no rational counterexample was found"
    return Verdict(Status.UNDECIDED, found, details=details + errors)
