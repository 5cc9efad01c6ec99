"""Affine fields: zeros, potentials, descent and spectra, against values worked by hand and brute force."""

import math
import warnings
from fractions import Fraction

import numpy as np
import pytest

import quadmaml as qm
from quadmaml import AffineField, IllConditionedWarning, Quadratic, SingularError
from quadmaml.arrays import to_numpy

from .backends import need

q = Fraction
number = pytest.mark.parametrize("number", [float, q], ids=["float", "Fraction"])


def to(x, number=float):
    return np.vectorize(number, otypes=[object if number is q else float])(x)


def singular(v=(2, 2), number=float):
    return AffineField(to([[1, 1], [1, 1]], number), to(v, number))


@number
def test_field_and_zero(number):
    g = AffineField(to([[2, 1], [0, 4]], number), to([3, 4], number))
    assert g(to([1, 2], number)).tolist() == [1, 4]
    assert g(to([[1, 2], [0, 0]], number)).tolist() == [[1, 4], [-3, -4]]
    assert g.zero().tolist() == [1, 1]
    assert g.zero(minimum_norm=True).astype(float).tolist() == pytest.approx([1, 1])
    assert g.matrix.tolist() == [[2, 1], [0, 4]]


def test_lost_directions_are_reported():
    with pytest.raises(SingularError, match="rank 1 of 2 to working precision") as caught:
        singular().zero()
    assert caught.value.rank == 1
    assert np.abs(singular().matrix @ caught.value.nullspace).max() < 1e-15
    assert "0.707" in str(caught.value)


def test_lost_directions_are_exact_for_exact_scalars():
    g = AffineField(to([[1, 2], [2, 4]], q), to([1, 2], q))
    with pytest.raises(SingularError, match=r"rank 1 of 2 exactly.*\[-2, 1\]") as caught:
        g.zero()
    assert caught.value.rank == 1
    assert caught.value.nullspace.tolist() == [[-2], [1]]
    nearly = AffineField(to([[1, 2], [2, 4 + q(1, 10**30)]], q), to([1, 2], q))
    assert nearly.zero().tolist() == [1, 0]


@number
def test_the_zero_of_least_norm(number):
    zero = singular(number=number).zero(minimum_norm=True)
    assert np.abs((zero - 1).astype(float)).max() <= (1e-15 if number is float else 0)
    with pytest.raises(SingularError, match="outside the range"):
        singular((2, 3), number).zero(minimum_norm=True)


@pytest.mark.filterwarnings("default")
def test_ill_conditioned_systems_are_solved_with_a_warning():
    with pytest.warns(qm.IllConditionedWarning, match=r"1\.0e\+13"):
        assert AffineField(np.diag([1.0, 1e-13]), [1.0, 1e-13]).zero().tolist() == [1.0, 1.0]


def test_well_conditioned_systems_are_solved_in_silence():
    assert AffineField(np.diag([1.0, 2e-12]), [1.0, 2e-12]).zero().tolist() == [1.0, 1.0]
    assert AffineField(np.diag(to([1, q(1, 10**13)], q)), to([1, 1], q)).zero().tolist() == [1, 10**13]


def test_is_gradient():
    assert AffineField([[1.0, 2.0], [2.0, 1.0]], [0.0, 0.0]).is_gradient()
    assert not AffineField([[1.0, 2.0], [2.1, 1.0]], [0.0, 0.0]).is_gradient()
    almost = [[1.0, 0.0], [1e-12, 1.0]]
    assert not AffineField(almost, [0.0, 0.0]).is_gradient()
    assert AffineField(almost, [0.0, 0.0], scale=10.0).is_gradient()
    assert not AffineField(to([[1, 0], [q(1, 10**30), 1]], q), to([0, 0], q)).is_gradient()


@number
def test_potential(number):
    g = AffineField(to([[2, 1], [1, 3]], number), to([1, -1], number))
    F = g.potential()
    x = to([1, 2], number)
    assert F(to([0, 0], number)) == 0
    assert F(x) == 10  # (4 + 14)/2 - (1 - 2)
    assert F.gradient(x).tolist() == g(x).tolist()


def test_potential_of_a_field_that_is_symmetric_up_to_rounding_errors():
    F = AffineField([[1.0, 2e-13], [0.0, 1.0]], [0.0, 0.0]).potential()
    assert F.hessian.tolist() == [[1.0, 1e-13], [1e-13, 1.0]]
    with pytest.raises(qm.NotAGradientError, match=r"by 5\.0e-01 of its largest entry"):
        AffineField([[2.0, 1.0], [0.0, 2.0]], [0.0, 0.0]).potential()


@number
@pytest.mark.parametrize("steps", [0, 1, 2, 5, 8])
def test_descent_is_what_the_steps_do(steps, number):
    g = AffineField(to([[2, 1], [-1, 3]], number), to([1, -1], number))
    theta = expected = to([3, 1], number)
    for _ in range(steps):
        expected = expected - number(q(1, 4)) * g(expected)
    assert g.descend(theta, number(q(1, 4)), steps).tolist() == expected.tolist()


@pytest.mark.parametrize("t", [1, 10**3, 10**6, 10**9])
def test_a_billion_steps(t):
    """``theta* + (1 - lr m)^t (theta_0 - theta*)`` in each eigendirection, and drift ``lr v t`` where m = 0."""
    m = np.array([1.0, 2.0**-20, 2.0**-30, 0.0])
    v = np.array([1.0, 2.0**-20, 2.0**-30, 0.5])
    theta = AffineField(np.diag(m), v).descend(np.full(4, 3.0), 0.5, t)
    expected = [1 + 2 * math.exp(t * math.log1p(-0.5 * each)) for each in m[:3]] + [3 + 0.25 * t]
    assert theta.tolist() == pytest.approx(expected, rel=1e-6)


def test_spectrum_of_symmetric_fields_is_real_and_ascending():
    values = AffineField([[0.0, 2.0], [2.0, 3.0]], [0.0, 0.0])
    with pytest.warns(qm.UnstableStepWarning, match="negative real part"):
        assert values.spectrum().tolist() == pytest.approx([-1, 4])
    values = AffineField(to([[2, 1], [1, 2]], q), to([0, 0], q)).spectrum()
    assert values.tolist() == pytest.approx([1, 3])
    assert values.dtype == np.float64


def test_spectrum_of_other_fields_is_complex_and_ordered():
    values = AffineField([[1.0, 2.0, 0.0], [-2.0, 3.0, 0.0], [0.0, 0.0, 1.0]], [0.0] * 3).spectrum()
    assert values.tolist() == pytest.approx([1, 2 - 3**0.5 * 1j, 2 + 3**0.5 * 1j])


def test_rounding_errors_below_zero_are_not_called_unstable():
    assert AffineField(np.diag([1.0, -1e-13]), [0.0, 0.0]).spectrum().tolist() == [-1e-13, 1.0]
    with pytest.warns(qm.UnstableStepWarning):
        AffineField(np.diag([1.0, -1e-12]), [0.0, 0.0]).spectrum()


def test_best_step_size_of_positive_definite_fields():
    g = AffineField([[2.5, 1.5], [1.5, 2.5]], [0.0, 0.0])  # eigenvalues 1 and 4
    assert g.best_lr() == pytest.approx(2 / 5, rel=1e-14)
    assert g.rate(g.best_lr()) == pytest.approx(3 / 5, rel=1e-14)
    assert AffineField([[4.0]], [1.0]).best_lr() == 0.25
    exact = AffineField(to([[1, 0], [0, 3]], q), to([0, 0], q))
    assert exact.best_lr() == 0.5


def test_best_step_size_of_a_complex_pair():
    g = AffineField([[1.0, 2.0], [-2.0, 3.0]], [0.0, 0.0])  # 2 +- i sqrt(3), of modulus sqrt(7)
    assert g.best_lr() == pytest.approx(2 / 7, rel=1e-7)
    assert g.rate(2 / 7) == pytest.approx((3 / 7) ** 0.5, rel=1e-12)


@pytest.mark.parametrize("unit", [1e-6, 1e-3, 1e3, 1e6])
def test_best_step_size_is_measured_in_units_of_the_field(unit):
    g = AffineField(unit * np.array([[1.0, 2.0], [-2.0, 3.0]]), [0.0, 0.0])
    assert g.best_lr() == pytest.approx(2 / 7 / unit, rel=1e-7)


@pytest.mark.parametrize("seed", range(12))
def test_best_step_size_against_a_grid(seed):
    random = np.random.default_rng(seed)
    d = int(random.integers(2, 6))
    M = random.normal(size=(d, d))
    M += (random.uniform(0.05, 2) - np.linalg.eigvals(M).real.min()) * np.eye(d)
    values, g = np.linalg.eigvals(M), AffineField(M, np.zeros(d))
    grid = np.linspace(0, 2 * (1 / np.abs(values)).max(), 20001)
    radii = np.abs(1 - grid[:, None] * values).max(axis=1)
    best = g.best_lr()
    assert np.abs(1 - best * values).max() <= radii.min() + 1e-12
    assert abs(best - grid[radii.argmin()]) <= 1e-3 * best + grid[1]
    assert g.rate(best) == pytest.approx(np.abs(1 - best * values).max())


@pytest.mark.parametrize("M", [[[0.0]], [[-1.0]], [[0.0, 1.0], [-1.0, 0.0]], [[1.0, 0.0], [0.0, 1e-16]]])
def test_no_step_size_converges(M):
    with pytest.raises(qm.ConvergenceError, match="no step size converges"):
        AffineField(M, np.zeros(len(M))).best_lr()


def test_small_positive_curvature_has_a_best_step_size():
    assert AffineField(np.diag([1.0, 1e-15]), [0.0, 0.0]).best_lr() == pytest.approx(2)


def test_rate():
    g = AffineField(np.diag([1.0, 4.0]), [0.0, 0.0])
    assert g.rate(0.25) == 0.75
    assert g.rate(q(1, 4)) == 0.75
    assert g.rate(0.5) == 1.0  # at the bound of stability, without a warning
    with pytest.warns(qm.UnstableStepWarning, match=r"lr = 0\.6 gives the rate 1\.4 > 1"):
        assert g.rate(0.6) == pytest.approx(1.4)
    assert AffineField(to([[2]], q), to([0], q)).rate(q(1, 4)) == 0.5


def test_fields_of_every_library(backend):
    g = AffineField(backend.array([[2.0, 1.0], [0.0, 4.0]]), backend.array([3.0, 4.0]))
    assert to_numpy(g.zero()).tolist() == pytest.approx([1, 1])
    assert to_numpy(g.descend(backend.array([0.0, 0.0]), 0.25, 2)).tolist() == pytest.approx([0.875, 1])
    assert g.best_lr() == pytest.approx(1 / 3, rel=1e-6)
    assert g.rate(0.25) == pytest.approx(0.5)
    with pytest.raises(SingularError) as caught:
        AffineField(backend.array([[1.0, 1.0], [1.0, 1.0]]), backend.array([2.0, 2.0])).zero()
    assert caught.value.rank == 1


def test_zero_is_differentiable():
    torch = need("torch")
    v = torch.tensor([2.0], dtype=torch.float64, requires_grad=True)
    AffineField(torch.tensor([[4.0]], dtype=torch.float64), v).zero().sum().backward()
    assert v.grad.tolist() == [0.25]


def test_a_potential_is_zero_at_zero():
    assert AffineField([[2.0, 0.0], [0.0, 4.0]], [3.0, 4.0]).potential()([0.0, 0.0]) == 0


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_long_descent_leaves_the_null_space_alone(dtype):
    """``M^+ v + (I - M^+ M) theta_0``, and drift along the null space where v has a part there."""
    M = dtype(0.7) * np.ones((2, 2), dtype)
    theta = AffineField(M, np.ones(2, dtype)).descend(np.array([1, 0], dtype), 0.5, 10**9)
    assert theta.dtype == dtype
    assert theta.tolist() == pytest.approx([1 / 1.4 + 0.5, 1 / 1.4 - 0.5], rel=1e2 * float(np.finfo(dtype).eps))
    theta = AffineField(M, np.array([2, 1], dtype)).descend(np.zeros(2, dtype), 0.5, 10**6)
    assert theta.tolist() == pytest.approx(
        [1.5 / 1.4 + 0.25e6, 1.5 / 1.4 - 0.25e6], rel=1e2 * float(np.finfo(dtype).eps)
    )


def test_the_zero_of_least_norm_has_the_derivative_of_the_pseudo_inverse():
    torch = need("torch")
    M = torch.tensor([[2.0, 2.0], [2.0, 2.0]], dtype=torch.float64, requires_grad=True)
    x = AffineField(M, torch.ones(2, dtype=torch.float64)).zero(minimum_norm=True)
    x.sum().backward()
    # For M = m [[1, 1], [1, 1]] the entries of x sum to 1 / m, and m is the mean of the four entries of M.
    assert M.grad.tolist() == [pytest.approx([-1 / 16] * 2)] * 2


def test_least_norm_where_ranks_are_close_calls():
    """M and M' may be judged differently by a singular value at the border; the answer must not depend on that."""
    border = 2 * np.finfo(float).eps
    for factor in np.linspace(0.5, 2, 31):
        M = np.array([[1.0, 1.0], [1.0, 1.0 + 4 * factor * border]])
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", IllConditionedWarning)
                assert np.isfinite(AffineField(M, np.array([1.0, 1.0])).zero(minimum_norm=True)).all()
        except SingularError:
            pass


def test_the_zero_of_least_norm_warns_as_well():
    M = np.diag([1.0, 1e-14, 0.0])
    with pytest.warns(IllConditionedWarning, match=r"1\.0e\+14"):
        AffineField(M, np.array([1.0, 1e-14, 0.0])).zero(minimum_norm=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        AffineField(np.diag([1.0, 1e-3, 0.0]), np.array([1.0, 1.0, 0.0])).zero(minimum_norm=True)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda f: qm.GradientFlow(1e13).map(f), "exponential"),
        (lambda f: qm.Proximal(1e-13).map(f), "inverted"),
        (lambda f: qm.MoreauEnvelope(1e-13).field(qm.Tasks(Quadratic(f.hessian[None], f.linear[None]))), "inverted"),
    ],
)
def test_maps_that_keep_few_digits_say_so(make, text):
    ones, one = Quadratic(np.ones((2, 2)), np.ones(2)), Quadratic(np.eye(2), np.ones(2))
    with pytest.warns(IllConditionedWarning, match=text):
        make(ones)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        qm.Proximal(1e-13).map(one)
        qm.GradientFlow(1e3).map(ones)


def test_the_zero_of_least_norm_while_values_cannot_be_read():
    jax, torch = need("jax"), need("torch")
    M, v = np.array([[1.0, 2.0], [2.0, 4.0]]), np.array([5.0, 10.0])
    for found in (
        jax.jit(lambda M, v: AffineField(M, v).zero(minimum_norm=True))(*map(jax.numpy.asarray, (M, v))),
        torch.func.vmap(lambda v: AffineField(torch.tensor(M), v).zero(minimum_norm=True))(torch.tensor(v)[None])[0],
    ):
        assert np.asarray(found).tolist() == pytest.approx([1.0, 2.0], rel=1e-12)


def test_spectrum_has_a_derivative():
    jax = need("jax")
    slope = jax.grad(lambda a: AffineField(a * jax.numpy.asarray([[2.0, 0.0], [0.0, 3.0]]), [0.0, 0.0]).spectrum()[1])
    assert float(slope(1.0)) == pytest.approx(3.0)
