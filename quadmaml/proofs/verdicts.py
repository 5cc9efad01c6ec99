"""Verdicts: what was shown about a statement, in words that are never stronger than what was shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from fractions import Fraction
from typing import Any

__all__ = ["Status", "Verdict"]


class Status(Enum):
    """How much a verdict says.

    PROVED is computer algebra, in the generality that the scope states; CERTIFIED is random identity testing, with a
    bound on the chance that a false statement passes; ENCLOSED is ball arithmetic, for these inputs; TESTED is the
    instances that were tried and no others; REFUTED is an exact counterexample, re-evaluated exactly; UNDECIDED is
    none of these; VACUOUS is a statement whose assumptions no instance satisfies.
    """

    PROVED = "PROVED"
    CERTIFIED = "CERTIFIED"
    ENCLOSED = "ENCLOSED"
    TESTED = "TESTED"
    REFUTED = "REFUTED"
    UNDECIDED = "UNDECIDED"
    VACUOUS = "VACUOUS"


@dataclass(frozen=True)
class Verdict:
    """What was shown about a statement.

    Parameters
    ----------
    status : Status
        How much was shown.
    scope : str
        For which instances, in words: "every dimension", "d <= 8", "a counterexample at d = 2".
    failure_bound : float or None
        For CERTIFIED: the chance, over the random draw, that a false statement passes.
    witness : mapping of names to Fractions and (nested) tuples of Fractions, or None
        For REFUTED: the counterexample.
    margin : Fraction or None
        For inequalities: the least slack that was seen, or the violation at the witness.
    seconds : float
        Time taken.
    details : tuple of str
        What was tried, in order.
    """

    status: Status
    scope: str
    failure_bound: float | None = None
    witness: Mapping[str, Any] | None = None
    margin: Fraction | None = None
    seconds: float = 0.0
    details: tuple[str, ...] = field(default=())

    @property
    def holds(self) -> bool:
        """Whether the statement was shown to hold, PROVED or CERTIFIED."""
        return self.status in (Status.PROVED, Status.CERTIFIED)

    def explain(self) -> str:
        """The verdict in sentences."""
        head = f"{self.status.value}: {self.scope}."
        if self.failure_bound is not None:
            head += f" A false statement passes this test with probability at most {self.failure_bound:.1e}."
        return "\n".join([head, *self.details])
