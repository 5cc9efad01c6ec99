"""The search for a counterexample: exact instances in growing dimension, then downhill steps from the tightest ones.

Floating point only orders instances by how little a statement has to spare; whether one fails is decided exactly.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from random import Random
from typing import Any

from quadmaml.proofs.counterexamples import Witness
from quadmaml.proofs.fields import Rationals
from quadmaml.proofs.instances import instance

from .draws import SIZES, draw_sample
from .language import Claim
from .readings import Outcome, judged, violation
from .shrinking import Sample, shrunk
from .statements import Statement

__all__ = ["Search"]

TIGHTEST = 3
# All limits are counts of instances, never seconds, so that what comes out does not depend on the machine.
FEW = 9
"""In so many numbers a simplex still finds its way."""
LONG = 4096
"""An instance at which the sides differ by a fraction of so many bits counts twice, of twice as many three times, .."""
WIDE = 500
"""The same for the number of products of entries in one of matrices."""
# For a witness of small numbers: how many more instances to draw, in lower dimensions and in its own.
LOWER = 200
MORE = 2500


@dataclass
class Search:
    """A search, and what it has seen so far.

    Parameters
    ----------
    claim : Claim
        The claim.
    seed : int
        The same seed draws the same instances.
    pure : bool
        Whether to compute in plain Python even where flint is installed.
    counts : dict
        How many instances came out how, by :attr:`Outcome.kind`.
    dims : set of int
        The dimensions in which the claim was seen to hold somewhere.
    kinds : tuple of str
        What it states.
    explained : bool
        Whether its author says why all inequalities hold.
    errors : list of str
        What it raised.
    found : pair, or None
        The dimension and the free numbers of an instance at which it fails.
    """

    claim: Claim
    seed: int = 0
    pure: bool = False
    counts: dict[str, int] = field(default_factory=dict)
    dims: set[int] = field(default_factory=set)
    errors: list[str] = field(default_factory=list)
    found: tuple[int, Sample] | None = None
    least: Fraction | None = None
    spent: int = 0
    kinds: tuple[str, ...] = ()
    explained: bool = False
    _tightest: dict[int, list[tuple[float, int, Sample]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._rng, self._field = Random(self.seed), Rationals(self.pure)

    @property
    def satisfied(self) -> int:
        """How many instances satisfied the assumptions and were evaluated."""
        return self.counts.get("held", 0) + self.counts.get("violated", 0)

    def run(self, dims: Sequence[int], examples: int) -> bool:
        """Draw so many instances, evenly over the dimensions, up to the first at which the claim fails."""
        for place, dim in enumerate(dims):
            share = examples // len(dims) + (place < examples % len(dims))
            start = self.spent
            while (spent := self.spent - start) < share:
                size = SIZES[min(len(SIZES) - 1, int(len(SIZES) * (spent / share) ** 1.5))]
                if self._tried(dim, draw_sample(self.claim, dim, self._rng, size)):
                    return True
        return False

    def try_all(self, dim: int, samples: Iterable[Sample]) -> bool:
        """Whether the claim fails at one of these instances."""
        return any(self._tried(dim, sample) for sample in samples)

    def climb(self, dims: Sequence[int], examples: int) -> bool:
        """Go downhill in what inequalities have to spare, from the tightest instances seen in each dimension."""
        allowed = examples // (TIGHTEST * len(dims))
        for dim in dims:
            for score, _, sample in list(self._tightest.get(dim, ())):
                if self._descend(dim, score, sample, self.spent + allowed):
                    return True
        return False

    def _descend(self, dim: int, score: float, sample: Sample, end: int) -> bool:
        if self._slid(dim, sample, (end - self.spent) // 3):
            return True
        reach = 0.5
        while self.spent < end:
            choice = self._rng.random()
            if choice < 0.02 and self._pushed(dim, sample):
                return True
            candidate = stepped(sample, self._rng, reach) if choice > 0.4 else moved(sample, self._rng)
            outcome = judged(self.claim, dim, candidate, self._field)
            if self._noted(dim, candidate, outcome):
                return True
            better = outcome.kind == "held" and (now := tightness(outcome.statements)) < score
            if better:
                score, sample = now, candidate
            if choice > 0.4:
                # Long steps as long as they succeed about every fifth time.
                reach = min(1.0, reach * 1.7) if better else max(1e-6, reach * 0.88)
        return False

    def _slid(self, dim: int, sample: Sample, allowed: int) -> bool:
        """Nelder and Mead's simplex downhill, for narrow valleys in few numbers; whether the claim fails on the way."""
        import numpy as np
        from scipy.optimize import minimize

        names, start = list(sample), [_float(x) for numbers in sample.values() for x in numbers]
        if len(start) > FEW or not all(map(math.isfinite, start)):
            return False

        def score(point: Any) -> float:
            entries = iter(point)
            near = {name: tuple(_rounded(next(entries)) for _ in sample[name]) for name in names}
            if self.found is not None:
                return -1.0
            outcome = judged(self.claim, dim, near, self._field)
            self._noted(dim, near, outcome)
            return min(tightness(outcome.statements), 1e300) if outcome.kind == "held" else 1e300

        minimize(score, np.asarray(start), method="Nelder-Mead", options={"maxfev": allowed, "xatol": 0, "fatol": 0})
        return self.found is not None

    def _pushed(self, dim: int, sample: Sample) -> bool:
        """Grow one argument up to the edge of what is assumed, by bisection; whether the claim fails on the way."""
        name = self._rng.choice(list(sample))
        inside, outside = Fraction(1), Fraction(8)
        for _ in range(18):
            factor = ((inside + outside) / 2).limit_denominator(10**6)
            grown = {**sample, name: tuple(factor * x for x in sample[name])}
            outcome = judged(self.claim, dim, grown, self._field)
            if self._noted(dim, grown, outcome):
                return True
            inside, outside = (factor, outside) if outcome.kind == "held" else (inside, factor)
        edge = {**sample, name: tuple(inside * x for x in sample[name])}
        for other in sample:
            for share in (Fraction(99, 100), Fraction(19, 20), Fraction(101, 100)):
                near = {**edge, other: tuple(share * x for x in edge[other])}
                if self._tried(dim, near):
                    return True
        return self._alike(dim, edge)

    def _alike(self, dim: int, edge: Sample) -> bool:
        """At the edge, with one argument close to another of its kind."""
        letters = self.claim.letters
        for name in edge:
            for twin in edge:
                if name != twin and letters[name] == letters[twin]:
                    for share in (Fraction(97, 100), Fraction(103, 100)):
                        if self._tried(dim, {**edge, name: tuple(share * x for x in edge[twin])}):
                            return True
        return False

    def _tried(self, dim: int, sample: Sample) -> bool:
        outcome = judged(self.claim, dim, sample, self._field)
        if self._noted(dim, sample, outcome):
            return True
        if outcome.kind == "held" and any(each.kind != "equal" for each in outcome.statements):
            best = self._tightest.setdefault(dim, [])
            best.append((tightness(outcome.statements), len(best), sample))
            best.sort(key=lambda each: each[0])
            del best[TIGHTEST:]
        return False

    def _noted(self, dim: int, sample: Sample, outcome: Outcome) -> bool:
        """Whether the claim fails here; what came of it is counted."""
        self.counts[outcome.kind] = self.counts.get(outcome.kind, 0) + 1
        self.spent += 1 + max(map(_bits, outcome.statements), default=0) // LONG + dim**3 // WIDE
        if outcome.kind == "raised" and outcome.error not in self.errors:
            self.errors.append(outcome.error)
        if outcome.kind in ("held", "violated"):
            self.dims.add(dim)
            self.kinds = self.kinds or tuple(each.kind for each in outcome.statements)
            self.explained = all(each.kind == "equal" or each.because is not None for each in outcome.statements)
        if outcome.kind == "held":
            self._note_slack(outcome.statements)
        if outcome.kind == "violated":
            self.found = dim, sample
        return outcome.kind == "violated"

    def _note_slack(self, statements: Sequence[Statement]) -> None:
        for each in statements:
            if each.kind != "equal" and isinstance(gap := violation(each), Fraction):
                self.least = gap if self.least is None else min(self.least, gap)

    def witness(self) -> tuple[Witness, Outcome] | None:
        """The counterexample that was found, made small and evaluated once more in plain Python."""
        if self.found is None:
            return None
        again = Rationals(pure=True)
        for dim, sample in (self._smallest(*self.found), self.found):
            outcome = judged(self.claim, dim, sample, again)
            if outcome.kind == "violated":
                values = {k: each.value for k, each in instance(again, self.claim.letters, dim, sample).items()}
                constants = {k: each.constant for k, each in self.claim.domains.items() if each.constant is not None}
                entries = {k: values.get(k, constants.get(k)) for k in self.claim.domains}
                letters = {k: each.letter for k, each in self.claim.domains.items()}
                return Witness(entries, dim, letters), outcome
        return None

    def _smallest(self, dim: int, sample: Sample) -> tuple[int, Sample]:
        """A failing instance made small; others are made small as well as long as its numbers are not."""
        best = shrunk(self.claim, dim, sample, self._fails)
        for k in range(LOWER * (dim - 1)):
            other = draw_sample(self.claim, 1 + k % (dim - 1), self._rng, 1 + k % 3)
            if self._fails(1 + k % (dim - 1), other):
                best = shrunk(self.claim, 1 + k % (dim - 1), other, self._fails)
                break
        end = self.spent + MORE
        for k in range(MORE):
            if plain(best[1]) or self.spent > end:
                break
            other = draw_sample(self.claim, best[0], self._rng, 1 + k % 3)
            if self._fails(best[0], other):
                best = min(best, shrunk(self.claim, best[0], other, self._fails), key=weight)
        return best

    def _fails(self, dim: int, sample: Sample) -> bool:
        self.spent += 1
        return judged(self.claim, dim, sample, self._field).kind == "violated"


def weight(instance: tuple[int, Sample]) -> tuple[int, int]:
    """The dimension of an instance, and the sum of its numerators and denominators."""
    dim, sample = instance
    return dim, sum(abs(x.numerator) + x.denominator for numbers in sample.values() for x in numbers)


def plain(sample: Sample) -> bool:
    """Whether all numbers are of textbook size."""
    return all(x.denominator < 20 and abs(x.numerator) < 100 for numbers in sample.values() for x in numbers)


def tightness(statements: Sequence[Statement]) -> float:
    """How little an inequality has to spare, relative to its sides, roughly; the least of several."""
    import numpy as np

    scores = []
    for each in statements:
        if each.kind == "equal":
            continue
        gap = violation(each)
        if isinstance(gap, Fraction):
            left, right = (abs(_float(_value(side))) for side in (each.left, each.right))
            # Beside 0 nothing is relatively small. A tie, as of equal tasks, says nothing about what is near it.
            scores.append(_float(gap) / (left + right if left and right else 1.0) if gap else float("inf"))
        else:
            matrix = np.asarray([[_float(x) for x in row] for row in gap])
            scores.append(float(np.linalg.eigvalsh((matrix + matrix.T) / 2)[0]) / (float(np.abs(matrix).max()) or 1.0))
    return min(scores, default=float("inf"))


def _value(side: Any) -> Fraction:
    value = getattr(getattr(side, "element", side), "value", side)
    return Fraction(value)


def _float(x: Fraction) -> float:
    try:
        return float(x)
    except OverflowError:
        return float("inf") if x > 0 else float("-inf")


def _rounded(x: float) -> Fraction:
    """A fraction that is near to about seven digits."""
    size = abs(x)
    return Fraction(x).limit_denominator(10**7 if size < 1 else 10**6) if size < 1e12 else Fraction(round(x))


def _bits(statement: Statement) -> int:
    """The length of the numbers by which the sides of a statement differ."""
    gap = violation(statement)
    while isinstance(gap, tuple):
        gap = gap[0]
    return int(gap.denominator.bit_length())


def stepped(sample: Sample, rng: Random, reach: float) -> Sample:
    """A sample with the numbers of one argument, or all numbers, changed by about this share of their size."""
    names = [rng.choice(list(sample))] if rng.random() < 0.6 else list(sample)
    finest = 10 ** min(9, 2 + round(-math.log10(reach)))
    return {
        name: tuple(
            (x + Fraction(rng.gauss(0, reach * max(abs(_float(x)), 0.05)))).limit_denominator(finest) for x in numbers
        )
        if name in names
        else numbers
        for name, numbers in sample.items()
    }


FACTORS = tuple(map(Fraction, ("2", "1/2", "3/2", "9/10", "11/10", "100", "1000000")))


def moved(sample: Sample, rng: Random) -> Sample:
    """A sample with the numbers of one argument scaled, or one number changed by a simple step."""
    name = rng.choice(list(sample))
    numbers = sample[name]
    if rng.random() < 0.25:
        factor = rng.choice(FACTORS)
        return {**sample, name: tuple((factor * x).limit_denominator(10**4) for x in numbers)}
    i = rng.randrange(len(numbers))
    x = numbers[i]
    eighths = [Fraction(k, 8) for k in (8, -8, 4, -4, 1, -1)]
    changed = (x + rng.choice([*eighths, x / 2, -x / 2, x / 10, -x / 10, -x])).limit_denominator(10**4)
    return {**sample, name: (*numbers[:i], changed, *numbers[i + 1 :])}
