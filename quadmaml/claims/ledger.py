"""The ledger: what the sources say, each reasonable reading of it as a claim, and what comes of it.

**To add an entry** write a module of this package (``golmant2018``, ``fomaml_page``, ``imaml_page``, ``literature_*``)
that calls :func:`enter` once for each statement of its source; the names of the modules are in ``MODULES`` below::

    from .language import at_most, claim, equal, spd, step_size, vector
    from .ledger import Entry, Reading, enter

    @claim(A=spd(), lr=step_size("A"), source="Golmant 2018")
    def weight_shrinks(A, lr):                      # the sentence, as a formula
        return at_most(A @ (1 - lr * A) ** 2, A)

    @claim(A=spd(), lr=step_size("A"), source="Golmant 2018")
    def weight_halves(A, lr):                       # a wrong twin: must be refuted
        return at_most(A @ (1 - lr * A) ** 2, A / 2)

    enter(Entry(
        id="G3",
        sentence="the i-th eigenvalue of the new matrix is ... and decreases from ... to 0",
        readings=(Reading("A (I - aA)^2 <= A in Loewner's order", weight_shrinks, "PROVED"),),
        twin=weight_halves,
        reason="Two sentences that say why it holds, or why not. They stand beside the verdict.",
    ))

A reading that is false, or holds only under a condition, has its corrected statement, itself a claim that must be
proved or certified, in ``corrected``. Statuses are expected ones: the tests compare them with what
:func:`quadmaml.claims.verify` finds. Numbers in claims are exact (``Fraction(1, 3)``; 0.5 and 1/3 are fractions).
An inequality between several matrices is proved only where its author says why, by
``at_most(left, right, because=...)``; see ``quadmaml.claims.certificates``. Statements that are no claims about
quadratics (those about general smooth or convex functions) are settled on explicit families, with ``scalar`` arguments.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from types import MappingProxyType

from quadmaml.errors import InputError
from quadmaml.proofs.verdicts import Status

from .language import Claim

__all__ = ["Entry", "Reading", "claims", "enter", "entries"]

MODULES = (
    "golmant2018",
    "golmant2018_weights",
    "golmant2018_losses",
    "golmant2018_optimality",
    "golmant2018_beyond",
    "fomaml_page",
    "fomaml_page_losses",
    "imaml_page",
    "imaml_page_solvers",
    "literature_first_order",
    "literature_truncated",
    "literature_proximal",
    "literature_outer_loop",
    "literature_conditioning",
    "literature_objectives",
    "literature_minima",
)


@dataclass(frozen=True)
class Reading:
    """One reasonable reading of a sentence.

    Parameters
    ----------
    formula : str
        The reading in words and symbols, as a reader of the source would check it.
    claim : Claim
        The same as a claim.
    expected : str
        The status that it reaches: "PROVED", "CERTIFIED", "REFUTED", ...
    """

    formula: str
    claim: Claim
    expected: str

    def __post_init__(self) -> None:
        if self.expected not in Status.__members__:
            raise InputError(f"expected: got {self.expected!r}; expected one of {', '.join(Status.__members__)}")


@dataclass(frozen=True)
class Entry:
    """One statement of a source.

    Parameters
    ----------
    id : str
        Its number, such as "G3".
    sentence : str
        The sentence of the source.
    readings : tuple of Reading
        Every reasonable reading of it, at least one.
    twin : Claim
        A wrong statement close to it, which must be refuted.
    reason : str
        Why it holds or not, in two sentences.
    corrected : tuple of Reading
        Where a reading is false or incomplete: what is true instead, proved or certified.
    source : str
        Where it is from; by default that of the first reading's claim.
    """

    id: str
    sentence: str
    readings: tuple[Reading, ...]
    twin: Claim
    reason: str
    corrected: tuple[Reading, ...] = ()
    source: str = ""

    def __post_init__(self) -> None:
        if not self.readings:
            raise InputError(f"readings: {self.id} has none; expected at least one")
        if not self.source:
            object.__setattr__(self, "source", self.readings[0].claim.source)


_ENTRIES: dict[str, Entry] = {}


def enter(entry: Entry) -> Entry:
    """Add an entry to the ledger.

    Raises
    ------
    InputError
        If another entry has its id.
    """
    if entry.id in _ENTRIES and _ENTRIES[entry.id] != entry:
        raise InputError(f"id: {entry.id} is taken; expected another")
    _ENTRIES[entry.id] = entry
    return entry


def entries() -> Mapping[str, Entry]:
    """All entries by id, in the order of the sources."""
    for name in MODULES:
        module = f"{__package__}.{name}"
        if find_spec(module) is not None:
            import_module(module)
    return MappingProxyType(_ENTRIES)


def claims() -> list[Claim]:
    """Every reading and every corrected statement, in the order of the sources."""
    readings = [each for entry in entries().values() for each in (*entry.readings, *entry.corrected)]
    return list(dict.fromkeys(each.claim for each in readings))
