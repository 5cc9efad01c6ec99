"""Statements: what a claim says of its arguments, and what it assumes of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Literal

from quadmaml.curvature import RingElement
from quadmaml.errors import InputError

from .exactly import holds
from .numbers import divisor, exact

__all__ = [
    "Reading",
    "Statement",
    "UnmetError",
    "assume",
    "at_most",
    "equal",
    "inverse",
    "less_than",
    "psd",
    "reading",
]


class UnmetError(Exception):
    """An instance does not satisfy what the claim assumes."""


@dataclass(frozen=True, eq=False)
class Statement:
    """One relation between two values.

    Parameters
    ----------
    kind : "equal", "at_most" or "less_than"
        The relation. Of symmetric matrices the order is Loewner's.
    left, right : value or number
        Its sides.
    because : value, number or None
        Of an inequality: what ``right - left`` equals, written as a sum of terms that are seen to be nonnegative.
    """

    kind: Literal["equal", "at_most", "less_than"]
    left: Any
    right: Any
    because: Any = None

    def __bool__(self) -> bool:
        """Whether it holds; in a ring without order, what the reading of the claim supposes."""
        current = _CURRENT.get()
        if current is not None and not current.decides:
            return current.supposes(self)
        return holds(self)


def equal(left: Any, right: Any) -> Statement:
    """``left = right``, for numbers, columns or matrices; a number beside a matrix is that multiple of the identity."""
    return Statement("equal", left, right)


def at_most(left: Any, right: Any, *, because: Any = None) -> Statement:
    """``left <= right``, for numbers or symmetric matrices (Loewner's order).

    Parameters
    ----------
    left, right : value or number
        The sides.
    because : value, optional
        A proof: what ``right - left`` equals, written with the functions of ``quadmaml.claims.certificates`` or as a
        sum of terms ``X.T @ P @ X`` with P positive semidefinite by the claim's own hypotheses.
    """
    return Statement("at_most", left, right, because)


def less_than(left: Any, right: Any, *, because: Any = None) -> Statement:
    """``left < right``, for numbers or symmetric matrices (``right - left`` positive definite)."""
    return Statement("less_than", left, right, because)


def psd(X: Any, *, because: Any = None) -> Statement:
    """The matrix X is symmetric and positive semidefinite; a number is nonnegative."""
    return Statement("at_most", 0, X, because)


def inverse(X: Any) -> Any:
    """The inverse of a square matrix or number; the claim is then about instances at which X is invertible."""
    return X.inverse() if hasattr(X, "inverse") else 1 / divisor(X)


@dataclass
class Reading:
    """What is recorded while a claim's text is read in some ring.

    Parameters
    ----------
    decides : bool
        Whether comparisons have truth values in the ring; assumptions are then checked at once.
    assumptions : list of Statement
        What was assumed so far.
    path : sequence of bool
        In a ring that does not decide: what the first comparisons with ``if`` or ``0 < x < 1`` are supposed to come to;
        those after them are supposed to hold.
    supposed : list of pairs
        The comparisons that were met so far, and what they were supposed to come to.
    """

    decides: bool = False
    assumptions: list[Statement] = field(default_factory=list)
    path: Sequence[bool] = ()
    supposed: list[tuple[Statement, bool]] = field(default_factory=list)

    def supposes(self, statement: Statement) -> bool:
        """What a comparison comes to, where the domains or an assumption say so, or is supposed to come to."""
        known = next((known for each in self.assumptions if (known := _follows(statement, each)) is not None), None)
        if known is None:
            known = _settled(statement)
        if known is not None:
            return known
        met = len(self.supposed)
        value = self.path[met] if met < len(self.path) else True
        self.supposed.append((statement, value))
        return value


def _follows(statement: Statement, assumed: Statement) -> bool | None:
    """What an assumption between the same two sides says of a comparison."""
    if "equal" in (statement.kind, assumed.kind):
        return None
    if _same(statement.left, assumed.left) and _same(statement.right, assumed.right):
        return True if assumed.kind == "less_than" or statement.kind == "at_most" else None
    if _same(statement.left, assumed.right) and _same(statement.right, assumed.left):
        return False if "less_than" in (statement.kind, assumed.kind) else None
    return None


def _same(one: Any, other: Any) -> bool:
    return one is other or (not any(isinstance(each, RingElement) for each in (one, other)) and one == other)


def _settled(statement: Statement) -> bool | None:
    """What the intervals of scalar arguments say of a comparison of two of them, or of one and a number."""
    left, right = _ends(statement.left), _ends(statement.right)
    if statement.kind == "equal" or left is None or right is None:
        return None
    (low, high, left_open), (lowest, highest, right_open) = left, right
    apart, strict = left_open or right_open, statement.kind == "less_than"
    if high is not None and lowest is not None and (high < lowest or (high == lowest and (apart or not strict))):
        return True
    if low is not None and highest is not None and (low > highest or (low == highest and (apart or strict))):
        return False
    return None


def _ends(side: Any) -> Any:
    if isinstance(side, RingElement):
        return getattr(side, "ends", None)
    number = exact(side)
    return number, number, False


_CURRENT: ContextVar[Reading | None] = ContextVar("_CURRENT", default=None)


@contextmanager
def reading(current: Reading) -> Iterator[Reading]:
    """Read a claim's text; assumptions are recorded in ``current``."""
    token = _CURRENT.set(current)
    try:
        yield current
    finally:
        _CURRENT.reset(token)


def assume(condition: Any) -> None:
    """Restrict the claim to the instances at which the condition holds.

    Parameters
    ----------
    condition : Statement, or a tuple of them
        Comparisons such as ``lr <= 1``, :func:`psd`, :func:`equal`, :func:`at_most`, :func:`less_than`.

    Raises
    ------
    InputError
        For False: ``x == y`` of two arguments compares objects, and equality of values is ``equal(x, y)``.
    """
    if isinstance(condition, (tuple, list)):
        for each in condition:
            assume(each)
        return
    if condition is True:
        return
    if not isinstance(condition, Statement):
        raise InputError(f"condition: got {condition!r}; expected a comparison, psd(X) or equal(x, y)")
    current = _CURRENT.get()
    if current is not None:
        if any(condition is each and not value for each, value in current.supposed):
            raise UnmetError("the condition was supposed to fail")
        current.assumptions.append(condition)
    if (current is None or current.decides) and not condition:
        raise UnmetError(condition.kind)
