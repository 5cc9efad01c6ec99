"""Any spectral inner loop at once: ``P = I - R A`` for an arbitrary function R of A."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from quadmaml import AffineMap, InnerLoop, Quadratic
from quadmaml.family import family, holds_elements

__all__ = ["AnyFilter"]


@dataclass(frozen=True)
class AnyFilter(InnerLoop):
    """The inner loop with the residual ``p(a) = 1 - a r(a)``: every one with p(0) = 1 is of this form.

    Parameters
    ----------
    quotient : element, or a list with one for each task
        ``R = r(A)``, a function of the curvature.

    Examples
    --------
    >>> AnyFilter(0.5).residual(1.0)
    0.5
    """

    quotient: Any

    def residual(self, x: Any) -> Any:
        return 1 - self.quotient * x

    def map(self, quadratic: Quadratic) -> AffineMap:
        return AffineMap(1 - self._R * quadratic.curvature, self._R @ quadratic.linear)

    def displacement(self, quadratic: Quadratic, gradient: Any) -> Any:
        return -(self._R @ gradient)

    @property
    def _R(self) -> Any:
        return family("quotient", self.quotient) if holds_elements(self.quotient) else self.quotient
