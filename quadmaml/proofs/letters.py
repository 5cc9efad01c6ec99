"""Letters: what the names in a formula stand for.

A formula is a plain Python function of named arguments, written over ``+ - * / ** @``, ``.T``, :func:`inverse`,
:func:`gradient` and :func:`jacobian`. A :class:`Letter` says what an argument stands for; a ring says how to read it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = ["Letter", "Letters", "function_of", "matrix", "scalar", "symmetric", "vector"]


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


Letters: TypeAlias = Mapping[str, Letter]


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
