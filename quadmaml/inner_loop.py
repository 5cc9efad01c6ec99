"""What an inner loop is: a residual p with p(0) = 1, evaluated at the affine generator of a task."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import Any, Self

from . import affine
from .affine import AffineMap, Augmented
from .arrays import Scalar
from .errors import InputError, check_number, check_steps
from .quadratic import Quadratic

__all__ = ["GradientSteps", "InnerLoop", "SteppedLoop"]

inf = float("inf")


class InnerLoop(ABC):
    """An inner loop whose adapted point is an affine function of its start.

    Attributes
    ----------
    spectral : bool
        Whether the map's linear part is a function of the curvature alone, ``P = residual(A)``. Otherwise the residual
        is evaluated at another generator than the task's.
    """

    spectral = True

    @abstractmethod
    def residual(self, x: Any) -> Any:
        """The residual p(x), with p(0) = 1: of an eigenvalue, an array of eigenvalues, a symbol, or a ring element."""

    def generator(self, quadratic: Quadratic) -> Augmented:
        """The affine generator at which the residual gives the map."""
        return affine.generator(quadratic)

    def map(self, quadratic: Quadratic) -> AffineMap:
        """The map ``theta -> P theta + s`` from the start to the adapted point, one for each task of the batch.

        Raises
        ------
        SingularError
            If the loop's inner problem has no unique solution (proximal loops, ``A + strength I`` singular).
        """
        if not isinstance(quadratic, Quadratic):
            raise InputError(f"quadratic: got {type(quadratic).__name__}; expected a Quadratic")
        augmented: Augmented = self.residual(self.generator(quadratic))
        return augmented.as_map()

    def stable_below(self) -> float:
        """The curvature from which the loop's residual leaves [-1, 1]; infinite where there is no such bound."""
        return inf


class SteppedLoop(InnerLoop):
    """A loop of ``steps`` steps of size ``lr``; a sequence of step sizes, a schedule, is kept as a tuple."""

    lr: Any
    steps: Any

    def __post_init__(self) -> None:
        lr = self.lr.tolist() if getattr(self.lr, "ndim", 0) == 1 else self.lr
        if isinstance(lr, (list, tuple)):
            lr = tuple(check_number(f"lr[{k}]", each, above=0) for k, each in enumerate(lr))
            if self.steps is not None and check_steps("steps", self.steps) != len(lr):
                raise InputError(f"steps: got {self.steps}; expected {len(lr)}, the length of the schedule lr")
        else:
            check_number("lr", lr, above=0)
        object.__setattr__(self, "lr", lr)
        object.__setattr__(self, "steps", len(lr) if isinstance(lr, tuple) else check_steps("steps", self.steps))

    @property
    def schedule(self) -> tuple[Scalar, ...]:
        """The size of each step."""
        return self.lr if isinstance(self.lr, tuple) else (self.lr,) * self.steps

    def stable_below(self) -> float:
        largest = max(map(float, self.lr), default=0.0) if isinstance(self.lr, tuple) else float(self.lr)
        return 2 / largest if largest else inf


class GradientSteps(SteppedLoop):
    """Gradient steps: the residual is the product of their factors ``1 - lr x``."""

    def residual(self, x: Any) -> Any:
        if not isinstance(self.lr, tuple):
            return (1 - self.lr * x) ** self.steps
        p = x**0
        for lr in self.lr:
            p = (1 - lr * x) * p
        return p

    def last(self, depth: int) -> Self:
        """The last ``depth`` steps as a loop of their own."""
        lr = self.lr[self.steps - depth :] if isinstance(self.lr, tuple) else self.lr
        return replace(self, lr=lr, steps=depth)  # type: ignore[type-var]
