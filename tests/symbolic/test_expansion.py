"""Taylor tables against their known values, and against brute force over every assignment of minibatches."""

from __future__ import annotations

import itertools
import random
import sys
from fractions import Fraction
from typing import Any

import pytest
import sympy

import quadmaml as qm
from quadmaml.proofs.verdicts import Status
from quadmaml.symbolic import expansion as front_door
from quadmaml.symbolic.expansion import Expansion, _Minibatches, _Words, expansion, unrolled

k = sympy.Symbol("k", integer=True, positive=True)
ALGORITHMS = (qm.MAML, qm.FOMAML, qm.Reptile)
each_algorithm = pytest.mark.parametrize("algorithm", ALGORITHMS, ids=lambda each: each.__name__)

# Powers 0 and 1: AvgGrad and AvgGradInner of Nichol, Achiam, Schulman (2018), section 5.1. Power 2: proofs.md.
KNOWN: dict[Any, dict[str, Any]] = {
    qm.MAML: {"g1": 1, "H1 g2": -2 * (k - 1), "H1 H2 g1": k - 1, "H1 H2 g3": 2 * (k - 1) * (k - 2)},
    qm.FOMAML: {"g1": 1, "H1 g2": -(k - 1), "H1 H2 g3": (k - 1) * (k - 2) / 2},
    qm.Reptile: {"g1": k, "H1 g2": -k * (k - 1) / 2, "H1 H2 g3": k * (k - 1) * (k - 2) / 6},
}


@each_algorithm
def test_known_tables(algorithm):
    found = expansion(algorithm, order=2, steps=k)
    assert found.verdict.status is Status.PROVED
    assert {term.word for term in found.terms} == set(KNOWN[algorithm])
    for word, coefficient in KNOWN[algorithm].items():
        assert sympy.expand(found.coefficient(word) - coefficient) == 0


def test_only_maml_meets_a_minibatch_twice():
    for algorithm in ALGORITHMS:
        repeated = [term for term in expansion(algorithm).terms if len(set(term.pattern)) < len(term.pattern)]
        assert bool(repeated) == (algorithm is qm.MAML)


@each_algorithm
def test_a_number_of_steps_agrees_with_the_symbol(algorithm):
    general = expansion(algorithm, order=3)
    symbol = general.steps
    for count in (1, 2, 5, 9):
        found = expansion(algorithm, order=3, steps=count)
        expected = {term.word: term.coefficient.subs(symbol, count) for term in general.terms}
        assert {term.word: term.coefficient for term in found.terms} == {w: c for w, c in expected.items() if c != 0}


# Brute force: gradient steps on matrices, every assignment of minibatches, coefficients of polynomials in the step size

Series = list[list[Fraction]]  # a vector for each power of the step size
Matrix = list[list[Fraction]]
ORDER = 3


def times(H: Matrix, v: list[Fraction]) -> list[Fraction]:
    return [sum((h * x for h, x in zip(row, v, strict=True)), start=Fraction(0)) for row in H]


def plus(u: Series, v: Series, factor: int = 1) -> Series:
    return [[a + factor * b for a, b in zip(x, y, strict=True)] for x, y in zip(u, v, strict=True)]


def raised(u: Series) -> Series:
    """Times the step size."""
    return [[Fraction(0)] * len(u[0]), *u[:-1]]


def gradient(batch: tuple[Matrix, list[Fraction]], point: Series) -> Series:
    H, g = batch
    constant = [g, *([[Fraction(0)] * len(g)] * ORDER)]
    return plus(constant, [times(H, each) for each in point])


def honest(algorithm: Any, batches: Any) -> Series:
    """The meta-gradient at 0 on some minibatches in turn, by gradient steps and back-propagation through them."""
    zero = [[Fraction(0)] * len(batches[0][1]) for _ in range(ORDER + 1)]
    point, total = zero, zero
    for batch in batches if algorithm is qm.Reptile else batches[:-1]:
        slope = gradient(batch, point)
        total, point = plus(total, slope), plus(point, raised(slope), -1)
    if algorithm is qm.Reptile:
        return total
    result = gradient(batches[-1], point)
    if algorithm is qm.MAML:
        for H, _ in reversed(batches[:-1]):
            result = plus(result, raised([times(H, each) for each in result]), -1)
    return result


def population(seed: int, size: int, dim: int) -> list[tuple[Matrix, list[Fraction]]]:
    draw = random.Random(seed)
    batches = []
    for _ in range(size):
        H = [[Fraction(draw.randint(-3, 3)) for _ in range(dim)] for _ in range(dim)]
        H = [[H[i][j] + H[j][i] for j in range(dim)] for i in range(dim)]
        batches.append((H, [Fraction(draw.randint(-3, 3), 2) for _ in range(dim)]))
    return batches


def mean(vectors: list[Any]) -> Any:
    total = [sum(entries, start=Fraction(0)) for entries in zip(*vectors, strict=True)]
    return [each / len(vectors) for each in total]


def expected_word(pattern: tuple[int, ...], batches: Any) -> list[Fraction]:
    values = []
    for chosen in itertools.product(batches, repeat=max(pattern)):
        v = chosen[pattern[-1] - 1][1]
        for i in reversed(pattern[:-1]):
            v = times(chosen[i - 1][0], v)
        values.append(v)
    return mean(values)


def by_table(table: Expansion, count: int, batches: Any) -> Series:
    result = [[Fraction(0)] * len(batches[0][1]) for _ in range(ORDER + 1)]
    for term in table.terms:
        value = sympy.Rational(term.coefficient.subs(table.steps, count))
        word = expected_word(term.pattern, batches)
        row = result[term.power]
        result[term.power] = [a + Fraction(int(value.p), int(value.q)) * b for a, b in zip(row, word, strict=True)]
    return result


def by_force(algorithm: Any, count: int, batches: Any) -> Series:
    assignments = [honest(algorithm, chosen) for chosen in itertools.product(batches, repeat=count)]
    return [mean([each[power] for each in assignments]) for power in range(ORDER + 1)]


@each_algorithm
@pytest.mark.parametrize(("count", "size"), [(1, 3), (2, 3), (3, 3), (4, 2), (5, 2), (6, 2)])
def test_brute_force(algorithm, count, size):
    batches = population(seed=count + 10, size=size, dim=3)
    (A, _), (B, _) = batches[:2]
    assert [times(A, row) for row in zip(*B, strict=True)] != [times(B, row) for row in zip(*A, strict=True)]
    assert by_table(expansion(algorithm), count, batches) == by_force(algorithm, count, batches)


# What is wrong is caught


def test_twin_a_wrong_exponent_in_the_code_changes_the_table(monkeypatch):
    right = expansion(qm.FOMAML, order=1)
    monkeypatch.setattr(qm.GradientDescent, "residual", lambda loop, x: (1 - loop.lr * x) ** (2 * loop.steps))
    wrong = expansion(qm.FOMAML, order=1)
    assert wrong.terms != right.terms
    batches = population(seed=1, size=2, dim=2)
    assert by_table(wrong, 2, batches)[1] != by_force(qm.FOMAML, 2, batches)[1]


def test_twin_maml_that_forgets_its_jacobian_is_caught(monkeypatch):
    monkeypatch.setattr(qm.MAML, "rule", qm.FOMAML.rule)
    batches = population(seed=2, size=2, dim=2)
    assert by_table(expansion(qm.MAML, order=3), 2, batches) != by_force(qm.MAML, 2, batches)


def test_twin_a_degree_that_is_too_low_is_refuted(monkeypatch):
    monkeypatch.setattr(sys.modules[expansion.__module__], "ALGORITHMS", {qm.Reptile: 0})
    assert expansion(qm.Reptile, order=1).verdict.status is Status.REFUTED


# How it looks, and what is refused


def test_how_it_looks():
    alpha = sympy.Symbol("alpha", positive=True)
    found = front_door(qm.MAML(qm.GradientDescent(lr=alpha, steps=1)), order=2, steps=k, lr=alpha)
    assert found.latex() == (
        r"\mathbb{E}[g] = \mathbb{E}[g_{1}] - 2 \alpha \left(k - 1\right)\, \mathbb{E}[H_{1}g_{2}]"
        r" + \alpha^{2} \left(k - 1\right)\, \mathbb{E}[H_{1}H_{2}g_{1}]"
        r" + 2 \alpha^{2} \left(k - 2\right) \left(k - 1\right)\, \mathbb{E}[H_{1}H_{2}g_{3}] + O(\alpha^{3})"
    )
    assert found.latex() in found._repr_latex_()
    table = found.table()
    assert isinstance(table, sympy.TableForm)
    assert r"\begin{tabular}" in sympy.latex(table)
    assert found.coefficient("H1 H1 g1") == 0
    assert "E[H1 H2 g1]" in str(found)


def test_what_is_refused():
    with pytest.raises(qm.InputError, match="expected MAML, FOMAML or Reptile"):
        expansion(qm.Joint)
    with pytest.raises(qm.InputError, match="steps"):
        expansion(qm.MAML, steps=0)
    with pytest.raises(qm.InputError, match="order"):
        expansion(qm.MAML, order=-1)
    with pytest.raises(qm.InputError, match="different minibatches"):
        _Minibatches(()).residual(1)
    with pytest.raises(qm.InputError, match="polynomial algorithm"):
        _Words({(): 1}, 1).inverse()
    with pytest.raises(qm.InputError, match="polynomial algorithm"):
        _Words({(): 1}, 1).exp()


def test_words_are_a_truncated_ring():
    H1, H2 = _Words({(1,): 1}, 2), _Words({(2,): 1}, 2)
    assert ((1 + H1) * (1 - H2)).terms == {(): 1, (1,): 1, (2,): -1, (1, 2): -1}
    assert (H1 * H2).T.terms == {(2, 1): 1}
    assert (H1 * H2 * H1).terms == {}
    assert (H1**0).terms == {(): 1}
    assert unrolled(qm.Reptile, 0, 3) == {(1,): 3}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lr": 0.1}, "lr: got 0.1"),
        ({"lr": -sympy.Symbol("e")}, "lr: got -e"),
        ({"steps": sympy.Symbol("k"), "lr": sympy.Symbol("k")}, "lr: got k"),
        ({"order": sympy.Symbol("n")}, "order: got the symbol n"),
        ({"steps": "x y("}, "steps: got 'x y"),
    ],
)
def test_bad_arguments_are_named(options, message):
    with pytest.raises(qm.InputError, match=message):
        expansion(qm.MAML, **{"order": 1, **options})
