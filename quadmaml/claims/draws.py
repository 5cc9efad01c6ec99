"""Exact instances for a claim's arguments: generic ones, and those at which statements tend to break.

Equal, commuting, ordered, badly scaled and singular matrices; zero, equal and opposite columns; ends of intervals; step
sizes close to their bound. Small integers come first, so that what is found is small.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from random import Random
from typing import Any

from .domains import Domain
from .exactly import definite
from .language import Claim

__all__ = ["draw_sample"]

Rows = list[list[Fraction]]
SIZES = (1, 2, 3, 10, 100)
SPREAD = tuple(map(Fraction, ("1", "2", "1/2", "10", "1/10", "100", "1/100")))
SCALES = tuple(map(Fraction, ("1", "1", "9/10", "1/2", "1/10", "1000000", "1/1000000000000")))
HUGE = tuple(Fraction(10**k) for k in (3, 6, 9, 12, 15, 18))
SHARES = tuple(map(Fraction, ("1/2", "9/10", "1/10", "99/100", "1/3", "3/4", "999/1000", "1/100", "2/3", "1/4")))


def draw_sample(claim: Claim, dim: int, rng: Random, size: int) -> dict[str, tuple[Fraction, ...]]:
    """The free numbers of an instance with entries of about this size; step sizes are inside their bounds."""
    drawn = _Drawing(dim, rng, size, diagonal=rng.random() < 0.12)
    letters = claim.letters
    # In any order, for what comes later is made like what came before.
    for name in rng.sample(list(letters), len(letters)):
        drawn.add(name, claim.domains[name])
    if drawn.matrices and rng.random() < 0.25:
        drawn.scale_matrices()
    for name in letters:
        if claim.domains[name].kind == "step_size":
            drawn.numbers[name] = (drawn.step_size(claim.domains[name]),)
    return {name: tuple(map(Fraction, drawn.numbers[name])) for name in letters}


class _Drawing:
    """What was drawn so far, for later arguments to be like earlier ones."""

    def __init__(self, dim: int, rng: Random, size: int, *, diagonal: bool) -> None:
        self.dim, self.rng, self.size, self.diagonal = dim, rng, size, diagonal
        self.matrices: dict[str, Rows] = {}
        self.numbers: dict[str, tuple[Fraction, ...]] = {}
        self.columns: list[list[Fraction]] = []
        self.scalars: list[Fraction] = []

    def add(self, name: str, domain: Domain) -> None:
        if domain.kind in ("spd", "symmetric", "matrix"):
            rows = {"spd": self.spd, "symmetric": self.symmetric, "matrix": self.matrix}[domain.kind]()
            if self.diagonal:
                rows = [[x if i == j else Fraction(0) for j, x in enumerate(row)] for i, row in enumerate(rows)]
            self.matrices[name] = rows
            self.numbers[name] = tuple(
                x for i, row in enumerate(rows) for x in (row if domain.kind == "matrix" else row[: i + 1])
            )
        elif domain.kind == "vector":
            self.columns.append(self.column())
            self.numbers[name] = tuple(self.columns[-1])
        elif domain.kind == "scalar":
            self.scalars.append(self.scalar(domain))
            self.numbers[name] = (self.scalars[-1],)

    def scale_matrices(self) -> None:
        """All matrices, or one, times a number, so that the largest row sum is at most 1, or much more than that."""
        largest = max(sum(map(abs, row)) for rows in self.matrices.values() for row in rows)
        factor = self.rng.choice(SCALES) / (largest or 1)
        chosen = list(self.matrices) if self.rng.random() < 0.7 else [self.rng.choice(list(self.matrices))]
        for name in chosen:
            rows = self.matrices[name]
            self.matrices[name] = [[factor * x for x in row] for row in rows]
            self.numbers[name] = tuple(factor * x for x in self.numbers[name])

    def integer(self, low: int | None = None) -> Fraction:
        return Fraction(self.rng.randint(-self.size if low is None else low, max(self.size, low or 0)))

    # Matrices

    def spd(self) -> Rows:
        rng, earlier = self.rng, [rows for rows in self.matrices.values() if _positive_diagonal(rows)]
        choice = rng.random()
        if earlier and choice < 0.3:
            base = rng.choice(earlier)
            if choice < 0.07:
                return base
            if choice < 0.22:
                factor = rng.choice((Fraction(1), Fraction(1), Fraction(10), Fraction(1, 10)))
                return _plus(base, _each(lambda x: factor * x, _outer(self.generic_column())))
            return _plus(_times(base, base), _scaled_identity(self.dim, self.integer(1)))
        if choice < 0.45:
            return [[self.integer(1) if i == j else Fraction(0) for j in range(self.dim)] for i in range(self.dim)]
        if choice < 0.62:
            return self.dominant()
        spread = choice > 0.85
        D = [rng.choice(SPREAD) if spread else self.integer(1) for _ in range(self.dim)]
        return self.congruent(D)

    def congruent(self, D: list[Fraction]) -> Rows:
        """``L D L'`` with L unit lower triangular."""
        top = min(self.size, 3)
        L = [
            [Fraction(self.rng.randint(-top, top)) if j < i else Fraction(int(i == j)) for j in range(self.dim)]
            for i in range(self.dim)
        ]
        scaled = [[x * D[j] for j, x in enumerate(row)] for row in L]
        return _times(scaled, [list(column) for column in zip(*L, strict=True)])

    def dominant(self) -> Rows:
        rows = self.generic_symmetric()
        return [
            [x if i != j else 1 + abs(self.integer()) + sum(map(abs, row)) - abs(x) for j, x in enumerate(row)]
            for i, row in enumerate(rows)
        ]

    def generic_symmetric(self) -> Rows:
        rows = [[self.integer() for _ in range(self.dim)] for _ in range(self.dim)]
        return [[rows[max(i, j)][min(i, j)] for j in range(self.dim)] for i in range(self.dim)]

    def symmetric(self) -> Rows:
        choice, earlier = self.rng.random(), list(self.matrices.values())
        if earlier and choice < 0.15:
            base = self.rng.choice(earlier)
            base = [[(x + y) / 2 for x, y in zip(*pair, strict=True)] for pair in zip(base, _turned(base), strict=True)]
            return base if choice < 0.07 else [[-x for x in row] for row in base]
        if choice < 0.2:
            return [[Fraction(0)] * self.dim for _ in range(self.dim)]
        if choice < 0.3:
            sign = self.rng.choice((1, -1))
            return [[sign * x for x in row] for row in _outer(self.generic_column())]
        if choice < 0.4:
            return [[self.integer() if i == j else Fraction(0) for j in range(self.dim)] for i in range(self.dim)]
        if choice < 0.55:
            return self.spd()
        return self.generic_symmetric()

    def matrix(self) -> Rows:
        choice, earlier = self.rng.random(), list(self.matrices.values())
        if earlier and choice < 0.15:
            base = self.rng.choice(earlier)
            return base if choice < 0.05 else _turned(base) if choice < 0.1 else [[-x for x in row] for row in base]
        if choice < 0.2:
            return _scaled_identity(self.dim, self.integer())
        if choice < 0.3:
            return self.symmetric()
        strict = choice < 0.4
        return [
            [self.integer() if not strict or j > i else Fraction(0) for j in range(self.dim)] for i in range(self.dim)
        ]

    # Columns and numbers

    def generic_column(self) -> list[Fraction]:
        return [self.integer() for _ in range(self.dim)]

    def column(self) -> list[Fraction]:
        choice = self.rng.random()
        if self.columns and choice < 0.15:
            base, factor = self.rng.choice(self.columns), self.rng.choice((1, -1, 2))
            return [factor * x for x in base]
        if choice < 0.22:
            return [Fraction(0)] * self.dim
        if choice < 0.35:
            place = self.rng.randrange(self.dim)
            return [Fraction(int(i == place)) for i in range(self.dim)]
        return self.generic_column()

    def scalar(self, domain: Domain) -> Fraction:
        low, high, choice = domain.low, domain.high, self.rng.random()
        ends = [end for end in (low, high) if end is not None]
        if ends and choice < 0.12:
            return self.rng.choice(ends)
        if self.scalars and choice < 0.2:
            return _clipped(self.rng.choice(self.scalars), domain)
        if low is not None and high is not None:
            part = self.rng.choice(SHARES) if choice < 0.5 else Fraction(self.rng.randint(0, 12), 12)
            return low + (high - low) * (part if self.rng.random() < 0.5 else 1 - part)
        spread = (Fraction(1),) if choice < 0.85 else SPREAD if choice < 0.95 else HUGE
        number = self.integer() / self.rng.choice((1, 1, 2, 3, 10)) * self.rng.choice(spread)
        if low is not None:
            return low + abs(number)
        return number if high is None else high - abs(number)

    def step_size(self, domain: Domain) -> Fraction:
        top = max(_largest(self.matrices[name]) for name in domain.below)
        share = self.rng.choice(SHARES)
        if top <= 0:
            return share
        guess = share / Fraction(top)
        for denominator in (12, 100, 10**4, 10**8):
            lr = guess.limit_denominator(denominator)
            if lr > 0 and lr * Fraction(top) < Fraction(9999, 10000) and abs(lr - guess) < guess / 10:
                return lr
        return guess * Fraction(999, 1000)


def _largest(rows: Rows) -> float:
    """The largest eigenvalue, roughly: what is drawn from it is checked exactly."""
    import numpy as np

    return float(np.linalg.eigvalsh(np.asarray(rows, dtype=float))[-1])


def _clipped(number: Fraction, domain: Domain) -> Fraction:
    number = number if domain.low is None else max(number, domain.low)
    return number if domain.high is None else min(number, domain.high)


def _positive_diagonal(rows: Rows) -> bool:
    return _turned(rows) == rows and definite(rows, strictly=True)


def _turned(rows: Rows) -> Rows:
    return [list(column) for column in zip(*rows, strict=True)]


def _outer(column: list[Fraction]) -> Rows:
    return [[x * y for y in column] for x in column]


def _each(function: Callable[..., Any], *tables: Rows) -> Rows:
    return [[function(*entries) for entries in zip(*rows, strict=True)] for rows in zip(*tables, strict=True)]


def _plus(left: Rows, right: Rows) -> Rows:
    return _each(lambda x, y: x + y, left, right)


def _times(left: Rows, right: Rows) -> Rows:
    columns = _turned(right)
    return [[sum((x * y for x, y in zip(row, column, strict=True)), Fraction(0)) for column in columns] for row in left]


def _scaled_identity(dim: int, number: Fraction) -> Rows:
    return [[number if i == j else Fraction(0) for j in range(dim)] for i in range(dim)]
