r"""Derivations: chains of equations in which every step is checked when it is written, and a wrong one is refused."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any

from quadmaml.errors import InputError, QuadmamlError

from . import exposition
from .cascade import check
from .counterexamples import find_counterexample
from .degrees import DegreeCounter
from .formulas import Formula, evaluate
from .letters import Letters
from .printing import Printer, Term, as_term
from .readings import Certificate, Difference, OnQuadratics, Reading, arguments, letters_of_quadratics
from .steps import Equation, Step
from .verdicts import Status, Verdict
from .words import Words, prove_equal
from .words_smooth import Smooth

__all__ = ["Derivation", "RefusedError", "RefutedError"]

# From the least that a verdict can say to the most.
_STRENGTH = [Status.REFUTED, Status.VACUOUS, Status.UNDECIDED, Status.TESTED, Status.ENCLOSED]
_STRENGTH += [Status.CERTIFIED, Status.PROVED]
_ASSUMED = "assumed: "


class RefusedError(QuadmamlError):
    """A step of a derivation was not shown to hold.

    Parameters
    ----------
    message : str
        Which step, and what was found.
    verdict : Verdict
        What was found.
    """

    def __init__(self, message: str, verdict: Verdict) -> None:
        super().__init__(message)
        self.verdict = verdict

    @property
    def witness(self) -> Mapping[str, Any] | None:
        """The counterexample, where the step was refuted."""
        return self.verdict.witness


class RefutedError(RefusedError):
    """A step of a derivation is false: ``.witness`` is an exact counterexample."""


@dataclass(frozen=True)
class Derivation:
    r"""A derivation over letters. Every method that adds a line returns a new derivation.

    Parameters
    ----------
    name : str
        A short name.
    title : str
        What is derived, in words.
    letters : mapping of names to Letter
        What the arguments of the formulas stand for.
    counts : mapping of names to tuples of int, optional
        Arguments that stand for integers, printed as letters and checked at each of these values, and at no other.
    steps : tuple of Step
        The lines so far.
    hypotheses : mapping of names to callables
        The expressions that were assumed to be zero.

    Examples
    --------
    >>> from quadmaml.proofs.letters import scalar, symmetric, vector
    >>> from quadmaml.proofs.ring import gradient
    >>> letters = {"A": symmetric(), "c": vector(), "alpha": scalar(), "theta": vector()}
    >>> start = Derivation("step", "A gradient step", letters).define(
    ...     lambda A, c, alpha, theta: theta - alpha * gradient(lambda x: (x - c).T * A * (x - c) / 2, theta) - c,
    ...     "the error after one gradient step",
    ... )
    >>> done = start.step(lambda A, c, alpha, theta: (1 - alpha * A) * (theta - c), r"the gradient is $A(\theta - c)$")
    >>> print(done.result)
    θ − α ∇_θ [½ (θ − c)ᵀ A (θ − c)] − c = (I − α A) (θ − c)
    >>> done.check().status.value
    'PROVED'
    >>> start.step(lambda A, c, alpha, theta: (1 + alpha * A) * (theta - c), "a wrong sign")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    quadmaml.proofs.derivation.RefutedError: step: line 2, (I + α A) (θ − c), is refuted: ...
    """

    name: str
    title: str
    letters: Letters
    counts: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    hypotheses: Mapping[str, Callable[..., Any]] = field(default_factory=dict, repr=False)

    # Writing

    def define(self, formula: Formula | None, reason: str, shown: str | None = None) -> Derivation:
        """Begin a chain with an expression.

        Parameters
        ----------
        formula : callable
            A plain function of letters; None before steps that another engine shows.
        reason : str
            What the expression is.
        shown : str, optional
            LaTeX to print for it, such as a name; by default the expression itself.
        """
        return self._with(Step("definition", self._printed(formula, shown), reason, None, formula))

    def step(
        self, formula: Formula, reason: str, shown: str | None = None, given: Callable[..., Any] | None = None
    ) -> Derivation:
        """Add an expression that equals the one before it.

        Parameters
        ----------
        formula : callable
            A plain function of letters.
        reason : str
            Why it equals the expression before.
        shown : str, optional
            LaTeX to print for it.
        given : callable, optional
            Where the equality rests on hypotheses: the expression before minus this one, as a function of letters and
            of the residuals of the hypotheses, by their names; zero where they are.

        Raises
        ------
        RefutedError
            If the two are not equal; the error holds an exact counterexample.
        RefusedError
            If that could not be decided.
        """
        return self._checked(Step("equality", self._printed(formula, shown), reason, None, formula, given))

    def differs(self, formula: Formula, reason: str, shown: str | None = None) -> Derivation:
        """Add an expression that does not equal the one before it for all values of the letters.

        Raises
        ------
        RefusedError
            If no exact instance was found at which the two differ.
        """
        return self._checked(Step("inequality", self._printed(formula, shown), reason, None, formula))

    def shown_by(self, engine: Callable[[], Verdict], latex: str, reason: str) -> Derivation:
        """Add an equality, printed as given, that another engine shows, such as an induction.

        Raises
        ------
        RefutedError, RefusedError
            If the verdict that the engine returns is not that it holds.
        """
        return self._checked(Step("equality", Term("name", (latex,), "scalar"), reason, None, None, engine=engine))

    def suppose(self, name: str, formula: Callable[..., Any], reason: str, shown: str | None = None) -> Derivation:
        """Assume that an expression is zero; steps use it by its name, in ``given``.

        Raises
        ------
        InputError
            If 1 = 0 follows from it and the hypotheses before.
        """
        if not name.isidentifier() or name in self.letters or name in self.counts:
            raise InputError(f"name: got {name!r}; expected an identifier that is no letter")
        step = Step("hypothesis", self._printed(formula, shown), reason, None, formula)
        supposed = replace(self, hypotheses={**self.hypotheses, name: formula})._with(step)
        for values in self._values(*supposed.hypotheses.values()):
            assumed = [Reading(each, values) for each in supposed.hypotheses.values()]
            prove_equal(0, 0, self._used(*assumed), assume=assumed)  # an error where they contradict each other
        return supposed

    # Reading

    @property
    def result(self) -> Equation:
        """The first expression of the last chain, and the last."""
        *_, chain = self.chains()
        return Equation(chain[0].expression, chain[-1].expression)

    @property
    def verdict(self) -> Verdict:
        """The weakest verdict of the steps."""
        verdicts = [step.verdict for step in self.steps if step.verdict is not None]
        if not verdicts:
            return Verdict(Status.UNDECIDED, "there is no step to be shown")
        weakest = min(verdicts, key=lambda each: _STRENGTH.index(each.status))
        return replace(weakest, seconds=sum(each.seconds for each in verdicts))

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What the steps rest on, as the words engine found it, and the hypotheses."""
        found = [
            detail.removeprefix(_ASSUMED)
            for step in self.steps
            if step.verdict is not None
            for detail in step.verdict.details
            if detail.startswith(_ASSUMED)
        ]
        supposed = [
            f"${step.expression.latex()} = 0$ ({step.reason})" for step in self.steps if step.kind == "hypothesis"
        ]
        return tuple(dict.fromkeys(found + supposed))

    def chains(self) -> Iterator[list[Step]]:
        """The lines from each definition up to the next; a hypothesis by itself."""
        chain: list[Step] = []
        for step in self.steps:
            if step.verdict is None and chain:
                yield chain
                chain = []
            chain.append(step)
        if chain:
            yield chain

    def check(self) -> Verdict:
        """Check every step again, and return the weakest verdict.

        Raises
        ------
        RefutedError
            If a step is false by now: the code that it reads was changed.
        RefusedError
            If a step was not shown to hold.
        """
        judged = [
            step if step.verdict is None else replace(step, verdict=self._judged(i, step))
            for i, step in enumerate(self.steps)
        ]
        return replace(self, steps=tuple(judged)).verdict

    def latex(self) -> str:
        r"""The derivation in LaTeX: its assumptions, and ``align*`` environments. Needs ``amsmath`` and ``amssymb``."""
        return exposition.latex(self)

    def markdown(self) -> str:
        """The derivation in Markdown, with formulas between dollar signs."""
        return exposition.markdown(self)

    def html(self) -> str:
        """The derivation as an HTML fragment, with formulas in MathML."""
        return exposition.html(self)

    def text(self) -> str:
        """The derivation in plain text."""
        return exposition.text(self)

    __str__ = text

    def _repr_latex_(self) -> str:
        return self.latex()

    def _repr_html_(self) -> str:
        return self.html()

    # Checking

    def _with(self, step: Step) -> Derivation:
        return replace(self, steps=(*self.steps, step))

    def _checked(self, step: Step) -> Derivation:
        if not self.steps or self.steps[-1].kind in ("hypothesis", "inequality"):
            raise InputError("step: there is no expression before it to compare with; expected define(...) first")
        return self._with(replace(step, verdict=self._judged(len(self.steps), step)))

    def _judged(self, place: int, step: Step) -> Verdict:
        """The verdict on a step; an error if it does not hold."""
        before = self.steps[place - 1].formula
        values: dict[str, int] = {}
        if step.engine is not None:
            verdict = step.engine()
        elif before is None or step.formula is None:
            raise InputError("step: the line before it has no formula; expected one that can be compared")
        elif step.kind == "inequality":
            verdict = self._unlike(before, step.formula)
        else:
            verdict, values = self._equal(before, step)
        if not verdict.holds:
            raise self._refusal(place, step, verdict, values)
        return verdict

    def _equal(self, before: Formula, step: Step) -> tuple[Verdict, dict[str, int]]:
        """The weakest verdict over all values of the counts, and the values at which it was found."""
        formulas = (before, step.formula, step.given)
        verdicts = [
            (verdict, values)
            for values in self._values(*formulas)
            for statement in self._statements(before, step, values)
            for verdict in self._verdicts(*statement)
        ]
        worst, values = min(verdicts, key=lambda each: _STRENGTH.index(each[0].status))
        scope = "; ".join([worst.scope, *self._scope(*formulas)]) if worst.holds else worst.scope
        details = tuple(dict.fromkeys(detail for each, _ in verdicts for detail in each.details))
        return replace(worst, scope=scope, details=details, seconds=sum(each.seconds for each, _ in verdicts)), values

    def _unlike(self, before: Formula, after: Formula) -> Verdict:
        """PROVED by an exact instance at which two expressions differ, the counts at their first values."""
        values = next(self._values(before, after))
        left, right = Reading(before, values), Reading(after, values)
        start, letters = perf_counter(), self._used(left, right)
        witness = find_counterexample(left, right, letters)
        if witness is None:
            return Verdict(
                Status.UNDECIDED, "no instance was found at which they differ", seconds=perf_counter() - start
            )
        scope = "they differ at " + ", ".join(str(witness).splitlines())
        return Verdict(Status.PROVED, scope, witness=witness, seconds=perf_counter() - start)

    def _statements(self, before: Formula, step: Step, values: Mapping[str, int]) -> list[tuple[Any, Any]]:
        """What is to be checked: the equality, or that the two differ by what the hypotheses make vanish."""
        left, right = Reading(before, values), Reading(step.formula or 0, values)
        if step.given is None:
            return [(left, right)]
        used = {name: Reading(self.hypotheses[name], values) for name in arguments(step.given) & set(self.hypotheses)}
        if not used:
            raise InputError(f"given: takes no hypothesis; expected one of {', '.join(self.hypotheses) or 'none yet'}")
        certificate = Certificate(step.given, used, values)
        return [(Difference(left, right), certificate), (replace(certificate, factor=0), 0)]

    def _verdicts(self, left: Any, right: Any) -> Iterator[Verdict]:
        """On a statement; one about smooth functions is also read for quadratic ones, where it can be refuted."""
        yield check(left, right, self._used(left, right))
        smooth = self._smooth & (left.arguments | getattr(right, "arguments", set()))
        if smooth:
            left, right = OnQuadratics(left, smooth), OnQuadratics(right, smooth) if callable(right) else right
            verdict = check(left, right, self._used(left, right))
            details = (f"on quadratics: {detail}" for detail in verdict.details if not detail.startswith(_ASSUMED))
            yield replace(verdict, details=tuple(details))

    @property
    def _smooth(self) -> frozenset[str]:
        return frozenset(name for name, letter in self.letters.items() if isinstance(letter, Smooth))

    def _values(self, *formulas: Formula | None) -> Iterator[dict[str, int]]:
        """The values of the counts that occur in the formulas."""
        names = [name for name in self.counts if any(name in arguments(each) for each in formulas)]
        for values in itertools.product(*(self.counts[name] for name in names)):
            yield dict(zip(names, values, strict=True))

    def _scope(self, *formulas: Formula | None) -> list[str]:
        names = [name for name in self.counts if any(name in arguments(each) for each in formulas)]
        return [f"{name} = {', '.join(map(str, self.counts[name]))}" for name in names]

    def _used(self, *readings: Any) -> Letters:
        """The letters that occur, so that a counterexample shows no others."""
        names = {name for each in readings if callable(each) for name in each.arguments}
        names |= {base for name in names & set(self.letters) if (base := self.letters[name].function_of) is not None}
        letters = {**self.letters, **letters_of_quadratics(set(self.letters))}
        return {name: letter for name, letter in letters.items() if name in names}

    def _refusal(self, place: int, step: Step, verdict: Verdict, values: Mapping[str, int]) -> RefusedError:
        where = f"{self.name}: line {place + 1}, {step.expression},"
        at = "".join(f"\n{name} = {value}" for name, value in values.items())
        if verdict.status is Status.REFUTED:
            return RefutedError(
                f"{where} is refuted: it differs from the line before at{at}\n{verdict.witness}", verdict
            )
        return RefusedError(f"{where} was not shown to equal the line before. {verdict.explain()}", verdict)

    def _printed(self, formula: Formula | None, shown: str | None) -> Term:
        """The expression in the ring that prints; where a name is shown, only its shape matters."""
        if formula is None:
            return Term("name", (shown or "",), "scalar")
        smooth = bool(self._smooth & arguments(formula))
        if shown is None and not smooth:
            counted = {name: Term("name", (name,), "scalar") for name in self.counts}
            (term,) = evaluate(formula, {**Printer().letters(self.letters), **counted})
            return as_term(term)
        least = {name: values[0] for name, values in self.counts.items()}
        ring = Words() if smooth else DegreeCounter(2)
        (value,) = evaluate(formula, {**ring.letters(self.letters), **least})
        if shown is None:
            return as_term(value.term)
        return Term("name", (shown,), getattr(value, "shape", "scalar"))
