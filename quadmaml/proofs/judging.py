"""Judging the lines of a derivation: what the engines show of two formulas, and what a step may rest on."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

from quadmaml.errors import InputError, SingularError

from .cascade import check
from .counterexamples import find_counterexample
from .formulas import Formula
from .letters import Letters
from .readings import Certificate, Difference, OnQuadratics, Reading, arguments, letters_of_quadratics
from .steps import Step
from .verdicts import Status, Verdict
from .words import prove_equal

__all__ = ["ASSUMED", "Judge", "weakest"]

# From the least that a verdict can say to the most.
_STRENGTH = [Status.REFUTED, Status.VACUOUS, Status.UNDECIDED, Status.TESTED, Status.ENCLOSED]
_STRENGTH += [Status.CERTIFIED, Status.PROVED]
ASSUMED = "assumed: "


def weakest(verdicts: Sequence[Verdict]) -> Verdict:
    """What holds of all of them: the least status, with every scope that it has, and the largest bound.

    Examples
    --------
    >>> both = weakest([Verdict(Status.CERTIFIED, "d <= 8", 1e-17), Verdict(Status.CERTIFIED, "d <= 8", 1e-15)])
    >>> both.scope, both.failure_bound
    ('d <= 8', 1e-15)
    """
    least = min(verdicts, key=lambda each: _STRENGTH.index(each.status))
    alike = [each for each in verdicts if each.status is least.status]
    bounds = [each.failure_bound for each in alike if each.failure_bound is not None]
    parts = dict.fromkeys(part for each in alike for part in each.scope.split("; ")) if least.holds else [least.scope]
    seconds = sum(each.seconds for each in verdicts)
    return replace(least, scope="; ".join(parts), failure_bound=max(bounds, default=None), seconds=seconds)


@dataclass(frozen=True)
class Judge:
    """The engines, over the letters of a derivation.

    Parameters
    ----------
    letters : mapping of names to Letter
        What the arguments of the formulas stand for.
    counts : mapping of names to sequences of int
        Arguments that stand for integers, and the values at which they are checked.
    hypotheses : mapping of names to callables
        The expressions that are assumed to be zero.
    """

    letters: Letters
    counts: Mapping[str, Sequence[int]]
    hypotheses: Mapping[str, Callable[..., Any]]

    def check_hypotheses(self) -> None:
        """InputError if 1 = 0 follows from the hypotheses."""
        for values in self._values(*self.hypotheses.values()):
            assumed = [Reading(each, values) for each in self.hypotheses.values()]
            prove_equal(0, 0, self._used(*assumed), assume=assumed)

    def equal(self, before: Formula, step: Step) -> tuple[Verdict, dict[str, int]]:
        """The weakest verdict over all values of the counts, and the values at which it was found."""
        formulas = (before, step.formula, step.given, *self._rests_on(step).values())
        verdicts = [
            (verdict, values)
            for values in self._values(*formulas)
            for statement in self._statements(before, step, values)
            for verdict in (*self._verdicts(*statement), *self._contradictions(statement, values))
        ]
        worst = weakest([verdict for verdict, _ in verdicts])
        where = next(values for verdict, values in verdicts if verdict.status is worst.status)
        scope = "; ".join([worst.scope, *self._scope(*formulas)]) if worst.holds else worst.scope
        details = tuple(dict.fromkeys(detail for each, _ in verdicts for detail in each.details))
        return replace(worst, scope=scope, details=details), where

    def unlike(self, before: Formula, after: Formula) -> Verdict:
        """PROVED by an exact instance at which two expressions differ, the counts at their first values."""
        values = next(self._values(before, after))
        left, right = Reading(before, values), Reading(after, values)
        start, letters = perf_counter(), self._used(left, right)
        witness = find_counterexample(left, right, letters)
        if witness is None:
            return Verdict(
                Status.UNDECIDED, "no instance was found at which they differ", seconds=perf_counter() - start
            )
        numbers = [f"{name} = {value}" for name, value in values.items()]
        scope = "they differ at " + ", ".join([*str(witness).splitlines(), *numbers])
        return Verdict(Status.PROVED, scope, witness=witness, seconds=perf_counter() - start)

    def _statements(self, before: Formula, step: Step, values: Mapping[str, int]) -> list[tuple[Any, Any]]:
        """What is to be checked: the equality, or that the two differ by what the hypotheses make vanish."""
        left, right = Reading(before, values), Reading(step.formula or 0, values)
        if step.given is None:
            return [(left, right)]
        used = {name: Reading(formula, values) for name, formula in self._rests_on(step).items()}
        if not used:
            raise InputError(f"given: takes no hypothesis; expected one of {', '.join(self.hypotheses) or 'none yet'}")
        certificate = Certificate(step.given, used, values)
        return [(Difference(left, right), certificate), (replace(certificate, factor=0), 0)]

    def _rests_on(self, step: Step) -> dict[str, Callable[..., Any]]:
        """The hypotheses that the certificate of a step takes."""
        return {name: formula for name, formula in self.hypotheses.items() if name in arguments(step.given)}

    def _contradictions(self, statement: tuple[Any, Any], values: Mapping[str, int]) -> Iterator[Verdict]:
        """VACUOUS where a certificate inverts what has no inverse where its hypotheses hold."""
        left, right = statement
        if not isinstance(right, Certificate):
            return
        assumed = list(right.residuals.values())
        try:
            prove_equal(left, right, self._used(left, right, *assumed), assume=assumed)
        except (InputError, SingularError) as error:
            yield Verdict(Status.VACUOUS, f"the step contradicts its hypotheses: {error}")

    def _verdicts(self, left: Any, right: Any) -> Iterator[Verdict]:
        """On a statement; one about smooth functions is also read for quadratic ones, where it can be refuted."""
        yield check(left, right, self._used(left, right))
        smooth = self.smooth & (left.arguments | getattr(right, "arguments", set()))
        if smooth:
            left, right = OnQuadratics(left, smooth), OnQuadratics(right, smooth) if callable(right) else right
            verdict = check(left, right, self._used(left, right))
            details = (f"on quadratics: {detail}" for detail in verdict.details if not detail.startswith(ASSUMED))
            yield replace(verdict, details=tuple(details))

    @property
    def smooth(self) -> frozenset[str]:
        """The names of the smooth functions."""
        return frozenset(self.letters) - frozenset(self.numeric)

    @property
    def numeric(self) -> Letters:
        """The letters that stand for numbers."""
        return {name: letter for name, letter in self.letters.items() if letter.numeric}

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
