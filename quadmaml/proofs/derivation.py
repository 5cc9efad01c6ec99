r"""Derivations: chains of equations in which every step is checked when it is written, and a wrong one is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from quadmaml.errors import InputError, QuadmamlError, check_steps

from . import exposition
from .degrees import DegreeCounter
from .formulas import Formula, only
from .judging import ASSUMED, Judge, weakest
from .letters import Letters, checked
from .printing import Printer, Term, as_term
from .readings import arguments
from .steps import Equation, Step
from .verdicts import Status, Verdict
from .words import Words

__all__ = ["Derivation", "RefusedError", "RefutedError"]


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

    def __post_init__(self) -> None:
        checked(self.letters)
        _check_words("title", self.title)
        for name, values in self.counts.items():
            if name in self.letters:
                raise InputError(f"counts: {name} is a letter as well; expected another name")
            if not isinstance(values, Sequence) or not values:
                raise InputError(f"counts: got {values!r} for {name}; expected at least one integer")
            for value in values:
                check_steps(f"counts: {name}", value)

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
        if not isinstance(name, str) or not name.isidentifier() or name in self.letters or name in self.counts:
            raise InputError(f"name: got {name!r}; expected an identifier that is no letter")
        step = Step("hypothesis", self._printed(formula, shown), reason, None, formula)
        supposed = replace(self, hypotheses={**self.hypotheses, name: formula})._with(step)
        supposed._judge.check_hypotheses()
        return supposed

    # Reading

    @property
    def result(self) -> Equation:
        """The first expression of the last chain that has a step, and the last."""
        *_, chain = [[], *(chain for chain in self.chains() if len(chain) > 1)]
        if not chain:
            raise InputError("result: there is no step yet; expected one, by step(...) or differs(...)")
        return Equation(chain[0].expression, chain[-1].expression, chain[-1].kind == "equality")

    @property
    def verdict(self) -> Verdict:
        """The weakest verdict of the steps."""
        verdicts = [step.verdict for step in self.steps if step.verdict is not None]
        if not verdicts:
            return Verdict(Status.UNDECIDED, "there is no step to be shown")
        return weakest(verdicts)

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What the steps rest on, as the words engine found it, and the hypotheses."""
        found = [
            detail.removeprefix(ASSUMED)
            for step in self.steps
            if step.verdict is not None
            for detail in step.verdict.details
            if detail.startswith(ASSUMED)
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

    @property
    def _judge(self) -> Judge:
        return Judge(self.letters, self.counts, self.hypotheses)

    def _with(self, step: Step) -> Derivation:
        _check_words("reason", step.reason)
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
            if not isinstance(verdict, Verdict):
                raise InputError(f"engine: gave {verdict!r}; expected a Verdict")
        elif before is None or step.formula is None:
            raise InputError("step: the line before it has no formula; expected one that can be compared")
        elif step.kind == "inequality":
            verdict = self._judge.unlike(before, step.formula)
        else:
            verdict, values = self._judge.equal(before, step)
        if not verdict.holds:
            raise self._refusal(place, step, verdict, values)
        return verdict

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
        smooth = bool(self._judge.smooth & arguments(formula))
        if shown is None and not smooth:
            counted = {name: Term("name", (name,), "scalar") for name in self.counts}
            return as_term(only(formula, {**Printer().letters(self.letters), **counted}))
        least = {name: values[0] for name, values in self.counts.items()}
        ring = Words() if smooth else DegreeCounter(2)
        value = only(formula, {**ring.letters(self._judge.numeric if not smooth else self.letters), **least})
        if shown is None:
            return as_term(value.term)
        return Term("name", (shown,), getattr(value, "shape", "scalar"))


def _check_words(name: str, words: Any) -> None:
    if not isinstance(words, str) or words.count("$") % 2:
        raise InputError(f"{name}: got {words!r}; expected words, with formulas between two dollar signs each")
