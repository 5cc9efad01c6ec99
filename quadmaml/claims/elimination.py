"""Equations among assumptions: solved for an argument, which then is no argument any more.

``assume(equal(u + v + w, 1))`` holds at almost no instance that is drawn; with ``w = 1 - u - v`` put in, at all. Only
equations are solved that are an argument times a nonzero number plus something without it, as the words engine proves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from types import MappingProxyType
from typing import Any

from quadmaml.proofs.fields import Rationals
from quadmaml.proofs.instances import draw, instance

from .equalities import by_words
from .language import Claim
from .readings import difference_of, read
from .statements import Reading, assume, reading
from .values import Value

__all__ = ["Solved", "equations", "solved"]


@dataclass(frozen=True)
class Solved:
    """A claim with one argument expressed by the others.

    Parameters
    ----------
    claim : Claim
        The claim about the other arguments.
    name : str
        The argument that was solved for.
    value : callable
        From values of the others to that of the argument.
    """

    claim: Claim
    name: str
    value: Callable[[Mapping[str, Any]], Any]


def equations(claim: Claim) -> list[int]:
    """Which of the assumptions are equations, in the order in which they are made."""
    try:
        sample = draw(claim.letters, 1, iter(range(2, 10**6)).__next__)
        _, recorded = read(claim, instance(Rationals(), claim.letters, 1, sample))
    except Exception:
        return []
    return [k for k, each in enumerate(recorded.assumptions) if each.kind == "equal"]


def assumption(claim: Claim, k: int, **elements: Any) -> Any:
    """``right - left`` of the k-th assumption; what the claim does afterwards does not matter."""
    recorded = Reading()
    values = {name: Value(element, claim.domains[name]) for name, element in elements.items()}
    for name, domain in claim.domains.items():
        if domain.constant is not None:
            values[name] = domain.constant  # type: ignore[assignment]
    with reading(recorded):
        claim.function(**values)
    return difference_of(recorded.assumptions[k])


def solved(claim: Claim) -> Solved | None:
    """The claim with the first equation that can be solved put in; None if there is none."""
    kinds = ("scalar", "vector", "matrix")
    names = [name for kind in kinds for name, each in claim.domains.items() if each.kind == kind]
    for k in equations(claim):
        for name in reversed([name for name in names if name in claim.letters]):
            factor = _factor(claim, k, name)
            if factor:
                return _without(claim, k, name, factor)
    return None


def _factor(claim: Claim, k: int, name: str) -> Fraction | None:
    """The number c with ``assumption = c x + rest``, x the argument, proved; None where there is none."""
    try:
        sample = draw(claim.letters, 1, iter(range(2, 10**6)).__next__)
        elements = instance(Rationals(), claim.letters, 1, sample)
        step = assumption(claim, k, **{**elements, name: 2 * elements[name]}) - assumption(claim, k, **elements)
        factor = Fraction(_only(step) / _only(elements[name]))
    except Exception:
        return None
    proved, _ = by_words(partial(_remainder, claim, k, name, factor), claim.letters)
    return factor if proved else None


def _only(element: Any) -> Any:
    """The one entry of an element in dimension 1."""
    value = element.value
    while isinstance(value, tuple):
        (value,) = value
    return value


def _remainder(claim: Claim, k: int, name: str, factor: Fraction, **elements: Any) -> Any:
    x = elements[name]
    rest = assumption(claim, k, **{**elements, name: 0 * x})
    return assumption(claim, k, **elements) - rest - factor * x


def _without(claim: Claim, k: int, name: str, factor: Fraction) -> Solved:
    others = MappingProxyType({each: domain for each, domain in claim.domains.items() if each != name})
    zero_of = claim.domains[name].kind

    def value(values: Mapping[str, Any]) -> Any:
        elements = {each: x.element for each, x in values.items() if isinstance(x, Value)}
        zero = _zero(
            zero_of, elements, [each for each, x in claim.domains.items() if x.kind == zero_of and each != name]
        )
        return Value(assumption(claim, k, **{**elements, name: zero}) * (-1 / factor))

    def function(**values: Any) -> Any:
        found = value(values)
        domain = claim.domains[name]
        assume(tuple(end <= found for end in (domain.low,) if end is not None))
        assume(tuple(found <= end for end in (domain.high,) if end is not None))
        return claim.function(**{**values, name: found})

    return Solved(Claim(claim.name, claim.title, claim.source, others, function), name, value)


def _zero(kind: str, elements: Mapping[str, Any], alike: list[str]) -> Any:
    """Zero of that shape: made of another argument of the shape, for a ring alone does not know its size."""
    for each in alike:
        if each in elements:
            return 0 * elements[each]
    shape = "scalar" if kind == "scalar" else kind
    found = next((x for x in elements.values() if x.shape == "vector"), None)
    if shape == "scalar" and found is not None:
        return 0 * (found.T * found)
    raise LookupError(f"no zero of shape {shape}")
