"""Reading a claim in a ring: what it states there, and what it assumes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from quadmaml.errors import InputError, SingularError
from quadmaml.proofs.fields import Rationals
from quadmaml.proofs.instances import Sample, instance

from .exactly import NoOrderError, definite, difference, holds
from .language import Claim
from .numbers import bare
from .statements import Reading, Statement, UnmetError, reading
from .values import Value

__all__ = ["Outcome", "difference_of", "judged", "read", "statements_of"]


def read(claim: Claim, elements: Mapping[str, Any], *, decides: bool = False) -> tuple[tuple[Statement, ...], Reading]:
    """The statements of a claim at elements of some ring, and what was recorded on the way.

    Raises
    ------
    InputError
        If the claim returns anything but statements.
    UnmetError
        If an assumption fails, in a ring that decides.
    """
    values: dict[str, Any] = {name: Value(element, claim.domains.get(name)) for name, element in elements.items()}
    for name, domain in claim.domains.items():
        if domain.constant is not None:
            values[name] = domain.constant
    stated, recorded = followed(claim, values, Reading(decides))
    for met in range(len(recorded.supposed)):
        check_unreachable(claim, values, (True,) * met + (False,))
    # Comparisons that had to hold for the text to be read on are assumptions, as in assume(0 < x < 1).
    recorded.assumptions.extend(each for each, _ in recorded.supposed)
    return statements_of(claim, stated), recorded


def followed(claim: Claim, values: Mapping[str, Any], recorded: Reading) -> tuple[Any, Reading]:
    """What a claim returns, and what was recorded."""
    with reading(recorded):
        return claim.function(**values), recorded


def check_unreachable(claim: Claim, values: Mapping[str, Any], path: tuple[bool, ...]) -> None:
    """NoOrderError unless the claim assumes that comparisons do not come out in this way."""
    try:
        followed(claim, values, Reading(path=path))
    except UnmetError:
        return
    raise NoOrderError("the claim says different things as a comparison comes out; expected assume(...)")


def statements_of(claim: Claim, stated: Any) -> tuple[Statement, ...]:
    """What a claim returned, as a tuple of statements."""
    found = tuple(stated) if isinstance(stated, (tuple, list)) else (stated,)
    if not found or not all(isinstance(each, Statement) for each in found):
        raise InputError(f"{claim.name}: returns {stated!r}; expected equal(...), at_most(...) or the like, or a tuple")
    return found


def difference_of(statement: Statement) -> Any:
    """``right - left`` in any ring."""
    return bare(statement.right) - bare(statement.left)


@dataclass(frozen=True)
class Outcome:
    """What came of reading a claim at one exact instance.

    Parameters
    ----------
    kind : "outside", "singular", "raised", "held" or "violated"
        Outside: a domain or an assumption is not met. Singular: something that is inverted has no inverse.
    statements : tuple of Statement
        What it states, where it was read.
    violated : int or None
        Which statement fails.
    error : str
        What it raised.
    """

    kind: Literal["outside", "singular", "raised", "held", "violated"]
    statements: tuple[Statement, ...] = ()
    violated: int | None = None
    error: str = ""


def judged(claim: Claim, dim: int, sample: Sample, field: Rationals) -> Outcome:
    """Read a claim at an exact instance, given by the free numbers of its letters."""
    elements: dict[str, Any] = dict(instance(field, claim.letters, dim, sample))
    if not inside(claim, elements):
        return Outcome("outside")
    try:
        statements, _ = read(claim, elements, decides=True)
        failing = next((i for i, each in enumerate(statements) if not holds(each)), None)
    except UnmetError:
        return Outcome("outside")
    except (SingularError, ZeroDivisionError):
        return Outcome("singular")
    except Exception as error:
        return Outcome("raised", error=f"{type(error).__name__}: {error}")
    return Outcome("held" if failing is None else "violated", statements, failing)


def inside(claim: Claim, elements: Mapping[str, Any]) -> bool:
    """Whether exact elements are in their domains."""
    for name, domain in claim.domains.items():
        if domain.constant is not None or domain.kind in ("symmetric", "matrix", "vector"):
            continue
        value = elements[name].value
        if domain.kind == "spd":
            within = definite(value, strictly=True)
        elif domain.kind == "scalar":
            within = (domain.low is None or value >= domain.low) and (domain.high is None or value <= domain.high)
        else:
            within = value > 0 and all(below_reciprocal(value, elements[each].value) for each in domain.below)
        if not within:
            return False
    return True


def below_reciprocal(lr: Fraction, rows: Any) -> bool:
    """Whether ``lr lambda_max < 1``: I - lr A is positive definite."""
    return definite([[(i == j) - lr * x for j, x in enumerate(row)] for i, row in enumerate(rows)], strictly=True)


def violation(statement: Statement) -> Any:
    """The difference of the sides of a statement over the rationals, as numbers."""
    gap = difference(statement)
    return getattr(gap, "value", gap)
