"""Witnesses made small: every number as simple as the claim allows, and coordinates left out where it stays false.

Matrices shrink towards the identity, columns towards 0, scalars towards 1 or the nearest end of their interval, step
sizes towards the simplest fractions; the dimension shrinks first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

from quadmaml.proofs.letters import Letter

from .language import Claim

__all__ = ["shrunk"]

Sample = dict[str, tuple[Fraction, ...]]
FRACTIONS = tuple(map(Fraction, ("0", "1", "-1", "2", "-2", "3", "1/2", "-1/2", "1/3", "2/3", "1/4", "3/4", "4", "5")))


def shrunk(
    claim: Claim, dim: int, sample: Sample, fails: Callable[[int, Sample], bool], *, tries: int = 3000
) -> tuple[int, Sample]:
    """The smallest dimension and sample that greedy steps lead to, ``fails`` all along."""
    left, letters = tries, claim.letters
    changed = True
    while changed and left > 0:
        changed = False
        for smaller_dim, smaller in _smaller(letters, dim, sample):
            left -= 1
            if left < 0:
                break
            if fails(smaller_dim, smaller):
                dim, sample, changed = smaller_dim, smaller, True
                break
    return dim, sample


def _smaller(letters: dict[str, Letter], dim: int, sample: Sample) -> Iterator[tuple[int, Sample]]:
    if dim > 1:
        for left_out in range(dim):
            yield dim - 1, {name: _without(letters[name], dim, left_out, x) for name, x in sample.items()}
    targets = {name: simplest(letters[name], dim) for name in sample}
    coarse = (*_translated(letters, sample), *_rescaled(letters, sample))
    yield from ((dim, other) for other in coarse if _lighter(other, sample, targets))
    for name, target in targets.items():
        if sample[name] != target:
            yield dim, {**sample, name: target}
    for name, numbers in sample.items():
        if letters[name].shape == "matrix" and (diagonal := _diagonal(letters[name], dim, numbers)) != numbers:
            yield dim, {**sample, name: diagonal}
    for name, numbers in sample.items():
        for other in sample:
            if (
                other != name
                and letters[other] == letters[name]
                and cost(sample[other], targets[name]) < cost(numbers, targets[name])
            ):
                yield dim, {**sample, name: sample[other]}
    for name, target in targets.items():
        for i, (number, aim) in enumerate(zip(sample[name], target, strict=True)):
            for choice in _choices(number, aim):
                yield dim, {**sample, name: (*sample[name][:i], choice, *sample[name][i + 1 :])}
    yield from ((dim, other) for other in _together(letters, sample, targets) if _lighter(other, sample, targets))


def _lighter(other: Sample, sample: Sample, targets: Sample) -> bool:
    return _total(other, targets) < _total(sample, targets)


def _total(sample: Sample, targets: Sample) -> int:
    return sum(cost(x, targets[name])[1] for name, x in sample.items())


def _rescaled(letters: dict[str, Letter], sample: Sample) -> Iterator[Sample]:
    """All matrices times a number and all scalars over it, or all columns times a number; also rounded."""
    of_shape = {name: letters[name].shape for name in sample}
    for shape in ("matrix", "vector"):
        largest = max((abs(x) for name in sample if of_shape[name] == shape for x in sample[name]), default=Fraction(0))
        rounded = [(Fraction(size) / largest, k) for size in (1, 2, 3, 6, 12) for k in (1, 2, 4)] if largest else []
        for factor, k in [(Fraction(f), 0) for f in ("2", "1/2", "3", "1/3", "10", "1/10", "-1")] + rounded:
            yield {name: _scaled(x, of_shape[name], shape, factor, k) for name, x in sample.items()}


def _scaled(numbers: tuple[Fraction, ...], here: str, shape: str, factor: Fraction, k: int) -> tuple[Fraction, ...]:
    if here == shape:
        return tuple(Fraction(round(x * factor * k), k) if k else x * factor for x in numbers)
    if here == "scalar" and shape == "matrix":
        return tuple((x / factor).limit_denominator(19) if k else x / factor for x in numbers)
    return numbers


def _translated(letters: dict[str, Letter], sample: Sample) -> Iterator[Sample]:
    """One column subtracted from all."""
    columns = [name for name in sample if letters[name].shape == "vector"]
    for origin in columns:
        moved = {name: tuple(x - y for x, y in zip(sample[name], sample[origin], strict=True)) for name in columns}
        yield {**sample, **moved}


def _together(letters: dict[str, Letter], sample: Sample, targets: Sample) -> Iterator[Sample]:
    """One number made simpler in two arguments of one kind at once, by the same step."""
    for name in sample:
        for other in sample:
            if other == name or letters[other] != letters[name] or letters[name].shape == "scalar":
                continue
            for i, number in enumerate(sample[name]):
                for choice in _choices(number, targets[name][i]):
                    moved = sample[other][i] + choice - number
                    yield {**sample, name: _put(sample[name], i, choice), other: _put(sample[other], i, moved)}


def _put(numbers: tuple[Fraction, ...], i: int, number: Fraction) -> tuple[Fraction, ...]:
    return (*numbers[:i], number, *numbers[i + 1 :])


def _choices(number: Fraction, aim: Fraction) -> list[Fraction]:
    """Simpler numbers than this one, the simplest first."""
    near = {number.limit_denominator(k) for k in (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 100, 10**4)}
    near |= {Fraction(int(number / 2)), number - (number > 0), number + (number < 0), abs(number), number / 2}
    near |= {Fraction(1, k) for k in (5, 6, 8, 10, 12, 15, 20, 30, 50, 100, 1000)} if number < Fraction(1, 4) else set()
    now = complexity(number, aim)
    return sorted((x for x in {aim, *FRACTIONS, *near} if complexity(x, aim) < now), key=lambda x: complexity(x, aim))


def complexity(number: Fraction, aim: Fraction) -> tuple[bool, int, int, bool]:
    """How far a number is from the simplest."""
    heavy = abs(number.numerator) + 2 * (number.denominator - 1)
    return (number != aim, heavy, number.denominator, number < 0)


def cost(numbers: tuple[Fraction, ...], target: tuple[Fraction, ...]) -> tuple[int, int]:
    """How many numbers are not the simplest, and how heavy they are."""
    each = [complexity(x, aim) for x, aim in zip(numbers, target, strict=True)]
    return sum(x[0] for x in each), sum(x[1] for x in each)


def simplest(letter: Letter, dim: int) -> tuple[Fraction, ...]:
    """The free numbers of the identity, of the column 0, of the number 1."""
    if letter.shape == "scalar":
        return (Fraction(1),)
    if letter.shape == "vector":
        return (Fraction(0),) * dim
    return tuple(Fraction(int(i == j)) for i, j in _places(letter, dim))


def _places(letter: Letter, dim: int) -> list[tuple[int, int]]:
    """Row and column of each free number of a matrix."""
    return [(i, j) for i in range(dim) for j in range(i + 1 if letter.symmetric else dim)]


def _without(letter: Letter, dim: int, left_out: int, numbers: tuple[Fraction, ...]) -> tuple[Fraction, ...]:
    if letter.shape == "scalar":
        return numbers
    if letter.shape == "vector":
        return numbers[:left_out] + numbers[left_out + 1 :]
    return tuple(x for x, place in zip(numbers, _places(letter, dim), strict=True) if left_out not in place)


def _diagonal(letter: Letter, dim: int, numbers: tuple[Fraction, ...]) -> tuple[Fraction, ...]:
    return tuple(x if i == j else Fraction(0) for x, (i, j) in zip(numbers, _places(letter, dim), strict=True))
