"""Inner loops, against values worked by hand for ``f(x) = x^2 - 4x``: curvature 2, h = 4, optimum 2."""

import math
from fractions import Fraction

import numpy as np
import pytest
import sympy

import quadmaml as qm
from quadmaml import (
    Chebyshev,
    GradientDescent,
    GradientFlow,
    HeavyBall,
    NoAdaptation,
    PartialGradientDescent,
    PreconditionedGradientDescent,
    Proximal,
    ProximalGradientDescent,
    Quadratic,
)
from quadmaml.curvature import Dense

from .backends import need

q = Fraction
to = np.vectorize(q, otypes=[object])

# (loop, p(2), p(0), p(-1)); the residual alone decides, and all of it is exact
KNOWN = [
    (NoAdaptation(), 1, 1, 1),
    (GradientDescent(q(1, 4), 0), 1, 1, 1),
    (GradientDescent(q(1, 4), 1), q(1, 2), 1, q(5, 4)),
    (GradientDescent(q(1, 4), 2), q(1, 4), 1, q(25, 16)),
    (GradientDescent([q(1, 4), q(1, 8)]), q(3, 8), 1, q(45, 32)),
    (GradientDescent([]), 1, 1, 1),
    (HeavyBall(q(1, 4), q(1, 2), 0), 1, 1, 1),
    (HeavyBall(q(1, 4), q(1, 2), 1), q(1, 2), 1, q(5, 4)),
    # 1, 1/2, 1/2 1/2 + 1/2 (1/2 - 1) = 0, 0 + 1/2 (0 - 1/2)
    (HeavyBall(q(1, 4), q(1, 2), 3), q(-1, 4), 1, q(149, 64)),
    (HeavyBall([q(1, 4), q(1, 2)], q(1, 2)), q(-1, 4), 1, 2),
    (HeavyBall(q(1, 4), q(0), 2), q(1, 4), 1, q(25, 16)),
    (Proximal(q(2)), q(1, 2), 1, 2),
    (ProximalGradientDescent(q(1), q(1, 4), 0), 1, 1, 1),
    # 1, 1 - 1/4 2, 1/2 - 1/4 (1 - 1/2)
    (ProximalGradientDescent(q(1), q(1, 4), 2), q(3, 8), 1, q(3, 2)),
    (ProximalGradientDescent(q(1), [q(1, 4), q(1, 2)]), q(1, 4), 1, q(7, 4)),
    (Chebyshev(q(1), q(3), 0), 1, 1, 1),
    (Chebyshev(q(1), q(3), 1), 0, 1, q(3, 2)),
    # T_2(s) = 2 s^2 - 1 and T_3(s) = 4 s^3 - 3 s at s = 2 - a, over 7 and 26
    (Chebyshev(q(1), q(3), 2), q(-1, 7), 1, q(17, 7)),
    (Chebyshev(q(1), q(3), 3), 0, 1, q(99, 26)),
    # T_4(s) = 8 s^4 - 8 s^2 + 1 over 97, T_5(s) = 16 s^5 - 20 s^3 + 5 s over 362
    (Chebyshev(q(1), q(3), 4), q(1, 97), 1, q(577, 97)),
    (Chebyshev(q(1), q(3), 5), 0, 1, q(3363, 362)),
    (Chebyshev(q(4), q(4), 2), q(1, 4), 1, q(25, 16)),
]
each_known = pytest.mark.parametrize(("loop", "at_2", "at_0", "at_minus_1"), KNOWN, ids=lambda x: str(x)[:40])


@each_known
def test_residual_at_numbers(loop, at_2, at_0, at_minus_1):
    assert [loop.residual(q(a)) for a in (2, 0, -1)] == [at_2, at_0, at_minus_1]


@each_known
def test_residual_at_arrays_of_eigenvalues(loop, at_2, at_0, at_minus_1):
    assert loop.residual(to([2, 0, -1])).tolist() == [at_2, at_0, at_minus_1]


@each_known
def test_residual_at_a_symbol(loop, at_2, at_0, at_minus_1):
    a = sympy.Symbol("a")
    p = sympy.nsimplify(sympy.sympify(loop.residual(a)))
    assert [sympy.sympify(p).subs(a, value) for value in (2, 0, -1)] == [at_2, at_0, at_minus_1]


@each_known
def test_map(loop, at_2, at_0, at_minus_1):
    """P = p(a), s = (1 - p(a)) h / a."""
    m = loop.map(Quadratic(to([[[2]], [[-1]]]), to([[4], [4]])))
    assert m.linear.tolist() == [[[at_2]], [[at_minus_1]]]
    assert m.offset.tolist() == [[2 * (1 - at_2)], [-4 * (1 - at_minus_1)]]


# Where a = 0 a loop moves along the constant gradient: s = -p'(0) h, worked by hand.
@pytest.mark.parametrize(
    ("loop", "distance"),
    [
        (NoAdaptation(), 0),
        (GradientDescent(q(1, 4), 3), q(3, 4)),
        (GradientDescent([q(1, 4), q(1, 8)]), q(3, 8)),
        # steps 1/4, then 1/4 + 1/8, then 1/4 + 3/16
        (HeavyBall(q(1, 4), q(1, 2), 3), q(17, 16)),
        (Proximal(q(2)), q(1, 2)),
        # 1/4, then 1/4 + 1/4 (1 - 1/4)
        (ProximalGradientDescent(q(1), q(1, 4), 2), q(7, 16)),
        (PreconditionedGradientDescent(to([q(1, 4)]), 3), q(3, 4)),
        (PartialGradientDescent([True], q(1, 4), 3), q(3, 4)),
        (PartialGradientDescent([False], q(1, 4), 3), 0),
        # (2 2 s s') / 7 at s = 2, s' = -1
        (Chebyshev(q(1), q(3), 2), q(8, 7)),
    ],
)
def test_without_curvature(loop, distance):
    m = loop.map(Quadratic(to([[0]]), to([4])))
    assert m.linear.tolist() == [[1]]
    assert m.offset.tolist() == [4 * distance]


def test_flow():
    loop = GradientFlow(0.5)
    assert loop.residual(2.0) == math.exp(-1)
    assert loop.residual(np.array([0.0, 2.0])).tolist() == pytest.approx([1, math.exp(-1)])
    m = loop.map(Quadratic([[[2.0]], [[0.0]]], [[4.0], [4.0]]))
    assert m.linear.ravel().tolist() == pytest.approx([math.exp(-1), 1])
    assert m.offset.ravel().tolist() == pytest.approx([2 - 2 * math.exp(-1), 2])
    assert GradientFlow(sympy.Symbol("t")).residual(sympy.Symbol("a")) == sympy.exp(
        -sympy.Symbol("t") * sympy.Symbol("a")
    )
    m = GradientFlow(0).map(Quadratic([[2.0]], [4.0]))
    assert (m.linear.tolist(), m.offset.tolist()) == ([[1.0]], [0.0])


def test_proximal_points_are_stationary():
    f, theta = Quadratic(to([[2, 1], [1, -3]]), to([1, 2])), to([1, -1])
    phi = Proximal(q(2)).map(f)(theta)
    assert (f.gradient(phi) + 2 * (phi - theta)).tolist() == [0, 0]


def test_preconditioner_that_is_not_symmetric():
    f = Quadratic(to([[1, 0], [0, 2]]), to([1, 2]))
    m = PreconditionedGradientDescent(to([[0, 1], [0, 0]]), 1).map(f)
    assert (m.linear.tolist(), m.offset.tolist()) == ([[1, -2], [0, 1]], [2, 0])
    m = PreconditionedGradientDescent(to([[0, 1], [0, 0]]), 2).map(f)
    assert (m.linear.tolist(), m.offset.tolist()) == ([[1, -4], [0, 1]], [4, 0])
    m = PreconditionedGradientDescent(to([[0, 1], [0, 0]]), 0).map(f)
    assert (m.linear.tolist(), m.offset.tolist()) == ([[1, 0], [0, 1]], [0, 0])


def test_preconditioners_as_vectors_matrices_batches_and_ring_elements():
    f = Quadratic(np.array([[[2.0, 1.0], [1.0, 3.0]]] * 2), np.array([[1.0, 2.0], [3.0, 4.0]]))
    vector = np.array([0.5, 0.25])
    expected = PreconditionedGradientDescent(vector, 2).map(f)
    for D in (np.diag(vector), np.stack([np.diag(vector)] * 2), Dense(np.diag(vector)), [0.5, 0.25]):
        m = PreconditionedGradientDescent(D, 2).map(f)
        assert (m.linear == expected.linear).all()
        assert (m.offset == expected.offset).all()
    assert expected.linear[0].tolist() == (np.linalg.matrix_power(np.eye(2) - [[1, 0.5], [0.25, 0.75]], 2)).tolist()


def test_only_masked_coordinates_move():
    f = Quadratic(to([[2, 1], [1, 3]]), to([1, -1]))
    m = PartialGradientDescent([True, False], q(1, 2), 1).map(f)
    assert (m.linear.tolist(), m.offset.tolist()) == ([[0, q(-1, 2)], [0, 1]], [q(1, 2), 0])
    m = PartialGradientDescent([False, True], [q(1, 2), q(1, 4)]).map(f)
    # phi_2 -> (1 - 3/4) (1 - 3/2) phi_2, -1/2 phi_1 -> 1/4 (-1/2) - 1/4
    assert m.linear.tolist() == [[1, 0], [q(-3, 8), q(-1, 8)]]
    assert m.offset.tolist() == [0, q(-3, 8)]
    full = PartialGradientDescent([True, True], q(1, 2), 2).map(f)
    assert full.linear.tolist() == GradientDescent(q(1, 2), 2).map(f).linear.tolist()
    assert PartialGradientDescent(np.array([True, False]), 0.5, 1).mask == (True, False)


def test_schedules():
    loop = GradientDescent(np.array([0.5, 0.25]))
    assert (loop.lr, loop.steps, loop.schedule) == ((0.5, 0.25), 2, (0.5, 0.25))
    assert GradientDescent([0.5, 0.25], 2) == loop
    assert GradientDescent(0.5, 3).schedule == (0.5, 0.5, 0.5)
    assert GradientDescent(np.array(0.5), 1).schedule == (0.5,)
    assert type(GradientDescent(0.5, np.int64(3)).steps) is int


def test_the_last_steps():
    assert GradientDescent([0.1, 0.2, 0.3]).last(2) == GradientDescent([0.2, 0.3])
    assert GradientDescent([0.1, 0.2, 0.3]).last(0) == GradientDescent([])
    assert GradientDescent([0.1, 0.2, 0.3]).last(3) == GradientDescent([0.1, 0.2, 0.3])
    assert GradientDescent(0.1, 5).last(2) == GradientDescent(0.1, 2)
    assert PartialGradientDescent([True], [0.1, 0.2]).last(1) == PartialGradientDescent([True], [0.2])
    assert PreconditionedGradientDescent([0.1], 3).last(2).steps == 2


@pytest.mark.parametrize(
    ("loop", "bound"),
    [
        (NoAdaptation(), math.inf),
        (GradientDescent(0.5, 3), 4),
        (GradientDescent([0.25, 0.5, 0.125]), 4),
        (GradientDescent([]), math.inf),
        (HeavyBall(0.5, 0.5, 3), 6),
        (HeavyBall([0.25, 0.5], 0.25), 5),
        (PreconditionedGradientDescent([0.5], 3), 2),
        (PartialGradientDescent([True], 0.5, 3), 4),
        (GradientFlow(1.0), math.inf),
        (Proximal(1.0), math.inf),
        (ProximalGradientDescent(1.0, 0.5, 3), 3),
        (Chebyshev(1.0, 3.0, 2), 4),
    ],
)
def test_bounds_of_stability(loop, bound):
    assert loop.stable_below() == bound


def test_loops_whose_linear_part_is_no_function_of_the_curvature():
    assert not PreconditionedGradientDescent([0.5], 1).spectral
    assert not PartialGradientDescent([True], 0.5, 1).spectral
    assert all(type(loop).spectral for loop, *_ in KNOWN)


def test_parameters_at_the_ends_of_their_ranges():
    assert HeavyBall(0.1, 0, 1).momentum == 0
    assert GradientFlow(0).time == 0
    assert Chebyshev(1.0, 1.0, 1).residual(0.5) == 0.5
    with pytest.raises(qm.InputError):
        HeavyBall(0.1, 1, 1)


def test_loops_compare_by_their_parameters_and_cannot_be_changed():
    assert GradientDescent(0.1, 2) == GradientDescent(0.1, 2) != GradientDescent(0.1, 3)
    with pytest.raises(AttributeError):
        GradientDescent(0.1, 2).lr = 0.2


def test_symbolic_parameters():
    lr, K, a = sympy.symbols("lr K a")
    assert GradientDescent(lr, K).residual(a) == (1 - lr * a) ** K
    strength = sympy.Symbol("lambda")
    assert sympy.simplify(Proximal(strength).residual(a) - strength / (strength + a)) == 0


def test_a_schedule_in_an_array_stays_part_of_the_derivative():
    torch = need("torch")
    tasks = qm.Tasks(Quadratic(2 * torch.eye(1, dtype=torch.float64)[None], torch.ones(1, 1, dtype=torch.float64)))
    lr = torch.tensor([0.25, 0.125], dtype=torch.float64, requires_grad=True)
    qm.MAML(qm.GradientDescent(lr)).meta_gradient(tasks, torch.zeros(1, dtype=torch.float64)).sum().backward()
    # g = -P^2 with P = (1 - 2 lr_1) (1 - 2 lr_2) = 3/8: dg/dlr_1 = 4 P (1 - 2 lr_2) = 9/8
    assert lr.grad.tolist() == [1.125, 0.75]
    assert qm.GradientDescent(np.array([0.25, 0.125])).lr == (0.25, 0.125)


def test_masks_of_every_library(backend):
    import array_api_strict

    masks = [[True, False], (np.True_, np.False_), np.array([True, False]), array_api_strict.asarray([True, False])]
    masks.append(qm.arrays.namespace(backend.array([1.0])).asarray([True, False]))
    for mask in masks:
        assert qm.PartialGradientDescent(mask, 0.5, 1).mask == (True, False)
    with pytest.raises(qm.InputError, match=r"mask: .*expected a sequence of d booleans"):
        qm.PartialGradientDescent(np.array([1.0, 0.0]), 0.5, 1)


def test_bounds_of_exact_parameters(exact_kind):
    half = exact_kind.number(q(1, 2))
    assert GradientDescent(half, 1).stable_below() == 4.0
    assert qm.HeavyBall([half, 1], half).stable_below() == 3.0
    assert qm.ProximalGradientDescent(half, half, 1).stable_below() == 3.5
    assert qm.Chebyshev(half, 1, 1).stable_below() == 1.5


def test_the_residual_of_a_stable_heavy_ball_may_exceed_one():
    loop = qm.HeavyBall(1.0, 0.5, 1)
    below, beyond = 0.99 * loop.stable_below(), 1.01 * loop.stable_below()
    assert abs(loop.residual(below)) > 1
    assert abs(qm.HeavyBall(1.0, 0.5, 1000).residual(below)) < 1e-3
    assert abs(qm.HeavyBall(1.0, 0.5, 1000).residual(beyond)) > 1e3


@pytest.mark.parametrize("time", [1.0, 20.0, 60.0, 200.0])
def test_a_long_flow_keeps_its_digits(time):
    """P and s of the eigenvalues, of which P is many orders of magnitude smaller than s."""
    a, V = np.linalg.eigh([[1.0, 0.3], [0.3, 0.5]])
    m = GradientFlow(time).map(Quadratic([[1.0, 0.3], [0.3, 0.5]], [3.0, -2.0]))
    P, s = (V * np.exp(-time * a)) @ V.T, V @ (-np.expm1(-time * a) / a * (V.T @ [3.0, -2.0]))
    assert np.abs(m.linear - P).max() < 1e-12 * np.abs(P).max()
    assert np.abs(m.offset - s).max() < 1e-13 * np.abs(s).max()
