"""Counterexamples: exact rational instances at which two formulas differ, as small as a greedy search makes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from random import Random
from typing import Any

from quadmaml.errors import SingularError, check_steps

from .fields import Rationals
from .formulas import Formula, differences
from .identity import count, dimensions, vanishes
from .instances import draw, free_numbers, instance
from .letters import Letter, Letters
from .notation import latex_name

__all__ = ["Witness", "find_counterexample"]

# Integers in [-size, size]: the small ones for a witness to look at, the last for statements that fail rarely.
SIZES = (1, 2, 3, 10, 2**20)
Free = dict[str, tuple[Fraction, ...]]


@dataclass(frozen=True, repr=False)
class Witness(Mapping[str, Any]):
    r"""A counterexample: a mapping of names to Fractions, tuples of them (columns) and tuples of rows (matrices).

    Parameters
    ----------
    entries : mapping
        The value of each letter.
    dim : int
        The dimension.
    letters : mapping of names to Letter
        How the names are printed.

    Examples
    --------
    >>> from quadmaml.proofs.letters import scalar
    >>> w = Witness({"tau": Fraction(1, 2), "A": ((Fraction(1),),)}, 1, {"tau": scalar(), "A": Letter("matrix")})
    >>> print(w.python())
    tau = Fraction(1, 2)
    A = [[1]]
    >>> print(w.latex())
    \tau = \frac{1}{2}, \quad A = \begin{pmatrix} 1 \end{pmatrix}
    """

    entries: Mapping[str, Any]
    dim: int
    letters: Letters

    def __getitem__(self, name: str) -> Any:
        return self.entries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def python(self) -> str:
        """The values as Python assignments, a line each."""
        return "\n".join(f"{name} = {_python(value)}" for name, value in self.items())

    __str__ = python
    __repr__ = python

    def latex(self) -> str:
        """The values in LaTeX, matrices and columns as ``pmatrix``."""
        names = {name: self.letters[name].latex or latex_name(name) for name in self}
        shown = ((names[name], _latex(value)) for name, value in self.items())
        return r", \quad ".join(f"{name} = {value}" for name, value in shown)

    def _repr_latex_(self) -> str:
        return f"${self.latex()}$"


def _python(value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_python, value))}]"
    return str(value) if value.denominator == 1 else f"Fraction({value.numerator}, {value.denominator})"


def _latex(value: Any) -> str:
    if isinstance(value, tuple):
        rows = (" & ".join(map(_latex, row if isinstance(row, tuple) else (row,))) for row in value)
        return r"\begin{pmatrix} " + r" \\ ".join(rows) + r" \end{pmatrix}"
    sign = "-" if value < 0 else ""
    whole = value.denominator == 1
    return f"{value}" if whole else rf"{sign}\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"


def find_counterexample(
    lhs: Formula,
    rhs: Formula,
    letters: Letters,
    dims: Sequence[int] = (1, 2, 3),
    *,
    tries: int = 100,
    seed: int = 0,
    pure: bool = False,
) -> Witness | None:
    """An exact rational instance at which the two formulas differ, or None.

    Dimensions in the order given; symmetric letters positive definite, and any others where that finds nothing; small
    integers first. Then every number is made as simple as the statement allows: matrices towards the identity, columns
    towards 0. What is returned was evaluated twice, the second time in plain Python.

    Parameters
    ----------
    lhs, rhs : callable, or a number
        Plain functions of letters, to a matrix, column or number or a tuple of them.
    letters : mapping of names to Letter
        What the arguments stand for.
    dims : sequence of int
        The dimensions to try, in that order.
    tries : int
        Instances for each dimension and each size of numbers.
    seed : int
        The same seed gives the same counterexample.
    pure : bool
        Whether to compute in plain Python even where flint is installed.

    Raises
    ------
    InputError
        If a formula differentiates what is not counted as a quadratic, or cannot be read.

    Examples
    --------
    >>> from quadmaml.proofs.letters import symmetric
    >>> AB = {"A": symmetric(), "B": symmetric()}
    >>> find_counterexample(lambda A, B: A * B, lambda A, B: B * A, AB)
    A = [[1, 0], [0, 2]]
    B = [[1, 1], [1, 2]]
    """
    tries = check_steps("tries", tries)
    rng, field, again = Random(seed), Rationals(pure), Rationals(pure=True)
    for dim in dimensions(dims):
        count(lhs, rhs, letters, dim)  # an error where a derivative by differences would not be exact
        for definite in (True, False):
            differs = partial(_differs, lhs, rhs, letters, dim, definite)
            found = _first(letters, dim, definite, rng, tries, lambda sample: differs(field, sample))  # noqa: B023
            if found is None:
                continue
            small = _shrunk(letters, dim, found, lambda sample: differs(field, sample))  # noqa: B023
            if differs(again, small):
                values = {name: each.value for name, each in instance(again, letters, dim, small).items()}
                return Witness(values, dim, letters)
    return None


def _differs(
    lhs: Formula, rhs: Formula, letters: Letters, dim: int, definite: bool, field: Rationals, sample: Free
) -> bool:
    """Whether the formulas have values at a sample, and different ones; the sample positive definite if asked for."""
    elements = instance(field, letters, dim, sample)
    if definite and not all(_is_definite(elements[name].value) for name in _symmetric(letters)):
        return False
    try:
        return not all(map(vanishes, differences(lhs, rhs, elements)))
    except SingularError:
        return False


def _symmetric(letters: Letters) -> list[str]:
    return [name for name, letter in letters.items() if letter.symmetric and letter.function_of is None]


def _is_definite(rows: Sequence[Sequence[Fraction]]) -> bool:
    """Whether a symmetric matrix is positive definite: all pivots of an elimination are positive."""
    if not rows:
        return True
    (pivot, *right), *below = rows
    if pivot <= 0:
        return False
    return _is_definite([[x - row[0] * y / pivot for x, y in zip(row[1:], right, strict=True)] for row in below])


def _first(
    letters: Letters, dim: int, definite: bool, rng: Random, tries: int, differs: Callable[[Free], bool]
) -> Free | None:
    for size in SIZES:
        for _ in range(tries):
            sample = draw(letters, dim, lambda size=size: Fraction(rng.randint(-size, size)))  # type: ignore[misc]
            if definite:
                sample |= {name: _dominant(sample[name], dim) for name in _symmetric(letters)}
            if differs(sample):
                return sample
    return None


def _dominant(numbers: Sequence[Fraction], dim: int) -> tuple[Fraction, ...]:
    """The free numbers of a symmetric matrix, with a diagonal that outweighs the rows."""
    total = sum(map(abs, numbers))
    diagonal = {i * (i + 1) // 2 + i for i in range(dim)}
    return tuple(abs(x) + total + 1 if k in diagonal else x for k, x in enumerate(numbers))


# Shrinking


def _simplest(letter: Letter, dim: int) -> tuple[Fraction, ...]:
    """Free numbers of the identity, of the column 0, of the number 1."""
    n = free_numbers(letter, dim)
    if letter.shape == "vector":
        ones: set[int] = set()
    elif letter.shape == "scalar" or letter.function_of is not None:
        ones = {0}
    elif letter.symmetric:
        ones = {i * (i + 1) // 2 + i for i in range(dim)}
    else:
        ones = {i * (dim + 1) for i in range(dim)}
    return tuple(Fraction(int(i in ones)) for i in range(n))


def _complexity(number: Fraction, simplest: Fraction) -> tuple[bool, bool, int]:
    return (number != simplest, number < 0, abs(number.numerator) + number.denominator)


def _shrunk(letters: Letters, dim: int, sample: Free, differs: Callable[[Free], bool]) -> Free:
    """The sample with every letter, then every number, made simpler as long as the formulas differ."""
    targets = {name: _simplest(letter, dim) for name, letter in letters.items()}
    changed = True
    while changed:
        changed = False
        for candidate in _simpler(sample, targets):
            if differs(candidate):
                sample, changed = candidate, True
                break
    return sample


def _simpler(sample: Free, targets: Free) -> Iterator[Free]:
    """Samples simpler than this one: a whole letter at its simplest, or one number simpler."""
    for name, target in targets.items():
        if sample[name] != target:
            yield {**sample, name: target}
    for name, target in targets.items():
        for i, (number, simplest) in enumerate(zip(sample[name], target, strict=True)):
            halfway = Fraction(int(number / 2))
            choices = {simplest, *map(Fraction, (0, 1, -1, 2, -2, 3)), halfway, number - (number > 0), abs(number)}
            now = _complexity(number, simplest)
            for choice in sorted(choices, key=lambda each: _complexity(each, simplest)):
                if _complexity(choice, simplest) < now:
                    yield {**sample, name: (*sample[name][:i], choice, *sample[name][i + 1 :])}
