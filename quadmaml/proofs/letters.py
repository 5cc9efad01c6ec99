"""Letters: what the names in a formula stand for.

A formula is a plain Python function of named arguments, written over ``+ - * / ** @``, ``.T``, :func:`inverse`,
:func:`gradient` and :func:`jacobian`. A :class:`Letter` says what an argument stands for; a ring says how to read it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

from quadmaml.errors import InputError

__all__ = ["Letter", "Letters", "checked", "function_of", "matrix", "scalar", "symmetric", "vector"]

SHAPES = ("matrix", "vector", "scalar")


@dataclass(frozen=True)
class Letter:
    """What one name in a formula stands for.

    Parameters
    ----------
    shape : "matrix", "vector" or "scalar"
        A square matrix, a column, or a number.
    symmetric : bool
        Whether a matrix equals its transpose.
    function_of : str, optional
        The name of the symmetric letter A that this matrix is a function p(A) of, for any p: it is symmetric, and
        commutes with A and with the other functions of A.
    latex : str, optional
        How it is printed; by default its name, Greek names as Greek letters.
    """

    shape: Literal["matrix", "vector", "scalar"]
    symmetric: bool = False
    function_of: str | None = None
    latex: str | None = None
    # Whether it stands for numbers.
    numeric: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.shape not in SHAPES:
            raise InputError(f"shape: got {self.shape!r}; expected one of {', '.join(SHAPES)}")
        if self.symmetric and self.shape != "matrix":
            raise InputError(f"symmetric: got it of a {self.shape}; expected a matrix")
        if self.function_of is not None and not self.symmetric:
            raise InputError(f"function_of: got {self.function_of!r} of what is not symmetric; expected symmetric=True")


Letters: TypeAlias = Mapping[str, Letter]


def checked(letters: Letters, *, numeric: bool = False) -> Letters:
    """The same letters, if each is one and every function is one of a symmetric letter; else InputError.

    Parameters
    ----------
    letters : mapping of names to Letter
        What was declared.
    numeric : bool
        Whether smooth functions, which only words can read, are refused as well.

    Examples
    --------
    >>> checked({"P": function_of("A"), "A": matrix()})
    Traceback (most recent call last):
    quadmaml.errors.InputError: P: is a function of 'A'; expected a symmetric letter
    """
    if not isinstance(letters, Mapping):
        raise InputError(f"letters: got {letters!r}; expected a mapping of names to letters")
    for name, letter in letters.items():
        if not isinstance(name, str) or not isinstance(letter, Letter):
            raise InputError(f"letters: got {letter!r} for {name!r}; expected a letter, such as symmetric()")
        base = letters.get(letter.function_of) if letter.function_of is not None else None
        if letter.function_of is not None and not (
            isinstance(base, Letter) and base.symmetric and base.function_of is None
        ):
            raise InputError(f"{name}: is a function of {letter.function_of!r}; expected a symmetric letter")
        if numeric and not letter.numeric:
            raise InputError(f"{name}: is a smooth function, which only words can read; expected a letter of numbers")
    return letters


def symmetric(latex: str | None = None) -> Letter:
    """A symmetric matrix, definite or not."""
    return Letter("matrix", symmetric=True, latex=latex)


def matrix(latex: str | None = None) -> Letter:
    """Any square matrix."""
    return Letter("matrix", latex=latex)


def function_of(name: str, latex: str | None = None) -> Letter:
    """An arbitrary function p(A) of the symmetric letter called ``name``."""
    return Letter("matrix", symmetric=True, function_of=name, latex=latex)


def vector(latex: str | None = None) -> Letter:
    """A column."""
    return Letter("vector", latex=latex)


def scalar(latex: str | None = None) -> Letter:
    """A number."""
    return Letter("scalar", latex=latex)
