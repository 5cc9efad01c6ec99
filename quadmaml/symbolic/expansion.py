"""Taylor tables: the expected meta-gradient on k minibatches, each with its own quadratic, in powers of the step size.

The steps are unrolled by the classes that run (``GradientDescent.map``, ``AffineMap @``, ``meta_gradient``) over free
words of Hessians ``H_1, H_2, ...`` that do not commute, each word ending in a gradient ``g_j`` at the start.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sympy

from quadmaml import FOMAML, MAML, AffineMap, Algorithm, GradientDescent, InnerLoop, Quadratic, Reptile, Tasks
from quadmaml.curvature import RingElement
from quadmaml.errors import InputError, check_count, check_steps
from quadmaml.proofs.verdicts import Status, Verdict

__all__ = ["Expansion", "Term", "expansion"]

ALGORITHMS: dict[type[Algorithm], int] = {MAML: 0, FOMAML: 0, Reptile: 1}
"""How far the degree in k of a coefficient may exceed its power of the step size."""


@dataclass(frozen=True)
class Term:
    """One term of an expansion: ``coefficient alpha^power E[word]``.

    Parameters
    ----------
    pattern : tuple of int
        Which minibatches stand in the word ``H.. H.. g..``, numbered by their first appearance: equal numbers are the
        same minibatch, different ones are independent draws.
    coefficient : SymPy expression
        A polynomial in the number of minibatches.

    Examples
    --------
    >>> Term((1, 2, 1), sympy.Integer(3)).word
    'H1 H2 g1'
    """

    pattern: tuple[int, ...]
    coefficient: Any

    @property
    def power(self) -> int:
        """The power of the step size: every Hessian brings one."""
        return len(self.pattern) - 1

    @property
    def word(self) -> str:
        """The word as text."""
        return " ".join([*(f"H{i}" for i in self.pattern[:-1]), f"g{self.pattern[-1]}"])

    def latex(self) -> str:
        """The expectation of the word."""
        letters = "".join(f"H_{{{i}}}" for i in self.pattern[:-1]) + f"g_{{{self.pattern[-1]}}}"
        return rf"\mathbb{{E}}[{letters}]"


@dataclass(frozen=True)
class Expansion:
    """The expected meta-gradient of an algorithm in powers of the step size.

    Parameters
    ----------
    algorithm : str
        The name of its class.
    order : int
        Powers of the step size up to this one.
    steps : SymPy expression
        The number k of minibatches.
    lr : SymPy symbol
        The step size.
    terms : tuple of Term
        In ascending powers; coefficients that vanish for this k are left out.
    verdict : Verdict
        What was shown about the coefficients.
    """

    algorithm: str
    order: int
    steps: Any
    lr: Any
    terms: tuple[Term, ...]
    verdict: Verdict

    def coefficient(self, word: str) -> Any:
        """The coefficient of a word such as ``"H1 H2 g1"``, without the power of the step size."""
        return next((term.coefficient for term in self.terms if term.word == word), sympy.Integer(0))

    def table(self) -> Any:
        """A SymPy table: power of the step size, word, coefficient."""
        rows = [[self.lr**term.power, sympy.Symbol(f"E[{term.word}]"), term.coefficient] for term in self.terms]
        return sympy.TableForm(rows, headings=[None, ["power", "term", "coefficient"]])

    def latex(self) -> str:
        """The expansion as one formula."""
        text = ""
        for term in self.terms:
            negative = sympy.Poly(term.coefficient, *term.coefficient.free_symbols or [self.lr]).LC() < 0
            size = -term.coefficient if negative else term.coefficient
            factor = sympy.latex(sympy.factor(size) * self.lr**term.power)
            sign = "-" if negative else "+" if text else ""
            text += f" {sign} " + ("" if factor == "1" else rf"{factor}\, ") + term.latex()
        return rf"\mathbb{{E}}[g] = {text.strip()} + O({sympy.latex(self.lr ** (self.order + 1))})"

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"

    def __str__(self) -> str:
        return "\n".join(f"{self.lr**term.power}: ({term.coefficient}) E[{term.word}]" for term in self.terms)


def expansion(algorithm: Any, order: int = 3, steps: Any = None, lr: Any = None) -> Expansion:
    """The expected meta-gradient on k independent minibatches, in powers of the step size.

    MAML and FOMAML take k - 1 inner steps, and the k-th minibatch is the meta-loss; Reptile takes k steps, and its
    meta-gradient is ``(theta - phi_k) / lr``. Each minibatch has its own quadratic, with Hessian ``H_j`` and gradient
    ``g_j`` at the start. Exact for quadratics; for other losses the powers 0 and 1 are the same.

    Parameters
    ----------
    algorithm : MAML, FOMAML or Reptile
        The class.
    order : int
        The highest power of the step size.
    steps : int or SymPy symbol, optional
        The number k >= 1 of minibatches; by default the symbol k.
    lr : SymPy symbol, optional
        The step size; by default alpha.

    Returns
    -------
    Expansion
        With a symbol for k each coefficient is a polynomial in k, found by interpolation.

    Notes
    -----
    Why a polynomial, and of which degree: the adaptation map and its Jacobian are ordered products of one factor
    ``I - lr H_j`` for each step, so the coefficient of a word depends only on how the indices in it are ordered, and on
    which of them are k. Words of one pattern with s distinct minibatches other than the k-th are therefore counted by
    binomials C(k - 1, s), and a word of power r has s <= r of them; for Reptile, where no minibatch is special,
    C(k, s) with s <= r + 1. So r + 1 (Reptile: r + 2) values of k fix the polynomial; two more are compared with it.

    The powers 0 and 1 are the table of Nichol, Achiam, Schulman (2018), section 5.1: AvgGrad = E[g1] with the
    coefficients 1, 1, k, and AvgGradInner = E[H1 g2] with -2(k-1), -(k-1), -k(k-1)/2 times the step size.

    Examples
    --------
    >>> from quadmaml import MAML
    >>> print(expansion(MAML, order=2))
    1: (1) E[g1]
    alpha: (-2*(k - 1)) E[H1 g2]
    alpha**2: (k - 1) E[H1 H2 g1]
    alpha**2: (2*(k - 2)*(k - 1)) E[H1 H2 g3]
    """
    kind = algorithm if isinstance(algorithm, type) else type(algorithm)
    if kind not in ALGORITHMS:
        raise InputError(f"algorithm: got {algorithm!r}; expected MAML, FOMAML or Reptile")
    order = check_count("order", check_steps("order", order))
    steps = sympy.Symbol("k", integer=True, positive=True) if steps is None else check_steps("steps", steps, at_least=1)
    k, alpha = sympy.sympify(steps), sympy.Symbol("alpha", positive=True) if lr is None else lr
    if not isinstance(alpha, sympy.Symbol) or alpha in k.free_symbols:
        raise InputError(f"lr: got {lr!r}; expected a SymPy symbol other than that of the steps")
    if not k.free_symbols:
        counts = unrolled(kind, order, steps)
        found = {pattern: sympy.Rational(count) for pattern, count in counts.items()}
        shown = Verdict(Status.PROVED, f"k = {k}, quadratics in every dimension: the steps were unrolled")
    else:
        found, shown = _interpolated(kind, order, k)
    in_order = sorted(found.items(), key=lambda item: (len(item[0]), item[0]))
    return Expansion(kind.__name__, order, k, alpha, tuple(Term(*each) for each in in_order if each[1] != 0), shown)


def _interpolated(kind: type[Algorithm], order: int, k: Any) -> tuple[dict[tuple[int, ...], Any], Verdict]:
    """The coefficients as polynomials in k, and whether they also fit the two values of k that were left over."""
    points = range(1, order + ALGORITHMS[kind] + 4)
    values = {count: unrolled(kind, order, count) for count in points}
    found: dict[tuple[int, ...], Any] = {}
    x = sympy.Dummy()
    for pattern in sorted(set().union(*values.values())):
        data = [(count, values[count].get(pattern, 0)) for count in points]
        degree = len(pattern) - 1 + ALGORITHMS[kind]
        # Newton's form leaves no doubt about which values were used.
        polynomial = sympy.expand(sympy.interpolate(data[: degree + 1], x))
        for count, value in data[degree + 1 :]:
            if polynomial.subs(x, count) != value:
                witness = {"k": count}
                return found, Verdict(Status.REFUTED, f"degree {degree} in k for {pattern}", witness=witness)
        found[pattern] = sympy.factor(polynomial.subs(x, k))
    scope = f"every k >= 1, quadratics in every dimension (unrolled for k = 1..{points[-1]}, then by the degree in k)"
    return found, Verdict(Status.PROVED, scope)


def unrolled(kind: type[Algorithm], order: int, count: int) -> dict[tuple[int, ...], Any]:
    """The coefficients for one number of minibatches, by the classes that run."""
    minibatches = [_minibatch(j, order) for j in range(1, count + 1)]
    used = minibatches if kind is Reptile else minibatches[:-1]
    algorithm = kind(_Minibatches(tuple(used)))  # type: ignore[call-arg]
    tasks = Tasks(minibatches[0], minibatches[-1])
    gradient = algorithm.meta_gradient(tasks, _Words({}, order, column=True))
    expected: dict[tuple[int, ...], Any] = {}
    for word, coefficient in gradient.terms.items():
        pattern = _pattern(word)
        expected[pattern] = expected.get(pattern, 0) + coefficient
    return expected


def _minibatch(j: int, order: int) -> Quadratic:
    """The quadratic with Hessian ``H_j`` and gradient ``g_j`` at the start 0, as a batch of one."""
    return Quadratic([_Words({(j,): 1}, order)], [_Words({(j,): -1}, order, column=True)])


def _pattern(word: tuple[int, ...]) -> tuple[int, ...]:
    """Minibatches are identically distributed and independent: only which of them are equal matters."""
    names: dict[int, int] = {}
    return tuple(names.setdefault(index, len(names) + 1) for index in word)


@dataclass(frozen=True)
class _Minibatches(InnerLoop):
    """One gradient step on each of some quadratics in turn, from the start 0, with step size 1.

    With step size 1 the power of the step size is not lost: it is the number of Hessians in a word.
    """

    quadratics: tuple[Quadratic, ...]
    spectral = False

    def residual(self, x: Any) -> Any:
        raise InputError("residual: the steps are on different minibatches; expected a loop on one quadratic")

    def map(self, quadratic: Quadratic) -> AffineMap:
        step = GradientDescent(lr=1, steps=1)
        result = GradientDescent(lr=1, steps=0).map(quadratic)
        for each in self.quadratics:
            result = step.map(each) @ result
        return result

    def displacement(self, quadratic: Quadratic, gradient: Any) -> Any:
        return self.map(quadratic).offset


@dataclass(frozen=True, eq=False)
class _Words(RingElement):
    """Sums of products of symmetric letters that do not commute, without the products of more than ``order`` Hessians.

    Parameters
    ----------
    terms : mapping from words to numbers
        A word is a tuple of indices; that of a column ends in the index of a gradient.
    order : int
        How many Hessians a word may have.
    column : bool
        Whether it is a column instead of a matrix.
    """

    terms: Mapping[tuple[int, ...], Any]
    order: int
    column: bool = False

    def _with(self, terms: Mapping[tuple[int, ...], Any], column: bool) -> _Words:
        limit = self.order + column
        kept = {word: number for word, number in terms.items() if number != 0 and len(word) <= limit}
        return _Words(kept, self.order, column)

    @property
    def T(self) -> _Words:
        return self._with({word[::-1]: number for word, number in self.terms.items()}, False)

    def _plus(self, other: _Words) -> _Words:
        terms = dict(self.terms)
        for word, number in other.terms.items():
            terms[word] = terms.get(word, 0) + number
        return self._with(terms, self.column)

    def _shifted(self, number: Any) -> _Words:
        return self._plus(self._one()._scaled(number)) if number != 0 else self

    def _scaled(self, number: Any) -> _Words:
        return self._with({word: number * each for word, each in self.terms.items()}, self.column)

    def _times(self, other: _Words) -> _Words:
        terms: dict[tuple[int, ...], Any] = {}
        for left, a in self.terms.items():
            for right, b in other.terms.items():
                if len(left) + len(right) <= self.order + other.column:
                    terms[left + right] = terms.get(left + right, 0) + a * b
        return self._with(terms, other.column)

    def __matmul__(self, other: Any) -> Any:
        return self * other

    def _one(self) -> _Words:
        return _Words({(): 1}, self.order)

    def inverse(self) -> _Words:
        raise InputError("inverse: a truncated word has none here; expected a polynomial algorithm")

    def exp(self) -> _Words:
        raise InputError("exp: not for truncated words; expected a polynomial algorithm")
