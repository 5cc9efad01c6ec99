"""Namespaces and scalars: what becomes an array of which kind, and what is left alone."""

from fractions import Fraction

import numpy as np
import pytest
import sympy

from quadmaml import ConvergenceError, InputError, arrays
from quadmaml.curvature import Dense
from quadmaml.exact import kind_name

from .backends import need

q = Fraction


def strict(x):
    import array_api_strict

    return array_api_strict.asarray(x, dtype=array_api_strict.float64)


def exact(*entries):
    return np.array(entries, dtype=object)


def test_what_is_an_array():
    assert arrays.is_array(np.zeros(2))
    assert arrays.is_array(np.array(1.0))
    assert arrays.is_array(strict([1.0]))
    assert not arrays.is_array(np.float64(1))
    assert not arrays.is_array([1.0])
    assert not arrays.is_array(1.0)


def test_exact_arrays_are_object_arrays():
    assert arrays.is_exact(exact(q(1)))
    assert not arrays.is_exact(np.ones(1))
    assert not arrays.is_exact(1.0)


def test_rounding_errors_are_judged_by_dtype_and_dimension():
    assert arrays.epsilon(np.ones(3)) == 2.0**-52
    assert arrays.epsilon(np.ones(3, "f4")) == 2.0**-23
    assert arrays.epsilon(exact(q(1))) == 0
    assert arrays.roundoff(np.ones((2, 3))) == 3000 * 2.0**-52
    assert arrays.roundoff(exact(q(1))) == 0


def test_lists_become_double_precision_and_follow_arrays():
    x, y = arrays.coerce(x=[1.0, 2.0], y=3.0)
    assert x.dtype == y.dtype == np.float64
    assert (y.shape, float(y)) == ((), 3.0)
    _, y = arrays.coerce(x=np.ones(2, "f4"), y=[1.0, 2.0])
    assert y.dtype == np.float32
    y, x = arrays.coerce(y=[1.0, 2.0], x=np.ones(2, "f4"))
    assert y.dtype == x.dtype == np.float32
    _, y = arrays.coerce(x=strict([1.0]), y=[[2.0]])
    assert type(y) is type(strict([1.0]))


def test_arrays_pass_unchanged():
    x = np.ones(2)
    assert arrays.coerce(x=x, y=[0.0])[0] is x


def test_one_integer_is_a_number_beside_floats():
    _, y = arrays.coerce(x=np.ones(1), y=0)
    assert (y.dtype, float(y)) == (np.float64, 0.0)


def test_exact_lists_and_their_integers():
    x, y, z = arrays.coerce(x=[q(1, 2), 1], y=[2, q(3)], z=0)
    assert x.tolist() == [q(1, 2), q(1)]
    assert all(type(entry) is Fraction for entry in (*x, *y, z[()]))
    x, y = arrays.coerce(x=[sympy.Symbol("a"), 1], y=2)
    assert isinstance(x[1], sympy.Integer)
    assert isinstance(y[()], sympy.Integer)
    assert arrays.coerce(x=exact(1, 2))[0].tolist() == [q(1), q(2)]


def test_exact_numbers_beside_float_arrays_are_rounded():
    _, y = arrays.coerce(x=np.ones(2), y=[q(1, 4), q(1, 2)])
    assert (y.dtype, y.tolist()) == (np.float64, [0.25, 0.5])
    _, y = arrays.coerce(x=np.ones(2), y=[sympy.Rational(1, 4)])
    assert y.tolist() == [0.25]


def test_full_like():
    x = arrays.full_like("x", [[1.0, 2.0]], np.zeros(3, "f4"))
    assert (x.dtype, x.tolist()) == (np.float32, [[1.0, 2.0]])
    x = arrays.full_like("x", [q(1, 3), 2], exact(sympy.Symbol("a")))
    assert x.tolist() == [sympy.Rational(1, 3), 2]


def test_finite_entries_pass():
    x = np.ones(2)
    assert arrays.check_finite("x", x) is x
    assert arrays.check_finite("x", exact(q(1))).tolist() == [q(1)]
    with pytest.raises(InputError, match=r"^x: has entries that are nan or infinite; expected finite numbers$"):
        arrays.check_finite("x", np.array([1.0, np.nan]))


@pytest.mark.parametrize("shape", [(2,), (3, 2), (1, 2), (4, 3, 2), (4, 1, 2)])
def test_points_that_broadcast(shape):
    arrays.check_broadcast("x", np.zeros(shape), (3, 2))


@pytest.mark.parametrize("shape", [(), (1,), (3,), (4, 2), (3, 1), (3, 3), (3, 4, 2)])
def test_points_that_do_not(shape):
    with pytest.raises(InputError, match=r"^x: has shape .*; expected \(\.\.\., 2\) that broadcasts with \(3, 2\)$"):
        arrays.check_broadcast("x", np.zeros(shape), (3, 2))


def test_points_of_one_task_broadcast_too():
    arrays.check_broadcast("x", np.zeros((5, 2)), (1, 2))
    arrays.check_broadcast("x", np.zeros((5, 2)), (2,))


def test_shapes():
    arrays.check_shape("x", np.zeros((2, 3)), (2, 3))
    with pytest.raises(InputError, match=r"^x: has shape \(2, 3\); expected \(3, 2\)$"):
        arrays.check_shape("x", np.zeros((2, 3)), (3, 2))


@pytest.mark.parametrize("shape", [(), (1,), (2, 3), (3, 2), (0, 0), (3, 0, 0)])
def test_not_square(shape):
    with pytest.raises(InputError, match="square"):
        arrays.check_square("A", np.zeros(shape))


def test_square():
    arrays.check_square("A", np.zeros((1, 1)))
    arrays.check_square("A", np.zeros((5, 2, 2)))


def test_symmetry_up_to_rounding_errors_of_the_largest_entry():
    bound = 1000 * 2.0**-52
    A = np.array([[1.0, 0.0], [bound, 1.0]])
    assert arrays.is_symmetric(A)
    A[1, 0] *= 1.001
    assert not arrays.is_symmetric(A)
    assert arrays.is_symmetric(A, scale=2.0)
    assert not arrays.is_symmetric(A, scale=0.5)
    assert arrays.is_symmetric(np.zeros((2, 2)))
    assert not arrays.is_symmetric(np.stack([np.eye(2), A]))


def test_symmetry_of_exact_scalars_is_exact():
    assert arrays.is_symmetric(exact([q(1), q(2)], [q(2), q(1)]))
    assert not arrays.is_symmetric(exact([q(1), q(2)], [q(2) + q(1, 10**40), q(1)]))
    a = sympy.Symbol("a")
    assert arrays.is_symmetric(exact([a, (a + 1) ** 2], [a**2 + 2 * a + 1, a]))


def test_numbers_for_each_task():
    assert arrays.broadcast("k", np.array(2.0), (3,)).tolist() == [2.0] * 3
    assert arrays.broadcast("k", np.arange(3.0), (3,)).tolist() == [0.0, 1.0, 2.0]
    assert arrays.broadcast("k", np.array(2.0), ()).shape == ()


def test_as_float():
    x = np.ones(2)
    assert arrays.as_float(x) is x
    with pytest.raises(InputError, match="symbols"):
        arrays.as_float(exact(sympy.Symbol("a")))


def test_a_number_takes_the_kind_of_the_array():
    assert arrays.scalar(0.5, np.ones(2, "f4")) == 0.5
    assert type(arrays.scalar(np.float64(0.5), np.ones(2, "f4"))) is float
    assert arrays.scalar(q(1, 2), np.ones(2)) == 0.5
    assert type(arrays.scalar(q(1, 2), np.ones(2))) is float
    assert type(arrays.scalar(sympy.Rational(1, 2), np.ones(2))) is float
    assert type(arrays.scalar(2, exact(q(1)))) is Fraction
    assert arrays.scalar(q(1, 2), exact(sympy.Symbol("a"))) == sympy.Rational(1, 2)
    assert arrays.scalar(np.array(0.5), np.ones(2, "f4")).dtype == np.float32
    x = sympy.Symbol("x")
    assert arrays.scalar(x, exact(q(1))) is x
    number = exact(q(1))[0:1]
    assert arrays.scalar(number, exact(q(1))) is number


def test_norm():
    assert arrays.norm(np.array([[1.0, -3.0], [2.0, 0.0]])) == 3.0
    assert arrays.norm(np.zeros((0, 2))) == 0.0
    assert type(arrays.norm(strict([1.0]))) is float


def test_exp():
    e = 2.718281828459045
    assert arrays.exp(1.0) == e
    assert arrays.exp(0) == 1
    assert arrays.exp(np.array([0.0, 1.0])).tolist() == [1.0, e]
    assert arrays.exp(sympy.Symbol("x")) == sympy.exp(sympy.Symbol("x"))
    assert arrays.exp(Dense(np.zeros((2, 2)))).array.tolist() == [[1.0, 0.0], [0.0, 1.0]]
    with pytest.raises(InputError, match="exact rational"):
        arrays.exp(q(1))


def test_conversion_to_numpy(backend):
    x = arrays.to_numpy(backend.array([[1.0, 2.0]]))
    assert isinstance(x, np.ndarray)
    assert x.tolist() == [[1.0, 2.0]]


def test_conversion_of_exact_arrays():
    x = arrays.to_numpy(exact(q(1, 3)))
    assert x.dtype == object
    assert x.tolist() == [q(1, 3)]


def test_values_are_cut_off_from_derivatives(backend):
    x = backend.array([1.0, 2.0])
    assert arrays.to_numpy(arrays.detached(x)).tolist() == [1.0, 2.0]
    assert not arrays.is_traced(x)
    assert arrays.device(x) is not None


def test_tracing_is_noticed():
    jax = need("jax")
    seen = []
    jax.jit(lambda x: seen.append(arrays.is_traced(x)) or x)(jax.numpy.ones(2))
    assert seen == [True]


def test_vectors_that_join():
    arrays.check_joins("x", np.zeros(2), np.zeros((3, 2)))
    arrays.check_joins("x", 0, np.zeros(2))
    arrays.check_joins("x", np.array(1.0), np.array(2.0))
    with pytest.raises(InputError, match=r"^x: has shape"):
        arrays.check_joins("x", np.zeros(3), np.zeros(2))
    with pytest.raises(InputError, match=r"^x: got dtype float32; expected float64"):
        arrays.check_joins("x", np.zeros(2, "f4"), np.zeros(2))


def test_numbers():
    for number in (0.5, 3, q(1, 2), sympy.Symbol("x"), np.array(0.5), strict(0.5)):
        assert arrays.is_number(number)
    for other in (np.ones(1), [0.5], "0.5", True, None, sympy.Float(0.5)):
        assert not arrays.is_number(other)


def test_a_number_takes_the_kind_of_another():
    x = sympy.Symbol("x")
    assert arrays.scalar(q(1, 2), 3.0) == 0.5
    assert type(arrays.scalar(q(1, 2), 3.0)) is float
    assert arrays.scalar(2, 3.0) == 2
    assert type(arrays.scalar(sympy.Rational(1, 2), q(1))) is Fraction
    assert arrays.scalar(q(1, 2), x) == sympy.Rational(1, 2)
    assert arrays.scalar(x, q(1)) is x
    number = np.array(0.5)
    assert arrays.scalar(number, 3.0) is number
    assert arrays.scalar(0.5, None) == 0.5
    with pytest.raises(InputError, match=r"^lr: got the float 0.5 beside exact scalars; expected a Fraction"):
        arrays.scalar(0.5, q(1), "lr")
    with pytest.raises(InputError, match=r"^lr: holds an exact number beyond the range of floats"):
        arrays.scalar(10**400, np.ones(1), "lr")


def test_one_integer_first_or_last():
    assert [entry.tolist() for entry in arrays.coerce(x=[1.0], y=0)] == [[1.0], 0.0]
    with pytest.raises(InputError, match=r"^y: holds integers"):
        arrays.coerce(x=[1.0], y=[1])
    with pytest.raises(InputError, match=r"^x: got floats beside exact scalars in \['y'\]"):
        arrays.coerce(x=[1.0], y=q(1))


def test_integers_are_exact(exact_kind):
    x = exact_kind.array([q(1, 2)])
    for integers in ([2], np.array([2]), exact(2), exact(np.int64(2))):
        _, y = arrays.coerce(x=x, y=integers)
        assert kind_name(y) == kind_name(x)
        assert y.tolist() == [exact_kind.number(q(2))]


def test_rational_numbers_take_the_kind_of_the_first(exact_kind):
    x = exact_kind.array([q(1, 2)])
    for other in (q(2, 3), sympy.Rational(2, 3)):
        _, y = arrays.coerce(x=x, y=exact(other))
        assert kind_name(y) == kind_name(x)
        assert y.tolist() == [exact_kind.number(q(2, 3))]


def test_what_is_finite(backend):
    inf = float("inf")
    assert arrays.is_finite(1.0)
    assert arrays.is_finite(3)
    assert arrays.is_finite(exact(q(1)))
    assert arrays.is_finite(backend.array([1.0]))
    for x in (inf, float("nan"), np.float32(inf), backend.array([1.0, inf]), backend.array([float("nan")])):
        assert arrays.is_finite(x) is False
    arrays.check_overflow("it", 1.0, Dense(backend.array([[1.0]])))
    for x in (inf, backend.array(inf), Dense(backend.array([[inf]]))):
        with pytest.raises(ConvergenceError, match=r"^it overflows: it leaves the range of floats; expected smaller"):
            arrays.check_overflow("it", x)


def test_overflow_is_quiet():
    with arrays.quiet():
        assert np.exp(np.array(1e3)) == float("inf")


@pytest.mark.parametrize("shape", [(2,), (1, 2), (3, 2)])
def test_points_that_broadcast_onto(shape):
    arrays.check_broadcast("x", np.zeros(shape), (3, 2), onto=True)


@pytest.mark.parametrize(("shape", "onto"), [((3, 2), (1, 2)), ((1, 3, 2), (3, 2)), ((3, 2), (2,))])
def test_points_that_broadcast_but_not_onto(shape, onto):
    arrays.check_broadcast("x", np.zeros(shape), onto)
    with pytest.raises(InputError, match="broadcasts with"):
        arrays.check_broadcast("x", np.zeros(shape), onto, onto=True)


def test_symmetry_of_many_dimensions_in_single_precision():
    """A percent is no rounding error; the products of data in another order of summation are symmetric."""
    rng = np.random.default_rng(0)
    X = (3 + rng.normal(size=(2000, 100))).astype(np.float32)
    A = sum(x[:, None] * y for x, y in zip(X, X * np.float32(1), strict=True))
    turned = sum(x[:, None] * y for x, y in zip(X[::-1], X[::-1], strict=True))
    mixed = np.triu(A) + np.tril(turned, -1)
    assert (mixed != mixed.T).any()
    assert arrays.is_symmetric(mixed)
    one = np.eye(100, dtype=np.float32)
    one[0, 1] = 0.01
    assert not arrays.is_symmetric(one)
