"""The appendix of a report: the derivations behind the algorithms that it used, the verdict of each step beside it."""

from __future__ import annotations

from collections.abc import Iterable

from ..adaptation import Chebyshev, HeavyBall, ProximalGradientDescent
from ..algorithms import FOMAML, IMAML, MAML, Algorithm, MoreauEnvelope, Reptile, TruncatedMAML
from ..symbolic.derive import derive
from .html import scrolling

__all__ = ["appendix", "behind"]

_OF_ALGORITHMS: dict[type, tuple[str, ...]] = {
    MAML: ("maml-gradient", "maml-jacobian", "support-query-field", "maml-fixed-point", "fine-tuned-loss"),
    FOMAML: ("fomaml-jacobian", "fomaml-is-no-gradient"),
    TruncatedMAML: ("truncated-maml-field",),
    IMAML: ("imaml-jacobian", "imaml-meta-gradient"),
    Reptile: ("reptile-field",),
    MoreauEnvelope: ("moreau-equals-first-order-imaml",),
}
_OF_LOOPS: dict[type, tuple[str, ...]] = {
    HeavyBall: ("heavy-ball-residual",),
    Chebyshev: ("chebyshev-residual",),
    ProximalGradientDescent: ("proximal-gd-residual", "imaml-error"),
}
_OF_ALL = ("fixed-point-covariance", "outer-trajectory")


def behind(algorithms: Iterable[Algorithm]) -> tuple[str, ...]:
    """The names of the derivations on which results of these algorithms rest.

    Examples
    --------
    >>> from quadmaml import GradientDescent
    >>> behind([Reptile(GradientDescent(lr=0.1, steps=2))])
    ('reptile-field', 'fixed-point-covariance', 'outer-trajectory')
    """
    names: list[str] = []
    for each in algorithms:
        names += _OF_ALGORITHMS.get(type(each), ())
        names += _OF_LOOPS.get(type(each.loop), ())
    return tuple(dict.fromkeys([*names, *_OF_ALL])) if names else ()


def appendix(algorithms: Iterable[Algorithm]) -> str:
    """The section of the page: each derivation as a table of its steps, in MathML, checked as it is written.

    Raises
    ------
    RefutedError
        If the code computes something else than is derived.
    """
    names = behind(algorithms)
    if not names:
        return ""
    lead = (
        "<p>Each line is checked as this page is made, on the code that made its numbers. PROVED: by computer algebra,"
        " in the generality stated. CERTIFIED: by evaluation at random numbers modulo a prime, with the probability"
        " that a false equation passes.</p>"
    )
    tables = "".join(scrolling(derive(name).html()) for name in names)
    return f"<section>\n<h2>Derivations</h2>\n{lead}\n{tables}</section>\n"
