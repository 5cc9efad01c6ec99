"""Namespaces and scalars: the one place that knows which array library, dtype, device and kind of number is in use.

Arrays are those of NumPy, PyTorch, JAX or any other library of the array API standard, with real floating dtype; or
NumPy object arrays whose entries are exact scalars of one kind (:mod:`.exact`). Both are worked on by the same code:
what the standard does not offer for exact scalars (linear solves, ranks) is done in ``linalg`` by elimination.
"""

from __future__ import annotations

import math
from contextlib import AbstractContextManager
from typing import Any, TypeAlias

from .errors import ConvergenceError, InputError, known
from .exact import exact_array, is_exact_scalar, is_zero, kind_name, kind_of, rounded, to_float

Array: TypeAlias = Any
Scalar: TypeAlias = Any
Namespace: TypeAlias = Any


def namespace(*arrays: Array) -> Namespace:
    """The array API namespace that all the arrays share."""
    from array_api_compat import array_namespace

    return array_namespace(*arrays)


def is_array(x: Any) -> bool:
    """Whether x is an array of a supported library. NumPy scalars count as numbers, not as arrays."""
    from array_api_compat import is_array_api_obj

    return bool(is_array_api_obj(x)) and (type(x).__module__ != "numpy" or type(x).__name__ == "ndarray")


def is_number(x: Any) -> bool:
    """Whether x is one number that the package computes with: a float, an exact scalar, or an array without axes."""
    return isinstance(x, float) or is_exact_scalar(x) or (is_array(x) and not x.ndim)


def is_exact(x: Any) -> bool:
    """Whether x is an object array of exact scalars."""
    return str(getattr(x, "dtype", "")) == "object"


def epsilon(x: Array) -> float:
    """The relative spacing of x's dtype, 0 for exact scalars."""
    return 0.0 if is_exact(x) else float(namespace(x).finfo(x.dtype).eps)


def roundoff(x: Array) -> float:
    """Relative size below which an entry of a computed d x d matrix counts as rounding error: 1000 d eps."""
    d: int = x.shape[-1]
    return 1e3 * d * epsilon(x)


# Bringing arguments into one namespace, dtype and device


def coerce(**named: Any) -> list[Array]:
    """Arguments as arrays of one namespace, dtype and device; lists and numbers follow the arrays among them."""
    arrays = {name: value for name, value in named.items() if is_array(value)}
    like: Array = None
    for name, value in arrays.items():
        _check_dense(name, value)
        if like is None:
            like = exact_array(name, value) if is_exact(value) else _check_float(name, value)
    if like is None:
        first, *rest = named
        like = _from_list(first, named[first])
        like = like if is_exact(like) else _check_float(first, like)
        if not is_exact(like) and any(is_exact(_from_list(name, named[name])) for name in rest):
            raise InputError(f"{first}: got floats beside exact scalars in {rest}; expected one kind of number")
        named = {**named, first: like}
    return [_alike(name, value, like) for name, value in named.items()]


def is_finite(x: Any) -> bool | None:
    """Whether no entry of an array, or no float, is nan or infinite; None while x is traced."""
    from array_api_compat import is_array_api_obj

    if is_exact(x) or not is_array_api_obj(x):
        return not isinstance(x, float) or math.isfinite(x)
    return known(lambda: namespace(x).all(namespace(x).isfinite(x)))


def check_finite(name: str, x: Array) -> Array:
    """Return x if none of its entries is nan or infinite (not checked while x is traced)."""
    if is_finite(x) is False:
        raise InputError(f"{name}: has entries that are nan or infinite; expected finite numbers")
    return x


def check_shape(name: str, x: Array, shape: tuple[int, ...]) -> None:
    """Raise :class:`InputError` unless x has exactly this shape."""
    if tuple(x.shape) != tuple(shape):
        raise InputError(f"{name}: has shape {tuple(x.shape)}; expected {tuple(shape)}")


def check_broadcast(name: str, x: Array, shape: tuple[int, ...], *, onto: bool = False) -> None:
    """Raise :class:`InputError` unless x has the last axis of ``shape``, and leading axes that broadcast with it.

    If ``onto``, the result of that must be ``shape`` itself.
    """
    leading = list(zip(reversed(x.shape[:-1]), reversed(shape[:-1]), strict=False))
    misfit = any(m != n and m != 1 and (onto or n != 1) for m, n in leading) or (onto and x.ndim > len(shape))
    if x.ndim < 1 or x.shape[-1] != shape[-1] or misfit:
        raise InputError(
            f"{name}: has shape {tuple(x.shape)}; expected (..., {shape[-1]}) that broadcasts with {shape}"
        )


def check_symmetric(name: str, A: Array) -> None:
    """Raise :class:`InputError` unless A holds symmetric matrices."""
    check_square(name, A)
    if is_symmetric(A) is False:
        raise InputError(f"{name}: is not symmetric; expected A equal to A.T, for example (A + A.T) / 2")


def is_symmetric(A: Array, scale: float = 0.0) -> bool | None:
    """Whether A equals its transpose, exactly or up to rounding errors; None while A is traced.

    Rounding errors are relative to the largest entry of each matrix, or to ``scale`` if that is larger.
    """
    # 1000 eps whatever d is. An entry of X'X, for X with m rows, is a sum of m products that together are at most as
    # large as the largest diagonal entry: summed in another order than its mirror image it differs by m eps of that at
    # worst, and by about sqrt(m) eps where the errors have either sign.
    difference = A - namespace(A).matrix_transpose(A)
    if is_exact(A):
        return all(map(is_zero, difference.flat))
    xp = namespace(A)

    def small() -> Any:
        allowed = 1e3 * epsilon(A) * xp.clip(_largest(A), min=scale)
        return xp.all(_largest(difference) <= allowed)

    return known(small)


def check_square(name: str, A: Array) -> None:
    """Raise :class:`InputError` unless A holds square matrices of dimension at least 1."""
    if A.ndim < 2 or A.shape[-1] != A.shape[-2] or A.shape[-1] == 0:
        raise InputError(f"{name}: has shape {tuple(A.shape)}; expected square matrices (..., d, d) with d >= 1")


def broadcast(name: str, x: Array, shape: tuple[int, ...]) -> Array:
    """One number, or an array of the batch shape, as an array of the batch shape."""
    if x.ndim and tuple(x.shape) != tuple(shape):
        raise InputError(f"{name}: has shape {tuple(x.shape)}; expected ()" + (f" or {tuple(shape)}" if shape else ""))
    return namespace(x).broadcast_to(x, shape)


def point(name: str, x: Any, like: Any) -> Any:
    """Points x of shape ``(..., d)`` as an array that broadcasts with the vectors ``like``; in other rings x itself."""
    if is_array(like):
        _, x = coerce(like=like, **{name: x})
        check_broadcast(name, x, like.shape)
    return x


def part(x: Array, index: Any) -> Array:
    """A part of x, by an index of its batch axes; a list of integers >= 0 chooses along the first axis."""
    if isinstance(index, list) and index and all(type(i) is int and i >= 0 for i in index):
        xp = namespace(x)
        return xp.take(x, xp.asarray(index, device=device(x)), axis=0)
    return x[(*index, ...) if isinstance(index, tuple) else (index, ...)]


def _alike(name: str, value: Any, like: Array) -> Array:
    if not is_array(value):
        return check_finite(name, full_like(name, value, like))
    if is_exact(like) and _is_integral(value):
        value = namespace(like).asarray(value, dtype=object)
    if is_exact(value) and is_exact(like):
        value = exact_array(name, value, like)
    _check_like(name, value, like)
    return check_finite(name, value)


def check_joins(name: str, x: Any, like: Any) -> None:
    """Raise :class:`InputError` unless vectors x can be combined with others: one kind, one dimension, fitting axes."""
    if is_array(x) and is_array(like):
        _check_like(name, x, like)
        if like.ndim:
            check_broadcast(name, x, like.shape)


def _check_like(name: str, value: Array, like: Array) -> None:
    if namespace(value) is not namespace(like):
        raise InputError(
            f"{name}: got an array of {type(value).__module__}; expected {type(like).__module__} as before"
        )
    if is_exact(value) and is_exact(like) and kind_name(value) != kind_name(like):
        raise InputError(f"{name}: holds {kind_name(value)} numbers; expected {kind_name(like)} as in the others")
    if value.dtype != like.dtype:
        if not is_exact(value):
            _check_float(name, value)
        raise InputError(f"{name}: got dtype {value.dtype}; expected {like.dtype} as in the other arguments")
    if None not in (device(value), device(like)) and device(value) != device(like):
        raise InputError(f"{name}: is on device {device(value)}; expected {device(like)} as the other arguments")


def full_like(name: str, value: Any, like: Array) -> Array:
    """A number or nested list of numbers as an array of like's namespace, dtype and device."""
    entries = _from_list(name, value)
    if is_exact(like):
        if not is_exact(entries) and not _is_integral(entries):
            raise InputError(f"{name}: got floats beside exact scalars; expected Fractions, fmpq or SymPy numbers")
        return exact_array(name, entries.astype(object), like)
    if is_exact(entries):
        entries = rounded(name, entries)
    elif entries.ndim:
        _check_float(name, entries)
    return namespace(like).asarray(entries.tolist(), dtype=like.dtype, device=device(like))


def device(x: Array) -> Any:
    """The device of an array; None inside a trace, where it is not known."""
    from array_api_compat import device as device_of

    try:
        return device_of(x)
    except (AttributeError, TypeError, RuntimeError):
        return None


def _from_list(name: str, value: Any) -> Array:
    """Nested lists of floats, of exact scalars, or of integers alone, as a NumPy array."""
    import numpy as np

    try:
        entries = np.asarray(value)
    except ValueError:
        raise InputError(f"{name}: is a ragged list; expected rows of one length") from None
    if entries.dtype == object:
        return exact_array(name, entries)
    return entries if _is_integral(entries) else _check_float(name, entries)


def _is_integral(x: Array) -> bool:
    return not is_exact(x) and bool(namespace(x).isdtype(x.dtype, "integral"))


def _check_dense(name: str, x: Array) -> None:
    if hasattr(x, "mask") or "sparse" in str(getattr(x, "layout", "")):
        raise InputError(f"{name}: is a masked or sparse array; expected a dense one, without a mask")


def _check_float(name: str, x: Array) -> Array:
    xp = namespace(x)
    if _is_integral(x):
        raise InputError(f"{name}: holds integers; write 1.0 for floats, or fractions.Fraction(1) for exact numbers")
    if not xp.isdtype(x.dtype, "real floating") or xp.finfo(x.dtype).bits not in (32, 64):
        raise InputError(f"{name}: has dtype {x.dtype}; expected real floating numbers of 32 or 64 bits")
    return x


# Values


def as_float(x: Array) -> Array:
    """The array x with floating entries: exact numbers are rounded to double precision, floats stay as they are."""
    return rounded("matrix", x) if is_exact(x) else x


def detached(x: Array) -> Array:
    """The values of x, cut off from automatic differentiation: for checks that must not enter a derivative."""
    if type(x).__module__.startswith("jax"):
        from jax.lax import stop_gradient

        return stop_gradient(x)
    return x.detach() if hasattr(x, "detach") else x


def is_traced(x: Array) -> bool:
    """Whether the values of x cannot be read, because a function is being compiled or vectorised."""
    return not is_exact(x) and known(lambda: namespace(x).all(x == x)) is None


def entries(x: Array) -> tuple[Scalar, ...]:
    """The entries of a vector: numbers for NumPy; elsewhere 0-d arrays, which stay part of a derivative."""
    return tuple(x.tolist() if type(x).__module__ == "numpy" else (x[k] for k in range(x.shape[0])))


def is_floating(x: Any) -> bool:
    """Whether x is an array of floats whose values can be read."""
    return is_array(x) and not is_exact(x) and not is_traced(x)


def to_numpy(x: Array) -> Array:
    """A NumPy copy of an array of any library and device."""
    import numpy as np

    return (
        np.asarray(detached(x).tolist(), dtype=x.dtype if is_exact(x) else None)
        if hasattr(x, "tolist")
        else np.from_dlpack(x)
    )


def quiet() -> AbstractContextManager[Any]:
    """Without NumPy's warnings of overflow, which :func:`check_overflow` reports as an error in every library."""
    import numpy as np

    return np.errstate(all="ignore")


def check_overflow(what: str, *values: Any) -> None:
    """Raise :class:`ConvergenceError` if floats, arrays or dense matrices computed from finite ones are not finite.

    It is not checked while they are traced.
    """
    for x in values:
        if is_finite(getattr(x, "array", x)) is False:
            raise ConvergenceError(f"{what} overflows: it leaves the range of floats; expected smaller steps, or fewer")


def scalar(number: Scalar, like: Any, name: str = "number") -> Scalar:
    """A number that can be multiplied with ``like``, an array or a scalar, without changing its dtype or exactness.

    Exact numbers take the kind of exact scalars, and are rounded beside floats; errors call the number by the name.
    """
    exact = is_exact(like) if is_array(like) else is_exact_scalar(like)
    if is_array(number):
        if is_array(like) and namespace(number) is not namespace(like):
            kinds = f"a number of {type(number).__module__} beside arrays of {type(like).__module__}"
            raise InputError(f"{name}: got {kinds}; expected one library")
        return namespace(like).astype(number, like.dtype, copy=False) if is_array(like) and not exact else number
    if type(number).__module__ == "numpy":
        number = number.item()
    if exact and isinstance(number, float):
        raise InputError(
            f"{name}: got the float {number} beside exact scalars; expected a Fraction, fmpq or SymPy number"
        )
    if not is_exact_scalar(number):
        return number
    if exact:
        return kind_of(like)(number)
    return to_float(name, number) if is_array(like) or isinstance(like, float) else number


def norm(x: Array) -> float:
    """The largest absolute entry of an array of floats: the scale against which rounding errors are judged."""
    xp, x = namespace(x), detached(x)
    return float(xp.max(xp.abs(x))) if math.prod(x.shape) else 0.0


def ill_conditioned(x: Array) -> float:
    """The condition number beyond which few digits of a solution are correct: 1e12, in single precision 1.7e5."""
    return min(1e12, 0.02 / epsilon(x))


def _largest(A: Array) -> Array:
    """The largest entry in magnitude of each matrix."""
    xp, A = namespace(A), detached(A)
    return xp.max(xp.abs(A), axis=(-2, -1))


def expm1_quotient(x: Any) -> Any:
    """``(e^x - 1) / x``, 1 at x = 0, entrywise and without cancellation, for floats."""
    if not is_array(x):
        return math.expm1(x) / x if x else 1.0
    xp = namespace(x)
    safe = xp.where(x == 0, xp.ones_like(x), x)
    return xp.where(x == 0, xp.ones_like(x), xp.expm1(safe) / safe)


def exp(x: Any) -> Any:
    """The exponential of a number, an array of eigenvalues (entrywise), or a ring element (its ``exp`` method)."""
    if is_array(x) and not is_exact(x):
        return namespace(x).exp(x)
    if hasattr(x, "exp") and not type(x).__module__.startswith("sympy"):
        return x.exp()
    if type(x).__module__.startswith("sympy"):
        import sympy

        return sympy.exp(x)
    if isinstance(x, float) or x == 0:
        return math.exp(x)
    raise InputError(f"exp: got {type(x).__name__}; the exponential of an exact rational is not rational")
