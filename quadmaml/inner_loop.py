"""What an inner loop is: a residual p with p(0) = 1, evaluated at the affine generator of a task."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import Any, Self

from . import affine, arrays
from .affine import AffineMap, Augmented
from .arrays import Scalar
from .errors import InputError, check_count, check_number, check_steps
from .exact import to_float
from .quadratic import Quadratic, check_quadratic

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
        """The residual p(x), with p(0) = 1: of an eigenvalue, an array of eigenvalues, a symbol, or a ring element.

        Numbers must be of the kinds of the loop's parameters, as floats beside floats; ``weight`` of an algorithm
        converts and checks them.
        """

    def generator(self, quadratic: Quadratic) -> Augmented:
        """The affine generator at which the residual gives the map."""
        return affine.generator(quadratic)

    def map(self, quadratic: Quadratic) -> AffineMap:
        """The map ``theta -> P theta + s`` from the start to the adapted point, one for each task of the batch.

        Raises
        ------
        SingularError
            If the loop's inner problem has no unique solution (proximal loops, ``A + strength I`` singular).
        ConvergenceError
            If the adapted point diverges beyond the range of floats.
        """
        with arrays.quiet():
            m = self._augmented(check_quadratic("quadratic", quadratic)).as_map()
        self.check_overflow(m.operator, m.offset)
        return m

    def displacement(self, quadratic: Quadratic, gradient: Any) -> Any:
        """``m(theta) - theta``, from the gradient at theta: a batch of vectors, or an affine map to them.

        It is ``-R gradient`` with ``R A = 1 - P``; seen from theta the loop starts at 0, so that nothing is subtracted.
        """
        with arrays.quiet():
            offset = self._augmented(Quadratic(quadratic.curvature, -gradient)).offset
        self.check_overflow(*((offset.operator, offset.offset) if isinstance(offset, AffineMap) else (offset,)))
        return offset

    def _augmented(self, quadratic: Quadratic) -> Augmented:
        """The residual at the generator of the task."""
        self.check_numbers(getattr(quadratic.linear, "offset", quadratic.linear))
        augmented: Augmented = self.residual(self.generator(quadratic))
        return augmented

    def contraction(self, quadratic: Quadratic, P: Any) -> Any:
        """C with ``A m(theta) - h = C (A theta - h)``: P where P commutes with A."""
        return P

    def stable_below(self) -> float:
        """The curvature from which the loop is unstable; infinite where there is no such bound.

        Below it (and above 0) the residual tends to 0 as steps of the same size are added, though with momentum it may
        leave [-1, 1] on the way; from it on, it does not. A loop whose steps are made for a fixed number of them,
        Chebyshev's, is stable where its residual stays in [-1, 1].
        """
        return inf

    def _check_number(self, name: str, *, above: int | None = None, at_least: int | None = None) -> None:
        """Check the parameter called name, and keep it as :func:`check_number` returns it."""
        number = check_number(name, getattr(self, name), above=above, at_least=at_least)
        object.__setattr__(self, name, number)

    def numbers(self) -> dict[str, Scalar]:
        """The parameters that are numbers, by name, with each step size of a schedule; not the number of steps."""
        named = {
            f"{name}[{k}]" if isinstance(value, tuple) else name: each
            for name, value in vars(self).items()
            for k, each in enumerate(value if isinstance(value, tuple) else (value,))
        }
        return {name: each for name, each in named.items() if name != "steps" and arrays.is_number(each)}

    def check_numbers(self, like: Any) -> None:
        """Raise :class:`InputError` for a parameter that cannot be combined with numbers ``like`` those of a task."""
        for name, number in self.numbers().items():
            arrays.scalar(number, like, name)

    def check_overflow(self, *values: Any) -> None:
        """Raise :class:`ConvergenceError` if what was computed with the loop from finite numbers is not finite."""
        arrays.check_overflow(f"{type(self).__name__}: the adaptation", *values)


class SteppedLoop(InnerLoop):
    """A loop of ``steps`` steps of size ``lr``; a sequence of step sizes, a schedule, is kept as a tuple."""

    lr: Any
    steps: Any

    def __post_init__(self) -> None:
        lr = arrays.entries(self.lr) if getattr(self.lr, "ndim", 0) == 1 else self.lr
        if isinstance(lr, (list, tuple)):
            lr = tuple(check_number(f"lr[{k}]", each, above=0) for k, each in enumerate(lr))
            if self.steps is not None and check_steps("steps", self.steps) != len(lr):
                raise InputError(f"steps: got {self.steps}; expected {len(lr)}, the length of the schedule lr")
        else:
            lr = check_number("lr", lr, above=0)
        object.__setattr__(self, "lr", lr)
        object.__setattr__(self, "steps", len(lr) if isinstance(lr, tuple) else check_steps("steps", self.steps))

    @property
    def schedule(self) -> tuple[Scalar, ...]:
        """The size of each step; InputError if their number is a symbol."""
        return self.lr if isinstance(self.lr, tuple) else (self.lr,) * check_count("steps", self.steps)

    def stable_below(self) -> float:
        sizes = self.lr if isinstance(self.lr, tuple) else (self.lr,)
        largest = max((to_float("lr", size) for size in sizes), default=0.0)
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
