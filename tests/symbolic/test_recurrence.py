"""Closed forms by induction on the code, and planted mistakes in the code that turn them to REFUTED."""

from __future__ import annotations

from typing import Any

import pytest
import sympy

import quadmaml as qm
from quadmaml.proofs.verdicts import Status
from quadmaml.symbolic import by_induction, closed_form, recurrence
from quadmaml.symbolic.closed_forms import SHIPPED
from quadmaml.symbolic.recurrence import CHEBYSHEV, reduced

a, lr, beta, lam, p, q = sympy.symbols("a lr beta lambda p q")
k = sympy.Symbol("k", integer=True, nonnegative=True)
KINDS = tuple(SHIPPED)
each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda each: each.__name__)


@each_kind
def test_closed_forms_are_proved(kind):
    found = closed_form(kind)
    assert found.verdict.status is Status.PROVED, found.verdict.explain()
    assert all(each.holds for each in found.identities)
    assert found.step
    assert found.parameters in found.verdict.scope


@each_kind
@pytest.mark.parametrize("steps", range(5))
def test_closed_forms_agree_with_the_residual_for_a_number_of_steps(kind, steps):
    found = closed_form(kind)
    parameters = {name: getattr(found.loop, name) for name in found.loop.__dataclass_fields__ if name != "steps"}
    residual = kind(**parameters, steps=steps).residual(found.curvature)
    value = found.closed_form.subs(found.steps, steps).replace(CHEBYSHEV, lambda n, y: sympy.chebyshevt(n, y))
    assert reduced(residual - value) == 0


def test_the_step_is_read_off_the_code():
    body = recurrence(qm.HeavyBall(lr, beta, k))
    assert body.state == ("p", "previous")
    turned = body.turn(a, {"p": p, "previous": q}, k)
    assert sympy.expand(turned["p"] - ((1 - lr * a) * p + beta * (p - q))) == 0
    assert turned["previous"] == p
    proximal = recurrence(qm.ProximalGradientDescent(lam, lr, k))
    assert sympy.expand(proximal.turn(a, {"p": p}, k)["p"] - (p - lr * (a * p + lam * (p - 1)))) == 0
    for loop in (qm.HeavyBall(lr, beta, 4), qm.ProximalGradientDescent(lam, lr, 4), qm.Chebyshev(lam, lr, 4)):
        assert reduced(recurrence(loop).after(a, 4)["p"] - loop.residual(a)) == 0


def test_a_loop_of_the_user():
    class Nesterov(qm.HeavyBall):
        """The example of CONTRIBUTING.md."""

        def residual(self, x: Any) -> Any:
            previous = p = x**0
            for lr in self.schedule:
                y = p + self.momentum * (p - previous)
                previous, p = p, (1 - lr * x) * y
            return p

    r1, r2 = sympy.symbols("r1 r2")
    # p_{k+1} = s (1 + beta) p_k - s beta p_{k-1} with s = 1 - lr a, and roots r1 + r2 = s (1 + beta), r1 r2 = s beta.
    momentum = r1 * r2 / (r1 + r2 - r1 * r2)
    curvature = (1 - (r1 + r2 - r1 * r2)) / lr
    assert sympy.simplify((1 - lr * curvature) * (1 + momentum) - r1 - r2) == 0

    def closed(n: Any) -> Any:
        return (r1 ** (n + 1) * (1 - r2) - r2 ** (n + 1) * (1 - r1)) / (r1 - r2)

    def claim(n: Any) -> Any:
        return {"p": closed(n), "previous": closed(n - 1), "y": closed(n) + momentum * (closed(n) - closed(n - 1))}

    with pytest.raises(qm.InputError, match="expected the variables"):
        by_induction(Nesterov(lr, momentum, k), curvature, lambda n: {"p": closed(n)}, k)
    # y is a scratch variable, set anew in every turn: from k turns it is that of turn k - 1.
    found = by_induction(Nesterov(lr, momentum, k), curvature, lambda n: claim(n) | {"y": claim(n - 1)["y"]}, k)
    assert found.verdict.status is Status.PROVED, found.verdict.explain()


# Planted mistakes


def heavy_ball_plus(self: Any, x: Any) -> Any:
    previous = p = x**0
    for lr in self.schedule:
        previous, p = p, (1 - lr * x) * p - self.momentum * (p - previous)
    return p


def heavy_ball_late(self: Any, x: Any) -> Any:
    previous = p = x**0
    for lr in self.schedule:
        p = (1 - lr * x) * p + self.momentum * (p - previous)
        previous = p
    return p


def proximal_at_zero(self: Any, x: Any) -> Any:
    p = x**0
    for lr in self.schedule:
        p = p - lr * (x * p + self.strength * p)
    return p


def chebyshev_late(self: Any, x: Any) -> Any:
    total = self.largest + self.smallest
    x, width = 2 * x / total, (self.largest - self.smallest) / total
    previous = p = x**0
    w: Any = 1
    for k in range(self.steps):
        w = 1 if k == 0 else 1 / (1 - width**2 * w / 4)
        previous, p = p, w * ((1 - x) * p) + (1 - w) * previous
    return p


def wrong_exponent(self: Any, x: Any) -> Any:
    return (1 - self.lr * x) ** (self.steps + 1)


def wrong_sign(self: Any, x: Any) -> Any:
    return (1 + self.lr * x) ** self.steps


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        (qm.HeavyBall, heavy_ball_plus),
        (qm.HeavyBall, heavy_ball_late),
        (qm.ProximalGradientDescent, proximal_at_zero),
        (qm.Chebyshev, chebyshev_late),
        (qm.GradientDescent, wrong_exponent),
        (qm.GradientDescent, wrong_sign),
    ],
)
def test_twins_of_the_code_are_refuted_with_numbers(kind, wrong, monkeypatch):
    monkeypatch.setattr(kind, "residual", wrong)
    found = closed_form(kind)
    assert found.verdict.status is Status.REFUTED
    assert found.verdict.witness
    assert found.verdict.margin != 0
    assert not all(each.holds for each in found.identities)


def test_a_wrong_claim_is_refuted():
    loop = qm.ProximalGradientDescent(lam, lr, k)
    found = by_induction(loop, a, lambda n: {"p": (1 - lr * a) ** n}, k)
    assert found.verdict.status is Status.REFUTED
    assert "one more turn" in found.verdict.explain()


# How it looks, and what is refused


def test_how_it_looks():
    text = closed_form(qm.ProximalGradientDescent).latex()
    assert text.startswith("\\begin{align*}\np_{k}(a) &= ")
    assert text.count("&=") == 3
    assert r"\text{p after one more turn}" in text
    assert closed_form(qm.HeavyBall)._repr_latex_().startswith("$\\displaystyle p_{k}(a) = ")
    assert closed_form(qm.GradientDescent).identities[0].latex() == "1 = 1"


def test_powers_with_symbols_are_unknowns():
    assert reduced(p ** (k + 2) - p**2 * p**k) == 0
    assert reduced(p ** (2 * k) - (p**k) ** 2) == 0
    assert reduced(p**k - q**k) != 0


def test_what_is_refused(monkeypatch):
    with pytest.raises(qm.InputError, match="not one `for` loop"):
        recurrence(qm.Proximal(lam))
    with pytest.raises(qm.InputError, match="expected one of"):
        closed_form(qm.Proximal)
    body = recurrence(qm.HeavyBall(lr, beta, 3))
    monkeypatch.setattr(qm.HeavyBall, "schedule", (1, 2, 3))
    with pytest.raises(qm.InputError, match="expected their numbers, or a constant"):
        body.turn(a, {"p": p, "previous": q}, k)
    namespace: dict[str, Any] = {}
    exec("def residual(self, x):\n    return x", namespace)
    monkeypatch.setattr(qm.HeavyBall, "residual", namespace["residual"])
    with pytest.raises(qm.InputError, match="is not available"):
        recurrence(qm.HeavyBall(lr, beta, 3))


@pytest.mark.parametrize("loop", ["x", None])
def test_what_is_no_loop_is_refused(loop):
    with pytest.raises(qm.InputError, match="expected an inner loop"):
        recurrence(loop)
