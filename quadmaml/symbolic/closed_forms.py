"""The closed forms of residuals that the library ships, each proved by induction on the class that runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy

from quadmaml import Chebyshev, GradientDescent, HeavyBall, InnerLoop, ProximalGradientDescent
from quadmaml.errors import InputError

from .recurrence import CHEBYSHEV, Identity, Induction, State, by_induction, concluded

__all__ = ["closed_form"]


def closed_form(kind: type[InnerLoop]) -> Induction:
    """The closed form of a loop's residual, proved for every number of steps.

    Parameters
    ----------
    kind : GradientDescent, HeavyBall, ProximalGradientDescent or Chebyshev
        The class.

    Examples
    --------
    >>> closed_form(HeavyBall).closed_form
    (r1**(k + 1)*(1 - r2) - r2**(k + 1)*(1 - r1))/(r1 - r2)
    """
    if kind not in SHIPPED:
        raise InputError(f"kind: got {kind!r}; expected one of {', '.join(each.__name__ for each in SHIPPED)}")
    return SHIPPED[kind]()


k = sympy.Symbol("k", integer=True, nonnegative=True)
a, alpha, strength = sympy.symbols("a alpha lambda", positive=True)
T = CHEBYSHEV


def _gradient_descent() -> Induction:
    """The residual is a power in the code; the step is that of the definition, ``phi <- phi - lr (A phi - h)``."""

    def after(steps: Any) -> Any:
        return GradientDescent(alpha, steps).residual(a)

    base = [Identity("p after 0 turns", after(0), sympy.Integer(1))]
    step = [Identity("p after one more gradient step", after(k + 1), (1 - alpha * a) * after(k))]
    return concluded(GradientDescent(alpha, k), a, k, after(k), base, step, "every a and alpha")


def _heavy_ball() -> Induction:
    r1, r2 = sympy.symbols("r1 r2")

    def p(n: Any) -> Any:
        return (r1 ** (n + 1) * (1 - r2) - r2 ** (n + 1) * (1 - r1)) / (r1 - r2)

    words = (
        "r1 and r2 the distinct roots of r^2 - (1 + momentum - alpha a) r + momentum; where they are equal, the limit"
    )
    loop = HeavyBall(alpha, r1 * r2, k)
    curvature = (1 - r1) * (1 - r2) / alpha
    return by_induction(loop, curvature, lambda n: {"p": p(n), "previous": p(n - 1)}, k, parameters=words)


def _proximal_gradient_descent() -> Induction:
    def p(n: Any) -> Any:
        return strength / (strength + a) + (1 - alpha * (strength + a)) ** n * a / (strength + a)

    loop = ProximalGradientDescent(strength, alpha, k)
    return by_induction(loop, a, lambda n: {"p": p(n)}, k, parameters="every alpha, and a other than -lambda")


def _chebyshev() -> Induction:
    s, s0, middle = sympy.symbols("s s0 c", positive=True)

    def t(n: Any, y: Any) -> Any:
        """``T_n(y)``, by ``T_{k+1} = 2 y T_k - T_{k-1}`` for n = k + 1."""
        if not sympy.sympify(n).free_symbols:
            return sympy.chebyshevt(n, y)
        return 2 * y * T(k, y) - T(k - 1, y) if n == k + 1 else T(n, y)

    def claim(n: Any) -> State:
        return {
            "p": t(n, s) / t(n, s0),
            "previous": t(n - 1, s) / t(n - 1, s0),
            "w": 2 * s0 * t(n - 1, s0) / t(n, s0),
        }

    words = (
        "smallest = c (1 - 1/s0), largest = c (1 + 1/s0), a = c (1 - s/s0), so that s = s(a) and s0 = s(0); T_n is"
        " defined by T_0 = 1, T_1(y) = y, T_{n+1} = 2 y T_n - T_{n-1}"
    )
    loop = Chebyshev(middle * (1 - 1 / s0), middle * (1 + 1 / s0), k)
    return by_induction(loop, middle * (1 - s / s0), claim, k, first=2, parameters=words)


SHIPPED: dict[type[InnerLoop], Callable[[], Induction]] = {
    GradientDescent: _gradient_descent,
    HeavyBall: _heavy_ball,
    ProximalGradientDescent: _proximal_gradient_descent,
    Chebyshev: _chebyshev,
}
