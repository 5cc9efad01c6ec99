"""The exported strategies draw what they say, shrink towards what they say, and refuse what cannot be."""

from __future__ import annotations

import inspect
import re
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st

from quadmaml import InputError, NoAdaptation, Quadratic, Tasks, matrix_strategies, strategies
from quadmaml.adaptation import GradientDescent, GradientFlow, HeavyBall, Proximal
from quadmaml.algorithms import FOMAML, MAML, TruncatedMAML

dims = st.integers(1, 8)
kinds_of_number = pytest.mark.parametrize("exact", [False, True], ids=["floats", "Fractions"])


def eigenvalues(A: Any) -> Any:
    return np.linalg.eigvalsh(np.asarray(A, dtype=float))


def assert_kind(x: Any, exact: bool) -> None:
    assert x.dtype == (object if exact else np.float64)
    assert not exact or all(type(entry) is Fraction for entry in x.flat)


def assert_symmetric(A: Any, exact: bool) -> None:
    assert_kind(A, exact)
    assert (A.swapaxes(-1, -2) == A).all()


@kinds_of_number
@given(data=st.data(), dim=dims)
def test_vectors(data: Any, dim: int, exact: bool) -> None:
    x = data.draw(strategies.vectors(dim, batch=(2, 3), min_value=-1.5, max_value=Fraction(1, 3), exact=exact))
    assert x.shape == (2, 3, dim)
    assert_kind(x, exact)
    assert (x >= -1.5).all()
    assert (x <= Fraction(1, 3)).all()


@given(st.data(), dims)
def test_spd_matrices_by_bounds(data: Any, dim: int) -> None:
    A = data.draw(strategies.spd_matrices(dim, batch=(3,), min_eigenvalue=0.5, max_eigenvalue=4))
    assert_symmetric(A, exact=False)
    assert eigenvalues(A).min() >= 0.5 - 1e-12
    assert eigenvalues(A).max() <= 4 + 1e-12


@kinds_of_number
@given(data=st.data())
def test_spd_matrices_by_spectrum(data: Any, exact: bool) -> None:
    spectrum = [1, Fraction(5, 2), 7] if exact else [1.0, 2.5, 7.0]
    A = data.draw(strategies.spd_matrices(3, batch=(2,), spectrum=spectrum, exact=exact))
    assert_symmetric(A, exact)
    np.testing.assert_allclose(eigenvalues(A), [[1, 2.5, 7]] * 2, rtol=1e-12)
    if exact:
        one = np.eye(3, dtype=int)
        assert not ((A - one) @ (A - spectrum[1] * one) @ (A - 7 * one)).any()


@given(st.data(), st.integers(2, 8), st.sampled_from([1, 10, 1e6]))
def test_spd_matrices_by_condition_number(data: Any, dim: int, kappa: Any) -> None:
    A = data.draw(strategies.spd_matrices(dim, condition_number=kappa, min_eigenvalue=0.5))
    assert np.linalg.cond(A) == pytest.approx(kappa, rel=1e-6)
    assert eigenvalues(A).min() == pytest.approx(0.5, rel=1e-6)


@kinds_of_number
@given(data=st.data(), dim=st.integers(1, 5))
def test_spd_matrices_of_small_integers(data: Any, dim: int, exact: bool) -> None:
    A = data.draw(strategies.spd_matrices(dim, integral=True, exact=exact))
    assert_symmetric(A, exact)
    assert (np.round(A.astype(float)) == A).all()
    assert eigenvalues(A).min() > 0


@kinds_of_number
@given(data=st.data(), dim=st.integers(2, 5))
def test_symmetric_matrices(data: Any, dim: int, exact: bool) -> None:
    A = data.draw(strategies.symmetric_matrices(dim, batch=(2,), min_rank=1, max_rank=dim - 1, exact=exact))
    assert_symmetric(A, exact)
    assert abs(eigenvalues(A)).max() <= 10 + 1e-9
    ranks = (abs(eigenvalues(A)) > 1e-9).sum(-1)
    assert (ranks >= 1).all()
    assert (ranks < dim).all()


@pytest.mark.parametrize("sign", [1, -1])
def test_symmetric_matrices_can_be_indefinite_and_singular(sign: int) -> None:
    find(strategies.symmetric_matrices(2), lambda A: A[0, 0] * A[1, 1] - A[0, 1] ** 2 < 0)
    find(strategies.symmetric_matrices(2), lambda A: not A.any())
    find(strategies.symmetric_matrices(2), lambda A: sign * A[0, 1] > 0)


@kinds_of_number
@given(data=st.data(), n=st.integers(1, 4), dim=st.integers(1, 4))
def test_commuting_families(data: Any, n: int, dim: int, exact: bool) -> None:
    A = data.draw(strategies.commuting_families(n, dim, exact=exact))
    assert A.shape == (n, dim, dim)
    assert_symmetric(A, exact)
    products = A[:, None] @ A[None]
    commutator = products - products.swapaxes(0, 1)
    assert not commutator.any() if exact else abs(commutator).max() < 1e-12 * 100


@kinds_of_number
@given(data=st.data(), n=st.integers(2, 4), dim=st.integers(2, 4))
def test_matrix_families(data: Any, n: int, dim: int, exact: bool) -> None:
    A = data.draw(strategies.matrix_families(n, dim, exact=exact))
    assert A.shape == (n, dim, dim)
    assert_symmetric(A, exact)
    products = A[:, None] @ A[None]
    assert abs(products - products.swapaxes(0, 1)).max() > 1e-3


@given(st.data(), st.sampled_from(["definite", "semidefinite", "any"]))
def test_quadratics(data: Any, curvature: str) -> None:
    f = data.draw(strategies.quadratics(batch=(2,), min_dim=2, max_dim=3, curvature=curvature, max_eigenvalue=8))
    assert isinstance(f, Quadratic)
    assert f.linear.shape in [(2, 2), (2, 3)]
    least = {"definite": 0.08, "semidefinite": 0, "any": -8}[curvature]
    assert eigenvalues(f.hessian).min() >= least - 1e-12
    assert eigenvalues(f.hessian).max() <= 8 + 1e-12


@given(strategies.quadratics(curvature="any", in_range=True, exact=True))
def test_quadratics_with_a_stationary_point(f: Quadratic) -> None:
    from quadmaml.linalg import minimum_norm_solution

    assert not f.gradient(minimum_norm_solution(f.hessian, f.linear)).any()


@kinds_of_number
@pytest.mark.parametrize("split", [True, False])
@given(data=st.data())
def test_tasks(data: Any, split: bool, exact: bool) -> None:
    tasks = data.draw(strategies.tasks(min_tasks=2, max_tasks=3, min_dim=2, max_dim=2, split=split, exact=exact))
    assert isinstance(tasks, Tasks)
    assert len(tasks) in (2, 3)
    assert tasks.dim == 2
    assert (tasks.query is not tasks.support) is split
    for x in (tasks.weights, tasks.support.hessian, tasks.query.linear, tasks.support.constant):
        assert_kind(x, exact)


@given(strategies.tasks(commuting=True, split=True, exact=True, min_dim=2, min_tasks=2))
def test_tasks_that_commute(tasks: Tasks) -> None:
    A, B = tasks.support.hessian, tasks.query.hessian
    assert (A @ B == B @ A).all()
    assert (A[0] @ A[1] == A[1] @ A[0]).all()


def test_tasks_come_with_and_without_a_split() -> None:
    for split in (True, False):
        find(strategies.tasks(), lambda tasks, split=split: (tasks.query is not tasks.support) is split)


@settings(max_examples=5)
@given(strategies.tasks(min_tasks=30, max_tasks=30, min_dim=50, max_dim=50, curvature="any"))
def test_large_tasks_fit_into_one_example(tasks: Tasks) -> None:
    assert tasks.support.hessian.shape == (30, 50, 50)


@kinds_of_number
@given(data=st.data(), n=st.integers(1, 9))
def test_weights(data: Any, n: int, exact: bool) -> None:
    w = data.draw(strategies.weights(n, exact=exact))
    assert w.shape == (n,)
    assert_kind(w, exact)
    assert (w >= 0).all()
    assert sum(w) > 0


@kinds_of_number
@given(data=st.data(), largest=st.fractions(Fraction(1, 10), 100, max_denominator=10))
def test_step_sizes(data: Any, largest: Fraction, exact: bool) -> None:
    def product(where: str, **options: Any) -> Any:
        lr = data.draw(strategies.step_sizes(largest, where=where, exact=exact, **options))
        assert isinstance(lr, Fraction if exact else float)
        return lr * largest if exact else pytest.approx(lr * float(largest))

    assert product("at") == 2
    assert product("at", bound=3) == 3
    lr = data.draw(strategies.step_sizes(largest, exact=True))
    assert Fraction(1, 10) <= lr * largest <= Fraction(19, 10)
    lr = data.draw(strategies.step_sizes(largest, where="outside", exact=True))
    assert Fraction(21, 10) <= lr * largest <= 8


@given(st.data(), st.sampled_from(sorted(strategies.INNER_LOOPS, key=lambda kind: kind.__name__)))
def test_inner_loops_are_stable(data: Any, kind: Any) -> None:
    loop = data.draw(strategies.inner_loops(2, kinds=[kind], largest_eigenvalue=4, min_steps=1, max_steps=6))
    assert type(loop) is kind
    assert 1 <= getattr(loop, "steps", 1) <= 6
    if loop.spectral:
        assert loop.stable_below() > 4 or kind.__name__ == "Chebyshev"
        # With momentum the residual may leave [-1, 1] on its way to 0.
        assert kind is HeavyBall or (abs(loop.residual(np.linspace(0, 4, 50))) <= 1 + 1e-9).all()


@given(st.data(), st.sampled_from(sorted(strategies.ALGORITHMS, key=lambda kind: kind.__name__)))
def test_algorithms(data: Any, kind: Any) -> None:
    algorithm = data.draw(strategies.algorithms(2, kinds=[kind], inner_kinds=[GradientDescent, HeavyBall]))
    assert type(algorithm) is kind
    assert not hasattr(algorithm, "inner") or isinstance(algorithm.inner, (GradientDescent, HeavyBall, type(None)))


@given(strategies.algorithms(3, kinds=[TruncatedMAML]))
def test_truncated_algorithms_have_inner_loops_without_memory(algorithm: Any) -> None:
    assert 0 <= algorithm.depth <= algorithm.inner.steps


@given(strategies.inner_loops(2, exact=True))
def test_exact_loops_have_rational_parameters(loop: Any) -> None:
    assert not isinstance(loop, GradientFlow)
    for name in loop.__dataclass_fields__:
        assert not isinstance(getattr(loop, name), float)


def test_converted_arrays() -> None:
    """Every array goes through ``convert``, a preconditioner too; results stay in its precision."""

    def single(x: Any) -> Any:
        return x.astype(np.float32)

    @given(strategies.tasks(convert=single), strategies.vectors(3, convert=single))
    def singles(tasks: Tasks, x: Any) -> None:
        assert tasks.support.hessian.dtype == tasks.query.linear.dtype == tasks.weights.dtype == x.dtype == np.float32

    @given(st.data())
    def results(data: Any) -> None:
        loop = data.draw(strategies.inner_loops(2, convert=single))
        f = data.draw(strategies.quadratics(min_dim=2, max_dim=2, convert=single))
        assert loop.map(f).linear.dtype == np.float32

    singles()
    results()


def minimal(strategy: Any, condition: Any = lambda drawn: True) -> Any:
    return find(strategy, condition)


def test_what_examples_shrink_towards() -> None:
    assert minimal(strategies.symmetric_matrices(2)).tolist() == [[1.0, 0.0], [0.0, 1.0]]
    assert minimal(strategies.spd_matrices(2, integral=True)).tolist() == [[1.0, 0.0], [0.0, 1.0]]
    assert minimal(strategies.inner_loops(2)) == NoAdaptation()
    assert minimal(strategies.inner_loops(2, kinds=[GradientDescent])) == GradientDescent(0.1, 0)
    tasks = minimal(
        strategies.tasks(split=True), lambda tasks: FOMAML(GradientDescent(0.1, 1)).field(tasks).matrix.any()
    )
    assert (len(tasks), tasks.dim) == (1, 1)
    lopsided = minimal(
        strategies.tasks(), lambda tasks: len(tasks) > 1 and not (tasks.weights == tasks.weights[0]).all()
    )
    assert len(lopsided) == 2


def test_counterexamples_are_small() -> None:
    """MAML and FOMAML differ: by one task in one dimension and one step of size 1/10."""

    def differ(drawn: Any) -> bool:
        tasks, loop = drawn
        one, other = MAML(loop).field(tasks), FOMAML(loop).field(tasks)
        return bool((one.matrix != other.matrix).any())

    descent = strategies.inner_loops(1, kinds=[GradientDescent])
    tasks, loop = minimal(st.tuples(strategies.tasks(max_dim=1), descent), differ)
    assert (len(tasks), tasks.dim) == (1, 1)
    assert tasks.support.hessian.item() == 1
    assert loop == GradientDescent(0.1, 1)


BAD = [
    (strategies.vectors, (0,), {}),
    (strategies.vectors, (2,), {"min_value": 1, "max_value": 0}),
    (strategies.vectors, (2,), {"max_value": float("inf")}),
    (strategies.spd_matrices, (2,), {"spectrum": [1.0], "exact": True}),
    (strategies.spd_matrices, (1,), {"spectrum": [-1.0]}),
    (strategies.spd_matrices, (2,), {"spectrum": [1, 2], "integral": True}),
    (strategies.spd_matrices, (2,), {"integral": True, "max_eigenvalue": 3}),
    (strategies.spd_matrices, (2,), {"condition_number": 4, "max_eigenvalue": 3}),
    (strategies.spd_matrices, (2,), {"spectrum": [1, 2], "min_eigenvalue": 1}),
    (strategies.spd_matrices, (2,), {"condition_number": 0.5}),
    (strategies.spd_matrices, (1,), {"condition_number": 2}),
    (strategies.spd_matrices, (2,), {"min_eigenvalue": 0}),
    (strategies.spd_matrices, (2,), {"min_eigenvalue": 20}),
    (strategies.symmetric_matrices, (2,), {"max_rank": 3}),
    (strategies.symmetric_matrices, (2,), {"min_rank": 2, "max_rank": 1}),
    (strategies.symmetric_matrices, (2,), {"min_rank": 1, "min_eigenvalue": 0, "max_eigenvalue": 0}),
    (strategies.commuting_families, (0, 2), {}),
    (strategies.matrix_families, (1, 2), {}),
    (strategies.matrix_families, (2, 1), {}),
    (strategies.matrix_families, (2, 2), {"min_eigenvalue": 3, "max_eigenvalue": 3}),
    (strategies.quadratics, (), {"curvature": "convex"}),
    (strategies.quadratics, (), {"min_dim": 3, "max_dim": 2}),
    (strategies.quadratics, (), {"max_eigenvalue": 0}),
    (strategies.tasks, (), {"min_tasks": 0}),
    (strategies.tasks, (), {"min_tasks": 3, "max_tasks": 2}),
    (strategies.weights, (0,), {}),
    (strategies.step_sizes, (0,), {}),
    (strategies.step_sizes, (1,), {"where": "near"}),
    (strategies.step_sizes, (1,), {"bound": -1}),
    (strategies.inner_loops, (2,), {"kinds": []}),
    (strategies.inner_loops, (2,), {"kinds": [int]}),
    (strategies.inner_loops, (2,), {"kinds": [GradientFlow], "exact": True}),
    (strategies.inner_loops, (2,), {"kinds": [GradientDescent], "min_steps": -1}),
    (strategies.inner_loops, (2,), {"kinds": [GradientDescent], "min_steps": 3, "max_steps": 2}),
    (strategies.inner_loops, (2,), {"kinds": [GradientDescent], "largest_eigenvalue": 0}),
    (strategies.inner_loops, (0,), {"kinds": [strategies.loops.PreconditionedGradientDescent]}),
    (strategies.inner_loops, (2,), {"kinds": GradientDescent}),
    (strategies.inner_loops, (2,), {"kinds": [NoAdaptation], "largest_eigenvalue": -1}),
    (strategies.inner_loops, (2,), {"kinds": [NoAdaptation], "smallest_eigenvalue": "a"}),
    (strategies.inner_loops, (0,), {"kinds": [NoAdaptation]}),
    (strategies.vectors, (2,), {"batch": 3}),
    (strategies.matrices, (2,), {"batch": 3}),
    (strategies.spd_matrices, (2,), {"batch": 3}),
    (strategies.symmetric_matrices, (2,), {"batch": (-1,)}),
    (strategies.spd_matrices, (2,), {"condition_number": "a"}),
    (strategies.symmetric_matrices, (2,), {"max_rank": "a"}),
    (strategies.symmetric_matrices, (2,), {"min_rank": 0.5}),
    (strategies.algorithms, (2,), {"inner_kinds": Proximal}),
    (strategies.algorithms, (2,), {"kinds": [GradientDescent]}),
    (strategies.algorithms, (2,), {"kinds": [TruncatedMAML], "inner_kinds": [HeavyBall]}),
]


@pytest.mark.parametrize(("strategy", "arguments", "options"), BAD)
def test_options_that_exclude_each_other_are_refused_when_drawing(strategy: Any, arguments: Any, options: Any) -> None:
    built = strategy(*arguments, **options)
    with pytest.raises(InputError, match="expected"):
        find(built, lambda drawn: True)


@pytest.mark.parametrize("name", [name for name in strategies.__all__ if name.islower()])
def test_strategies_are_documented_and_take_options_by_name(name: str) -> None:
    strategy = getattr(strategies, name)
    assert re.search(r"hrink(s|ing)\s+towards", strategy.__doc__)
    assert ">>> " in strategy.__doc__
    for parameter in inspect.signature(strategy).parameters.values():
        assert parameter.kind is parameter.KEYWORD_ONLY or parameter.default is parameter.empty


@given(strategies.algorithms(2, inner_kinds=[Proximal]))
@settings(max_examples=50)
def test_without_loops_to_truncate_nothing_is_truncated(algorithm: Any) -> None:
    assert not isinstance(algorithm, TruncatedMAML)
    assert type(getattr(algorithm, "inner", None) or Proximal(1)) is Proximal


def test_truncation_without_loops_to_truncate_names_the_argument() -> None:
    built = strategies.algorithms(2, kinds=[TruncatedMAML, MAML], inner_kinds=[Proximal])
    with pytest.raises(InputError, match=r"^inner_kinds: got \['Proximal'\]; expected one without memory"):
        find(built, lambda drawn: True)


def test_strategies_export_all_that_they_define() -> None:
    assert set(matrix_strategies.__all__) <= set(strategies.__all__)
    assert sorted(strategies.__all__) == strategies.__all__


def test_nothing_is_found_by_rejection() -> None:
    for module in (strategies, matrix_strategies):
        source = inspect.getsource(module)
        assert ".filter(" not in source
        assert "assume(" not in source
