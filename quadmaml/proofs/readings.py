"""Formulas as a derivation checks them: with integers filled in, compared, or resting on hypotheses."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from quadmaml.quadratic import Quadratic

from .formulas import Formula, only
from .letters import Letter, symmetric, vector

__all__ = ["Certificate", "Difference", "OnQuadratics", "Reading", "arguments"]


def arguments(formula: Formula | None) -> set[str]:
    """The names that a formula takes."""
    return set(inspect.signature(formula).parameters) if callable(formula) else set()


@dataclass(frozen=True)
class Reading:
    """A formula with its counts filled in, over letters alone."""

    formula: Formula
    values: Mapping[str, int]

    @property
    def arguments(self) -> set[str]:
        """The names that it takes."""
        return arguments(self.formula)

    def __call__(self, **elements: Any) -> Any:
        return only(self.formula, {**elements, **self.values})


@dataclass(frozen=True)
class Difference:
    """One formula minus another."""

    left: Reading
    right: Reading

    @property
    def arguments(self) -> set[str]:
        """The names that it takes."""
        return self.left.arguments | self.right.arguments

    def __call__(self, **elements: Any) -> Any:
        return self.left(**elements) - self.right(**elements)


@dataclass(frozen=True)
class Certificate:
    """A formula of letters and of the residuals of hypotheses; with the factor 0 it is read where they vanish."""

    formula: Callable[..., Any]
    residuals: Mapping[str, Reading]
    values: Mapping[str, int]
    factor: int = 1

    @property
    def arguments(self) -> set[str]:
        """The names that it takes."""
        return arguments(self.formula).union(*(each.arguments for each in self.residuals.values()))

    def __call__(self, **elements: Any) -> Any:
        residuals = {name: self.factor * each(**elements) for name, each in self.residuals.items()}
        return only(self.formula, {**elements, **residuals, **self.values})


@dataclass(frozen=True)
class OnQuadratics:
    """A formula of smooth functions, read where these are quadratics: what it claims can then be refuted."""

    reading: Any
    smooth: frozenset[str]

    @property
    def arguments(self) -> set[str]:
        """The names that it takes."""
        left: set[str] = self.reading.arguments - self.smooth
        return left | set(letters_of_quadratics(self.smooth & self.reading.arguments))

    def __call__(self, **elements: Any) -> Any:
        used = self.smooth & self.reading.arguments
        chosen = {name: _Loss(*(elements[each] for each in _parts(name))) for name in used}
        return self.reading(**{**elements, **chosen})


def letters_of_quadratics(names: frozenset[str] | set[str]) -> dict[str, Letter]:
    """The Hessian and the linear part of a quadratic for each name of a smooth function."""
    return {part: kind for name in names for part, kind in zip(_parts(name), (symmetric(), vector()), strict=True)}


def _parts(name: str) -> tuple[str, str]:
    return f"{name}_hessian", f"{name}_linear"


@dataclass(frozen=True)
class _Loss:
    """A quadratic, with the operations of a smooth function."""

    matrix: Any
    linear: Any

    def __call__(self, x: Any) -> Any:
        return Quadratic(self.matrix, self.linear)(x)

    def gradient(self, x: Any) -> Any:
        return Quadratic(self.matrix, self.linear).gradient(x)

    def hessian(self, x: Any) -> Any:
        return self.matrix
