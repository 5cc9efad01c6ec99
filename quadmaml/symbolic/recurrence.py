"""Closed forms of stepped loops, proved by induction on the loop that runs.

The body of the ``for`` loop in a class's ``residual`` is taken from its source and run once on symbols: that is the
induction step. The start of the induction is the same code, run for the first few steps. So a wrong sign in the class
refutes the closed form.
"""

from __future__ import annotations

import ast
import inspect
import itertools
import textwrap
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import sympy

from quadmaml import InnerLoop
from quadmaml.errors import InputError
from quadmaml.proofs.verdicts import Status, Verdict

__all__ = ["CHEBYSHEV", "Identity", "Induction", "Recurrence", "by_induction", "concluded", "recurrence", "reduced"]

State = Mapping[str, Any]

CHEBYSHEV = sympy.Function("T")
"""The Chebyshev polynomial T(n, y) for a symbol n: nothing is known of it but what an induction assumes."""


# The loop in the code


@dataclass(frozen=True)
class Recurrence:
    """One turn of the loop inside a ``residual``, as a function of symbols.

    Parameters
    ----------
    loop : InnerLoop
        The loop; its number of steps may be a symbol.
    state : tuple of str
        The variables that the turn changes.
    result : str
        The variable that is returned.
    """

    loop: InnerLoop
    state: tuple[str, ...]
    result: str
    code: Any

    def start(self, a: Any) -> dict[str, Any]:
        """The variables before the first turn."""
        return self._chosen(self._before(a))

    def turn(self, a: Any, state: State, k: Any) -> dict[str, Any]:
        """The variables after turn number k (0 is the first) from the given ones."""
        names = {**self._before(a), **state, self.code.target: self._item(k)}
        exec(self.code.body, names)
        return self._chosen(names)

    def after(self, a: Any, turns: int) -> dict[str, Any]:
        """The variables after some turns."""
        state = self.start(a)
        for k in range(turns):
            state = self.turn(a, state, k)
        return state

    def _before(self, a: Any) -> dict[str, Any]:
        names = {**self.code.names, self.code.self: self.loop, self.code.argument: a}
        exec(self.code.before, names)
        return names

    def _chosen(self, names: State) -> dict[str, Any]:
        return {name: names[name] for name in self.state if name in names}

    def _item(self, k: Any) -> Any:
        """What the loop variable is in turn k: read off three turns, the number of the turn or a constant."""
        three = replace(self.loop, steps=3)  # type: ignore[type-var]
        items = list(eval(self.code.items, {**self._before(sympy.Symbol("a")), self.code.self: three}))
        if items == [0, 1, 2]:
            return k
        if items[0] == items[1] == items[2]:
            return items[0]
        raise InputError(f"loop: its turns run over {items}; expected their numbers, or a constant")


@dataclass(frozen=True)
class _Code:
    """The parts of a function ``before; for target in items: body; return result``, compiled."""

    names: Mapping[str, Any]
    self: str
    argument: str
    before: Any
    target: str
    items: Any
    body: Any


def recurrence(loop: InnerLoop) -> Recurrence:
    """The loop inside the ``residual`` of an inner loop.

    Raises
    ------
    InputError
        If the residual is not written as one ``for`` loop, or its source is not available.

    Examples
    --------
    >>> from quadmaml import HeavyBall
    >>> a, lr, beta, p, q = sympy.symbols("a lr beta p q")
    >>> turn = recurrence(HeavyBall(lr, beta, sympy.Symbol("K"))).turn(a, {"p": p, "previous": q}, 0)
    >>> turn["p"], turn["previous"]
    (beta*(p - q) + p*(-a*lr + 1), p)
    """
    if not isinstance(loop, InnerLoop):
        raise InputError(f"loop: got {loop!r}; expected an inner loop")
    function = type(loop).residual
    try:
        (definition,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    except (OSError, SyntaxError):
        raise InputError(f"loop: the source of {type(loop).__name__}.residual is not available") from None
    refusal = InputError(f"loop: {type(loop).__name__}.residual is not one `for` loop; expected a stepped residual")
    if not isinstance(definition, ast.FunctionDef) or len(definition.body) < 2:
        raise refusal
    *before, turn, last = [line for line in definition.body if not _is_text(line)]
    simple = not any(isinstance(node, (ast.Return, ast.For)) for line in before for node in ast.walk(line))
    if not (simple and isinstance(turn, ast.For) and isinstance(turn.target, ast.Name)) or turn.orelse:
        raise refusal
    if not (isinstance(last, ast.Return) and isinstance(last.value, ast.Name)):
        raise refusal
    changed = {node.id for node in ast.walk(turn) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    state = tuple(sorted(changed - {turn.target.id}))
    arguments = [each.arg for each in definition.args.args]
    where = inspect.getsourcefile(function) or "<residual>"
    code = _Code(
        function.__globals__,
        arguments[0],
        arguments[1],
        compile(ast.Module(before, []), where, "exec"),
        turn.target.id,
        compile(ast.Expression(turn.iter), where, "eval"),
        compile(ast.Module(turn.body, []), where, "exec"),
    )
    return Recurrence(loop, state, last.value.id, code)


def _is_text(line: ast.stmt) -> bool:
    return isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant)


# Induction


@dataclass(frozen=True)
class Identity:
    """An equation that induction needs.

    Parameters
    ----------
    reason : str
        Where it comes from.
    left, right : SymPy expressions
        What the code computes, and what is claimed.
    """

    reason: str
    left: Any
    right: Any

    @property
    def difference(self) -> Any:
        """Left minus right as a reduced fraction, powers with a symbol in the exponent taken as unknowns."""
        return reduced(self.left - self.right)

    @property
    def holds(self) -> bool:
        """Whether the difference is identically zero."""
        return bool(self.difference == 0)

    def latex(self) -> str:
        """The equation."""
        return f"{sympy.latex(self.left)} = {sympy.latex(self.right)}"


@dataclass(frozen=True)
class Induction:
    """A closed form of a residual, with the identities that prove it.

    Parameters
    ----------
    loop : InnerLoop
        The loop, in the parameters in which the closed form is rational.
    curvature : SymPy expression
        The curvature at which the residual is read, in the same parameters.
    steps : SymPy symbol
        The number of steps.
    closed_form : SymPy expression
        The residual after that many steps.
    base, step : tuple of Identity
        The start of the induction, and the step from k to k + 1.
    parameters : str
        What the symbols are, and what is assumed about them.
    verdict : Verdict
        PROVED if all identities hold; else REFUTED, with numbers at which one of them fails.
    """

    loop: InnerLoop
    curvature: Any
    steps: Any
    closed_form: Any
    base: tuple[Identity, ...]
    step: tuple[Identity, ...]
    parameters: str
    verdict: Verdict

    @property
    def identities(self) -> tuple[Identity, ...]:
        """All identities, in the order in which they are shown."""
        return self.base + self.step

    def latex(self) -> str:
        """The closed form and the identities, as lines of an ``align*``."""
        lines = [rf"p_{{{sympy.latex(self.steps)}}}(a) &= {sympy.latex(self.closed_form)}"]
        lines += [
            f"{sympy.latex(each.left)} &= {sympy.latex(each.right)} && \\text{{{each.reason}}}"
            for each in self.identities
        ]
        return "\\begin{align*}\n" + " \\\\\n".join(lines) + "\n\\end{align*}"

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle p_{{{sympy.latex(self.steps)}}}(a) = {sympy.latex(self.closed_form)}$"


def by_induction(
    loop: InnerLoop, a: Any, claim: Callable[[Any], State], steps: Any, *, first: int = 0, parameters: str = ""
) -> Induction:
    """Prove a closed form of a stepped loop by induction on the loop in its ``residual``.

    Parameters
    ----------
    loop : InnerLoop
        With symbols as parameters.
    a : SymPy expression
        The curvature at which the residual is read.
    claim : function
        From a number k of turns to the claimed values of the variables of the loop.
    steps : SymPy symbol
        The symbol to put in for k.
    first : int
        From where on the claim holds for every variable; before that, for the result alone.
    parameters : str
        What the symbols are and what is assumed about them, in words.

    Examples
    --------
    >>> from quadmaml import ProximalGradientDescent
    >>> a, lr = sympy.symbols("a lr", positive=True)
    >>> k = sympy.Symbol("k", integer=True, nonnegative=True)
    >>> loop = ProximalGradientDescent(1, lr, k)
    >>> by_induction(loop, a, lambda n: {"p": (1 + a * (1 - lr * (1 + a)) ** n) / (1 + a)}, k).verdict.status.value
    'PROVED'
    """
    body = recurrence(loop)
    if set(claim(first)) != set(body.state):
        raise InputError(
            f"claim: speaks of {sorted(claim(first))}; expected the variables {list(body.state)} of the loop"
        )
    base = []
    for n in range(first + 1):
        state, claimed = body.after(a, n), claim(n)
        names = body.state if n == first else (body.result,)
        base += [Identity(f"{name} after {n} turns", state[name], claimed[name]) for name in names if name in state]
    turned, claimed = body.turn(a, claim(steps), steps), claim(steps + 1)
    step = [Identity(f"{name} after one more turn", turned[name], claimed[name]) for name in body.state]
    return concluded(loop, a, steps, claim(steps)[body.result], base, step, parameters)


def concluded(
    loop: InnerLoop, a: Any, steps: Any, form: Any, base: list[Identity], step: list[Identity], parameters: str
) -> Induction:
    """The induction that consists of these identities."""
    started = time.perf_counter()
    failed = next((each for each in base + step if not each.holds), None)
    scope = f"{type(loop).__name__}: every number of steps, {parameters}"
    if failed is None:
        details = tuple(f"{each.reason}: an identity" for each in base + step)
        verdict = Verdict(Status.PROVED, scope, seconds=time.perf_counter() - started, details=details)
    else:
        witness, margin = _witness(failed.difference)
        verdict = Verdict(
            Status.REFUTED if witness else Status.UNDECIDED,
            scope,
            witness=witness,
            margin=margin,
            seconds=time.perf_counter() - started,
            details=(f"{failed.reason}: {failed.left} is not {failed.right}",),
        )
    return Induction(loop, a, steps, form, tuple(base), tuple(step), parameters, verdict)


def reduced(expression: Any) -> Any:
    """An expression as a fraction in lowest terms, where powers with a symbol in the exponent count as unknowns."""
    expression = sympy.sympify(expression)
    unknown: dict[Any, Any] = {}
    replaced = expression.replace(
        lambda node: node.is_Pow and bool(node.exp.free_symbols), lambda node: _unknown_power(node, unknown)
    )
    back = {value: key for key, value in unknown.items()}
    return sympy.cancel(sympy.together(replaced)).xreplace(back)


def _unknown_power(power: Any, unknown: dict[Any, Any]) -> Any:
    """``b^(m + n k)`` as ``b^m (b^k)^n``, with one unknown for each ``b^k``; for integers k, or positive b."""
    constant, symbolic = power.exp.expand().as_coeff_Add()
    number, symbolic = symbolic.as_coeff_Mul()
    key = power.base**symbolic
    return power.base**constant * unknown.setdefault(key, sympy.Dummy()) ** number


def _witness(difference: Any) -> tuple[dict[str, Fraction] | None, Fraction | None]:
    """Small numbers at which a difference is not zero."""
    symbols = sorted(difference.free_symbols, key=str)
    values = [sympy.Integer(2), sympy.Rational(1, 2), sympy.Integer(3), sympy.Rational(1, 3), sympy.Integer(5)]
    for chosen in itertools.islice(itertools.permutations(values * 2, len(symbols)), 200):
        point = {s: sympy.Integer(2) if s.is_integer else value for s, value in zip(symbols, chosen, strict=True)}
        value = difference.subs(point)
        value = value.replace(CHEBYSHEV, lambda n, y: sympy.chebyshevt(n, y))
        if value.is_Rational and value != 0:
            exact = {str(s): Fraction(int(v.p), int(v.q)) for s, v in point.items()}
            return exact, Fraction(int(value.p), int(value.q))
    return None, None
