"""Smooth functions as letters: nothing is known of them but that they have two continuous derivatives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from .letters import Letter

__all__ = ["Smooth", "SmoothFunction", "smooth"]


@dataclass(frozen=True)
class Smooth(Letter):
    """What a name stands for that is a function from columns to numbers; made by :func:`smooth`."""

    numeric: ClassVar[bool] = False


def smooth(latex: str | None = None) -> Smooth:
    r"""Any twice continuously differentiable function from columns to numbers; only words can read it.

    Examples
    --------
    >>> from quadmaml.proofs.letters import scalar, vector
    >>> from quadmaml.proofs.ring import gradient
    >>> from quadmaml.proofs.words import prove_equal
    >>> letters = {"L": smooth(), "x": vector(), "lr": scalar()}
    >>> proof = prove_equal(
    ...     lambda L, x, lr: gradient(lambda y: L(y - lr * gradient(L, y)), x),
    ...     lambda L, x, lr: (1 - lr * L.hessian(x)) @ L.gradient(x - lr * L.gradient(x)),
    ...     letters,
    ... )
    >>> proof.proved, [str(each) for each in proof.assumptions]
    (True, ['$L$ twice continuously differentiable'])
    """
    return Smooth("scalar", latex=latex)


@dataclass(frozen=True, eq=False)
class SmoothFunction:
    """A smooth function; at a column it has a value, a gradient and a Hessian, each a letter.

    Parameters
    ----------
    ring : Words
        Where its letters are from.
    name : str
        Its name.
    """

    ring: Any
    name: str

    def __call__(self, x: Any) -> Any:
        """The value at a column."""
        return self.ring.at(self.name, "value", x)

    def gradient(self, x: Any) -> Any:
        """The gradient at a column."""
        return self.ring.at(self.name, "gradient", x)

    def hessian(self, x: Any) -> Any:
        """The Hessian at a column: a symmetric matrix."""
        return self.ring.at(self.name, "hessian", x)
