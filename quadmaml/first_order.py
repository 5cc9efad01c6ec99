"""What FOMAML leaves out, on one function: the gradient at a point, taken for the gradient everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from . import arrays
from .arrays import Array
from .quadratic import Quadratic, check_quadratic

__all__ = ["GradientComparison", "compare_gradients"]


@dataclass(frozen=True, eq=False)
class GradientComparison:
    """Gradients at some points, and what they would be without curvature.

    Parameters
    ----------
    true : array, shape (..., d)
        ``C (x - u) + g``.
    first_order : array, shape (..., d)
        The gradient at u, ``g``, whatever the point.
    error : array, shape (..., d)
        ``first_order - true = -C (x - u)``, computed without the difference.
    """

    true: Array
    first_order: Array
    error: Array


def compare_gradients(f: Quadratic, u: Any, x: Any) -> GradientComparison:
    """The gradient of ``f(x) = 1/2 (x-u)'C(x-u) + g'x`` at points x, beside the first-order one ``g``.

    Parameters
    ----------
    f : Quadratic
        Any curvature C, of shape ``(d, d)``; ``Quadratic.from_gradient(C, g, at=u)`` makes f from C, u and g.
    u : array, shape (d,)
        Where the first-order gradient is taken.
    x : array, shape (..., d)
        The points.

    Raises
    ------
    InputError
        For shapes that do not fit.

    Examples
    --------
    >>> f = Quadratic.from_gradient([[2.0]], [1.0], at=[0.5])
    >>> found = compare_gradients(f, [0.5], [[0.5], [1.0]])
    >>> found.true.tolist(), found.first_order.tolist(), found.error.tolist()
    ([[1.0], [2.0]], [[1.0], [1.0]], [[0.0], [-1.0]])
    """
    _, u, x = arrays.coerce(linear=check_quadratic("f", f).linear, u=u, x=x)
    arrays.check_shape("u", u, f.linear.shape[-1:])
    arrays.check_broadcast("x", x, f.linear.shape)
    first = f.gradient(u)
    return GradientComparison(f.gradient(x), first + 0 * x, f.curvature @ (u - x))
