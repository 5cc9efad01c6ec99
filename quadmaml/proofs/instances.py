"""Instances: values for the letters of a formula, from as few free numbers as they have.

A symmetric matrix has d(d+1)/2 free numbers, a matrix d^2, a column d; a function p(A) of a letter has the d
coefficients of a polynomial, for on a symmetric d x d matrix every function is a polynomial of degree below d.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .elements import Field, FieldElement
from .letters import Letter, Letters, checked

__all__ = ["Sample", "draw", "free_numbers", "instance", "polynomial"]

# The free numbers of each letter
Sample = Mapping[str, Sequence[Any]]


def free_numbers(letter: Letter, dim: int) -> int:
    """How many numbers an instance of the letter is made of.

    Examples
    --------
    >>> free_numbers(Letter("matrix", symmetric=True), 3), free_numbers(Letter("matrix"), 3)
    (6, 9)
    """
    if letter.shape == "scalar":
        return 1
    if letter.shape == "vector" or letter.function_of is not None:
        return dim
    return dim * (dim + 1) // 2 if letter.symmetric else dim * dim


def draw(letters: Letters, dim: int, number: Callable[[], Any]) -> dict[str, tuple[Any, ...]]:
    """Free numbers for every letter, each from a call of ``number``."""
    return {name: tuple(number() for _ in range(free_numbers(each, dim))) for name, each in letters.items()}


def instance(field: Field, letters: Letters, dim: int, sample: Sample) -> dict[str, FieldElement]:
    """The elements over a field that the letters stand for.

    Raises
    ------
    InputError
        If a letter is a smooth function, or is declared a function of a name that is no symmetric letter.

    Examples
    --------
    >>> from quadmaml.proofs.fields import Rationals
    >>> from quadmaml.proofs.letters import function_of, symmetric
    >>> letters = {"A": symmetric(), "P": function_of("A")}
    >>> P = instance(Rationals(), letters, 2, {"A": (1, 2, 3), "P": (5, 1)})["P"]     # 5 + A
    >>> P.value == ((6, 2), (2, 8))
    True
    """
    made = {
        name: field.element(letter.shape, _entries(letter, dim, sample[name]))
        for name, letter in checked(letters, numeric=True).items()
        if letter.function_of is None
    }
    for name, letter in letters.items():
        if letter.function_of is not None:
            made[name] = polynomial(sample[name], made[letter.function_of])
    return {name: made[name] for name in letters}


def _entries(letter: Letter, dim: int, numbers: Sequence[Any]) -> Any:
    if letter.shape == "scalar":
        return numbers[0]
    if letter.shape == "vector":
        return numbers
    if letter.symmetric:
        rows = [[numbers[i * (i + 1) // 2 + j] if j <= i else None for j in range(dim)] for i in range(dim)]
        return [[rows[max(i, j)][min(i, j)] for j in range(dim)] for i in range(dim)]
    return [numbers[i * dim : (i + 1) * dim] for i in range(dim)]


def polynomial(coefficients: Sequence[Any], A: FieldElement) -> FieldElement:
    """``sum_k c_k A^k``, in about ``2 sqrt(d)`` products of matrices (Paterson, Stockmeyer 1973, algorithm B).

    Examples
    --------
    >>> from quadmaml.proofs.fields import Rationals
    >>> polynomial([1, 2, 3], Rationals().matrix([[2]])).value == ((17,),)
    True
    """
    width = max(1, round(len(coefficients) ** 0.5))
    powers = [A**0]
    for _ in range(width - 1):
        powers.append(powers[-1] * A)
    step, total = powers[-1] * A, 0 * A
    for start in reversed(range(0, len(coefficients), width)):
        block = zip(coefficients[start : start + width], powers, strict=False)
        total = sum((c * power for c, power in block), start=total * step)
    return total
