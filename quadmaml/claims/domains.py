"""Domains: what the arguments of a claim range over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from quadmaml.errors import InputError
from quadmaml.proofs.letters import Letter

from .numbers import exact

__all__ = ["Domain", "matrix", "scalar", "spd", "step_size", "symmetric", "vector"]


@dataclass(frozen=True)
class Domain:
    """What one argument of a claim ranges over; made by :func:`spd` and its like.

    Parameters
    ----------
    kind : str
        "spd", "symmetric", "matrix", "vector", "scalar" or "step_size".
    low, high : Fraction or None
        Of a scalar: the ends of a closed interval, None where it is unbounded.
    below : tuple of str
        Of a step size: the arguments whose largest eigenvalue bounds it.
    latex : str or None
        How the argument is printed; by default its name, Greek names as Greek letters.
    """

    kind: Literal["spd", "symmetric", "matrix", "vector", "scalar", "step_size"]
    low: Fraction | None = None
    high: Fraction | None = None
    below: tuple[str, ...] = ()
    latex: str | None = None

    @property
    def letter(self) -> Letter:
        """What the engines of ``quadmaml.proofs`` are told of the argument."""
        if self.kind in ("spd", "symmetric"):
            return Letter("matrix", symmetric=True, latex=self.latex)
        shape: Any = "scalar" if self.kind == "step_size" else self.kind
        return Letter(shape, latex=self.latex)

    @property
    def constant(self) -> Fraction | None:
        """The one number of an interval that is a point."""
        return self.low if self.kind == "scalar" and self.low is not None and self.low == self.high else None

    def __str__(self) -> str:
        if self.kind == "scalar":
            return f"scalar({self.low}, {self.high})"
        return f"{self.kind}({', '.join(self.below)})"


def spd(*, latex: str | None = None) -> Domain:
    """Symmetric positive definite matrices."""
    return Domain("spd", latex=latex)


def symmetric(*, latex: str | None = None) -> Domain:
    """Symmetric matrices: indefinite and singular ones too."""
    return Domain("symmetric", latex=latex)


def matrix(*, latex: str | None = None) -> Domain:
    """Any square matrices."""
    return Domain("matrix", latex=latex)


def vector(*, latex: str | None = None) -> Domain:
    """Columns."""
    return Domain("vector", latex=latex)


def scalar(low: Any = None, high: Any = None, *, latex: str | None = None) -> Domain:
    """Numbers of the closed interval from low to high; None is unbounded.

    Examples
    --------
    >>> scalar(0, 0.5).high
    Fraction(1, 2)
    """
    ends = [None if end is None else _exact_end(name, end) for name, end in (("low", low), ("high", high))]
    if ends[0] is not None and ends[1] is not None and ends[0] > ends[1]:
        raise InputError(f"high: got {high}; expected at least low = {low}")
    return Domain("scalar", ends[0], ends[1], latex=latex)


def _exact_end(name: str, end: Any) -> Any:
    try:
        return exact(end)
    except InputError:
        raise InputError(f"{name}: got {end!r}; expected an exact number or None, which is unbounded") from None


def step_size(*names: str, latex: str | None = None) -> Domain:
    """Step sizes ``0 < lr < 1/lambda_max`` of all the matrices that are named.

    Raises
    ------
    InputError
        If no matrix is named.
    """
    if not names or not all(isinstance(name, str) for name in names):
        raise InputError(f'names: got {names!r}; expected names of matrices, as in step_size("A", "B")')
    return Domain("step_size", below=names, latex=latex)


def check_domains(domains: Mapping[str, Any]) -> None:
    """InputError unless all are domains, and step sizes name symmetric matrices among them."""
    for name, domain in domains.items():
        if not isinstance(domain, Domain):
            raise InputError(f"{name}: got {domain!r}; expected a domain, such as spd(), vector() or scalar(0, 1)")
        for matrix_name in domain.below:
            if matrix_name not in domains or domains[matrix_name].kind not in ("spd", "symmetric"):
                raise InputError(
                    f"{name}: is a step size for {matrix_name!r}; expected an spd() or symmetric() argument"
                )
