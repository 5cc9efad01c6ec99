"""Shapes of elements: what a sum, a product and a transpose of matrices, columns, rows and numbers are."""

from __future__ import annotations

from typing import Literal, TypeAlias

from quadmaml.errors import InputError

__all__ = ["Shape", "of_product", "of_sum", "of_transpose"]

Shape: TypeAlias = Literal["matrix", "vector", "covector", "scalar"]

_PRODUCTS: dict[tuple[Shape, Shape], Shape] = {
    ("matrix", "matrix"): "matrix",
    ("matrix", "vector"): "vector",
    ("covector", "matrix"): "covector",
    ("covector", "vector"): "scalar",
    ("vector", "covector"): "matrix",
}
_TRANSPOSES: dict[Shape, Shape] = {"vector": "covector", "covector": "vector"}


def of_product(left: Shape, right: Shape) -> Shape:
    """The shape of a product; a number multiplies anything.

    Raises
    ------
    InputError
        If there is no such product.

    Examples
    --------
    >>> of_product("covector", "vector"), of_product("vector", "covector"), of_product("scalar", "vector")
    ('scalar', 'matrix', 'vector')
    """
    if left == "scalar":
        return right
    if right == "scalar":
        return left
    if (left, right) not in _PRODUCTS:
        raise InputError(f"product: got a {left} times a {right}; expected factors that fit")
    return _PRODUCTS[left, right]


def of_sum(left: Shape, right: Shape) -> Shape:
    """The shape of a sum; a number beside a matrix is that multiple of the identity.

    Raises
    ------
    InputError
        If there is no such sum.

    Examples
    --------
    >>> of_sum("scalar", "matrix")
    'matrix'
    """
    if left == right:
        return left
    if {left, right} == {"matrix", "scalar"}:
        return "matrix"
    raise InputError(f"sum: got a {left} plus a {right}; expected terms of one shape, or a number beside a matrix")


def of_transpose(shape: Shape) -> Shape:
    """The shape of a transpose.

    Examples
    --------
    >>> of_transpose("vector")
    'covector'
    """
    return _TRANSPOSES.get(shape, shape)
