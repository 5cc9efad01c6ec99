"""For which curvatures an inner loop is stable: the multipliers of its own step, and exact conditions on them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy

from quadmaml import InnerLoop
from quadmaml.errors import InputError
from quadmaml.proofs import decide
from quadmaml.proofs.verdicts import Status, Verdict

from .reading import CURVATURE as A
from .reading import Reading, parameter_ranges
from .recurrence import recurrence, reduced

__all__ = ["stability"]

K = sympy.Dummy("K", integer=True, nonnegative=True)


def stability(loop: InnerLoop, *, assuming: Mapping[Any, Any] | None = None) -> Reading:
    """The curvatures a > 0 for which the loop converges from every state, as its steps go on.

    Parameters
    ----------
    loop : InnerLoop
        A loop of equal steps, or one without steps; its number of steps does not matter.
    assuming : mapping from symbols to sympy.Interval, optional
        Ranges of symbols, in place of those that the parameters have.

    Returns
    -------
    Reading
        The value is an open interval. PROVED says that the loop contracts inside, and at no curvature above: all
        eigenvalues of one step, whose matrix is read off the code, are inside the unit circle (Jury's conditions).

    Examples
    --------
    >>> from quadmaml import HeavyBall
    >>> alpha, beta = sympy.symbols("alpha beta")
    >>> found = stability(HeavyBall(lr=alpha, momentum=beta, steps=6))
    >>> found.value, found.verdict.status.value
    (Interval.open(0, 2*(beta + 1)/alpha), 'PROVED')
    """
    if not isinstance(loop, InnerLoop):
        raise InputError(f"loop: got {loop!r}; expected an inner loop")
    ranges: Mapping[Any, Any] = parameter_ranges(loop, assuming)
    conditions = _conditions(loop)
    known = sorted(set().union(*(each.free_symbols for each in conditions)) - {A}, key=str)
    if missing := [str(symbol) for symbol in known if symbol not in ranges]:
        raise InputError(f"assuming: says nothing about {', '.join(missing)}; expected an interval for each")
    if not all(each.is_rational_function(A, *known) for each in conditions):
        raise InputError(f"loop: one step of {loop} is no rational function of the curvature; expected one")
    ranges = {symbol: ranges[symbol] for symbol in known}
    bounds = [root for each in conditions if (root := _falling_root(each, ranges)) is not None]
    if len(bounds) > 1:
        raise InputError(f"loop: {loop} has the bounds {bounds}; expected one, from a constant step")
    end = bounds[0] if bounds else sympy.oo
    ranges = _feasible(end, ranges)
    inside = sympy.Interval.open(0, end)
    proofs = [decide.positive(each, {**ranges, A: inside}) for each in conditions]
    for each in conditions:
        if bounds and _falling_root(each, ranges) is not None:
            proofs.append(decide.nonnegative(-each, {**ranges, A: sympy.Interval(end, sympy.oo)}))
    status = Status.PROVED if all(proof.holds for proof in proofs) else Status.UNDECIDED
    verdict = Verdict(
        status,
        f"{type(loop).__name__} contracts if and only if a < {end}",
        seconds=sum(proof.seconds for proof in proofs),
        details=tuple(line for proof in proofs for line in proof.explain().split("\n")),
    )
    given = tuple(f"{symbol} in {decide.shown(interval)}" for symbol, interval in ranges.items())
    return Reading(f"stability of {type(loop).__name__}", inside, verdict, given)


def _conditions(loop: InnerLoop) -> list[Any]:
    """Expressions that are all positive if and only if the eigenvalues of one step are inside the unit circle."""
    step = _step(loop)
    if step.shape == (1, 1):
        return [sympy.factor(1 - step[0]), sympy.factor(1 + step[0])]
    if step.shape != (2, 2):
        raise InputError(f"loop: one step of {loop} changes {step.rows} numbers; expected one or two")
    trace, det = step.trace(), step.det()
    return [sympy.factor(each) for each in (1 - trace + det, 1 + trace + det, 1 - det)]


def _step(loop: InnerLoop) -> Any:
    """The matrix of one step, from the code: of a power, a loop, or for loops without steps the residual itself."""
    if not hasattr(loop, "steps"):
        return sympy.Matrix([[loop.residual(A)]])
    try:
        body = recurrence(loop)
    except InputError:
        kind: Any = type(loop)
        given = {name: getattr(loop, name) for name in loop.__dataclass_fields__ if name != "steps"}  # type: ignore[attr-defined]
        ratio = reduced(kind(**given, steps=K + 1).residual(A) / kind(**given, steps=K).residual(A))
        if ratio.has(K):
            raise InputError(f"loop: the steps of {loop} differ; expected equal steps") from None
        return sympy.Matrix([[ratio]])
    state = {name: sympy.Dummy(name) for name in body.state}
    turned = body.turn(A, state, sympy.Dummy("k", integer=True, positive=True))
    step = sympy.Matrix([turned[name] for name in body.state]).jacobian([state[name] for name in body.state])
    if step.free_symbols & set(state.values()):
        raise InputError(f"loop: the steps of {loop} differ; expected equal steps")
    return step.applyfunc(sympy.expand)


def _feasible(end: Any, ranges: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """The ranges, one of them cut down if need be, so that the bound is positive."""
    if end == sympy.oo or end.is_number or decide.positive(end, ranges).holds:
        return ranges
    for symbol in ranges:
        for limit in sympy.solve(end, symbol):
            below = sympy.Interval.open(ranges[symbol].start, limit)
            if isinstance(below, sympy.Interval) and decide.positive(end, {**ranges, symbol: below}).holds:
                return {**ranges, symbol: below}
    return ranges


def _falling_root(condition: Any, ranges: Mapping[Any, Any]) -> Any:
    """The curvature at which a condition that falls along a line becomes zero; None where it never does."""
    top, _ = sympy.fraction(sympy.together(condition))
    if not top.has(A) or decide.positive(condition, {**ranges, A: sympy.Interval.open(0, sympy.oo)}).holds:
        return None
    roots = sympy.solve(top, A) if sympy.degree(top, A) == 1 else []
    if len(roots) != 1:
        raise InputError(f"loop: the condition {condition} > 0 cannot be solved for a; expected constant steps")
    return sympy.factor(roots[0])
