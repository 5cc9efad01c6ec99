"""Laws of the two objects that everything is made of, exactly; section 1 of the theory."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quadmaml import AffineField, AffineMap, Quadratic, linalg, strategies

from . import checks


@st.composite
def drawn(draw: st.DrawFn, dim: int | None = None) -> tuple[Quadratic, AffineMap, AffineMap, Any, Any]:
    """A quadratic, two affine maps and two points."""
    d = draw(st.integers(1, 3)) if dim is None else dim
    f = draw(strategies.quadratics(min_dim=d, max_dim=d, curvature="any", exact=True))
    P = draw(strategies.vectors(d, batch=(2, d), max_value=3, min_value=-3, exact=True))
    s, points = (draw(strategies.vectors(d, batch=(2,), exact=True)) for _ in range(2))
    return f, AffineMap(P[0], s[0]), AffineMap(P[1], s[1]), points[0], points[1]


@pytest.mark.parametrize("exact", [False, True], ids=["floats", "Fractions"])
@given(data=st.data())
def test_least_squares(exact: bool, data: Any) -> None:
    m, d = data.draw(st.integers(1, 5)), data.draw(st.integers(1, 3))
    X, (y, theta) = data.draw(strategies.vectors(d, batch=(m,), exact=exact)), (
        data.draw(strategies.vectors(k, exact=exact)) for k in (m, d)
    )  # fmt: skip
    ridge = data.draw(st.sampled_from([Fraction(0), Fraction(1, 3), Fraction(5)]))
    checks.least_squares_is_half_the_mean_square(X, y, ridge if exact else float(ridge), theta)


@given(drawn())
def test_composition(objects: Any) -> None:
    _, outer, inner, x, _ = objects
    checks.composition_is_one_after_the_other(outer, inner, x)


@given(drawn())
def test_pull_back(objects: Any) -> None:
    f, m, _, x, _ = objects
    checks.pull_back_is_the_value_at_the_image(f, m, x)


@given(drawn())
def test_value_and_gradient(objects: Any) -> None:
    """f(y) - f(x) is the gradient half-way times y - x."""
    f, _, _, x, y = objects
    assert f(y) - f(x) == f.gradient((x + y) / 2) @ (y - x)


@given(drawn())
def test_constructors(objects: Any) -> None:
    f, _, _, x, y = objects
    again = Quadratic.from_gradient(f.hessian, f.gradient(x), x, f(x))
    assert again(y) == f(y)
    rebuilt = Quadratic.from_minimizer(f.hessian, x, Fraction(2))
    assert rebuilt(x) == 2
    assert not rebuilt.gradient(x).any()
    assert (rebuilt.hessian == f.hessian).all()


@given(drawn())
def test_sums_and_means(objects: Any) -> None:
    f, m, _, x, _ = objects
    g = f.compose(m)
    assert (f + g)(x) == f(x) + g(x)
    assert (Fraction(3, 2) * f)(x) == Fraction(3, 2) * f(x)
    both = Quadratic.stack([f, g])
    assert (both(x) == [f(x), g(x)]).all()


@given(drawn())
def test_sums_of_maps(objects: Any) -> None:
    _, m, p, x, _ = objects
    assert ((m + p)(x) == m(x) + p(x)).all()
    assert ((m - p)(x) == m(x) - p(x)).all()
    assert ((Fraction(2, 3) * m)(x) == Fraction(2, 3) * m(x)).all()
    assert ((1 - m)(x) == x - m(x)).all()


@given(drawn(), st.booleans())
def test_potentials(objects: Any, symmetric: bool) -> None:
    f, m, _, x, _ = objects
    M = f.hessian if symmetric else m.linear
    checks.potential_is_found_exactly_where_there_is_one(AffineField(M, f.linear), x)


@given(st.data())
def test_the_zero_of_least_norm(data: Any) -> None:
    """Orthogonal to the null space, on any symmetric matrix with v in its range."""
    f = data.draw(strategies.quadratics(curvature="any", in_range=True, exact=True))
    theta = AffineField(f.hessian, f.linear).zero(minimum_norm=True)
    assert not f.gradient(theta).any()
    assert not (linalg.null_space(f.hessian).T @ theta).any()


@given(st.data())
def test_minimum(data: Any) -> None:
    """The value at any point where the gradient vanishes, singular curvature included."""
    f = data.draw(strategies.quadratics(curvature="semidefinite", in_range=True, exact=True))
    assert f.minimum() == f(AffineField(f.hessian, f.linear).zero(minimum_norm=True))
    x = data.draw(strategies.vectors(f.dim, exact=True))
    assert f(x) >= f.minimum()
