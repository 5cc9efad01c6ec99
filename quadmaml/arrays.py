"""Namespaces and scalars: the one place that knows which array library, dtype, device and kind of number is in use.

Arrays are those of NumPy, PyTorch, JAX or any other library of the array API standard, with real floating dtype; or
NumPy object arrays whose entries are exact scalars of one kind (``fractions.Fraction``, ``flint.fmpq``, SymPy
expressions). Both are worked on by the same code: what the standard does not offer for exact scalars (linear solves,
ranks) is done in ``linalg`` by elimination.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any, TypeAlias

from .errors import InputError, is_real, known

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
        like = _exact_array(name, value) if is_exact(value) else _check_float(name, value)
        break
    if like is None:
        first, *rest = named
        like = _from_list(first, named[first])
        if not is_exact(like) and any(is_exact(_from_list(name, named[name], numbers=True)) for name in rest):
            raise InputError(f"{first}: got floats beside exact scalars in {rest}; expected one kind of number")
        named = {**named, first: like}
    return [_alike(name, value, like) for name, value in named.items()]


def check_finite(name: str, x: Array) -> Array:
    """Return x if none of its entries is nan or infinite (not checked while x is traced)."""
    if not is_exact(x) and known(lambda: namespace(x).all(namespace(x).isfinite(x))) is False:
        raise InputError(f"{name}: has entries that are nan or infinite; expected finite numbers")
    return x


def check_shape(name: str, x: Array, shape: tuple[int, ...]) -> None:
    """Raise :class:`InputError` unless x has exactly this shape."""
    if tuple(x.shape) != tuple(shape):
        raise InputError(f"{name}: has shape {tuple(x.shape)}; expected {tuple(shape)}")


def check_broadcast(name: str, x: Array, shape: tuple[int, ...]) -> None:
    """Raise :class:`InputError` unless x has the last axis of ``shape``, and leading axes that broadcast with it."""
    leading = zip(reversed(x.shape[:-1]), reversed(shape[:-1]), strict=False)
    if x.ndim < 1 or x.shape[-1] != shape[-1] or any(m != n and 1 not in (m, n) for m, n in leading):
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

    Rounding errors are relative to the largest entry of A, or to ``scale`` if that is larger.
    """
    difference = A - namespace(A).matrix_transpose(A)
    if is_exact(A):
        return all(map(is_zero, difference.flat))
    return known(lambda: norm(difference) <= roundoff(A) * max(norm(A), scale))


def check_square(name: str, A: Array) -> None:
    """Raise :class:`InputError` unless A holds square matrices of dimension at least 1."""
    if A.ndim < 2 or A.shape[-1] != A.shape[-2] or A.shape[-1] == 0:
        raise InputError(f"{name}: has shape {tuple(A.shape)}; expected square matrices (..., d, d) with d >= 1")


def broadcast(name: str, x: Array, shape: tuple[int, ...]) -> Array:
    """One number, or an array of the batch shape, as an array of the batch shape."""
    if x.ndim and tuple(x.shape) != tuple(shape):
        raise InputError(f"{name}: has shape {tuple(x.shape)}; expected ()" + (f" or {tuple(shape)}" if shape else ""))
    return namespace(x).broadcast_to(x, shape)


def of_batch(index: Any) -> Any:
    """An index of batch axes as one of all axes."""
    return (*index, ...) if isinstance(index, tuple) else (index, ...)


def _alike(name: str, value: Any, like: Array) -> Array:
    if not is_array(value):
        return check_finite(name, full_like(name, value, like))
    if is_exact(value):
        value = _exact_array(name, value)
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
    if is_exact(value) and is_exact(like):
        _one_kind(name, value, like)
    if value.dtype != like.dtype:
        if not is_exact(value):
            _check_float(name, value)
        raise InputError(f"{name}: got dtype {value.dtype}; expected {like.dtype} as in the other arguments")
    if None not in (device(value), device(like)) and device(value) != device(like):
        raise InputError(f"{name}: is on device {device(value)}; expected {device(like)} as the other arguments")


def full_like(name: str, value: Any, like: Array) -> Array:
    """A number or nested list of numbers as an array of like's namespace, dtype and device."""
    if is_exact(like):
        entries = _from_list(name, value, numbers=True)
        if not is_exact(entries):
            raise InputError(f"{name}: got floats beside exact scalars; expected Fractions, fmpq or SymPy numbers")
        return _one_kind(name, _exact_array(name, entries, kind_of(like)), like)
    entries = _from_list(name, value, numbers=True)
    if is_exact(entries):
        entries = _rounded(name, entries)
    return namespace(like).asarray(entries.tolist(), dtype=like.dtype, device=device(like))


def device(x: Array) -> Any:
    """The device of an array; None inside a trace, where it is not known."""
    from array_api_compat import device as device_of

    try:
        return device_of(x)
    except (AttributeError, TypeError, RuntimeError):
        return None


def _from_list(name: str, value: Any, *, numbers: bool = False) -> Array:
    """Nested lists of floats, or of exact scalars and integers, as a NumPy array."""
    import numpy as np

    try:
        entries = np.asarray(value)
    except ValueError:
        raise InputError(f"{name}: is a ragged list; expected rows of one length") from None
    if entries.dtype == object:
        return _exact_array(name, entries)
    if entries.dtype.kind in "iu" and (numbers and entries.ndim == 0):
        return _exact_array(name, entries.astype(object))
    return _check_float(name, entries)


def _check_float(name: str, x: Array) -> Array:
    xp = namespace(x)
    if xp.isdtype(x.dtype, "integral"):
        raise InputError(f"{name}: holds integers; write 1.0 for floats, or fractions.Fraction(1) for exact numbers")
    if not xp.isdtype(x.dtype, "real floating") or xp.finfo(x.dtype).bits not in (32, 64):
        raise InputError(f"{name}: has dtype {x.dtype}; expected real floating numbers of 32 or 64 bits")
    return x


# Exact scalars


def kind_of(x: Array) -> Callable[[Any], Scalar]:
    """The constructor of the exact scalars in the object array x, from an integer or a Fraction."""
    for entry in x.flat:
        module = type(entry).__module__
        if module.startswith("sympy"):
            import sympy

            return lambda number: sympy.Rational(number.numerator, number.denominator) if _rational(number) else number
        if module.startswith("flint"):
            kind = type(entry)
            return lambda number: (
                kind(number.numerator, number.denominator) if isinstance(number, Fraction) else kind(number)
            )
    return Fraction


def _one_kind(name: str, x: Array, like: Array) -> Array:
    """The array x, if its exact scalars are of the same kind as those of ``like``."""
    if _kind_name(x) != _kind_name(like):
        raise InputError(f"{name}: holds {_kind_name(x)} numbers; expected {_kind_name(like)} as in the others")
    return x


def _kind_name(x: Array) -> str:
    """The package of the exact scalars in x; integers alone become Fractions."""
    return next((type(entry).__module__.split(".")[0] for entry in x.flat), "fractions")


def _rational(number: Any) -> bool:
    return isinstance(number, (int, Fraction))


def _exact_array(name: str, x: Array, kind: Callable[[Any], Scalar] | None = None) -> Array:
    """The array x with its integers turned into exact scalars of the kind that its other entries have."""
    import numpy as np

    for entry in x.flat:
        foreign = isinstance(entry, (float, complex, str, bytes, type(None), list, bool))
        if foreign or not hasattr(entry, "__add__") or not is_real(entry):
            raise InputError(f"{name}: holds {entry!r}; expected real numbers, exact or floating, not a mixture")
    kind = kind or kind_of(x)
    out: Array = np.empty(x.shape, dtype=object)
    out.flat = [kind(entry) if _rational(entry) else entry for entry in x.flat]
    return out


def _rounded(name: str, x: Array) -> Array:
    import numpy as np

    try:
        return np.asarray(
            [float(Fraction(str(entry)) if "flint" in type(entry).__module__ else entry) for entry in x.flat]
        ).reshape(x.shape)
    except TypeError:
        raise InputError(f"{name}: holds symbols; expected numbers") from None


def as_float(x: Array) -> Array:
    """The array x with floating entries: exact numbers are rounded to double precision, floats stay as they are."""
    return _rounded("matrix", x) if is_exact(x) else x


def detached(x: Array) -> Array:
    """The values of x, cut off from automatic differentiation: for checks that must not enter a derivative."""
    if type(x).__module__.startswith("jax"):
        from jax.lax import stop_gradient

        return stop_gradient(x)
    return x.detach() if hasattr(x, "detach") else x


def is_traced(x: Array) -> bool:
    """Whether the values of x cannot be read, because a function is being compiled or vectorised."""
    return not is_exact(x) and known(lambda: namespace(x).all(x == x)) is None


def to_numpy(x: Array) -> Array:
    """A NumPy copy of an array of any library and device."""
    import numpy as np

    return (
        np.asarray(detached(x).tolist(), dtype=x.dtype if is_exact(x) else None)
        if hasattr(x, "tolist")
        else np.from_dlpack(x)
    )


def scalar(number: Scalar, like: Array) -> Scalar:
    """A number that can be multiplied with ``like`` without changing its dtype, or its exactness."""
    if is_array(number):
        if namespace(number) is not namespace(like):
            kinds = f"a number of {type(number).__module__} beside arrays of {type(like).__module__}"
            raise InputError(f"got {kinds}; expected one library")
        return number if is_exact(like) else namespace(like).astype(number, like.dtype, copy=False)
    if type(number).__module__ == "numpy":
        number = number.item()
    if not is_exact(like):
        rational = isinstance(number, Fraction) or type(number).__module__.split(".")[0] in ("flint", "sympy")
        return float(_rounded("scalar", _cell(number)).item()) if rational else number
    if isinstance(number, float):
        raise InputError(f"got the float {number} beside exact scalars; expected a Fraction, fmpq or SymPy number")
    return kind_of(like)(number) if _rational(number) else number


def divisor(number: Scalar) -> Scalar:
    """A number by which 1 can be divided without losing exactness: integers become Fractions."""
    return Fraction(number) if isinstance(number, int) else number


def _cell(number: Scalar) -> Array:
    import numpy as np

    cell = np.empty((), dtype=object)
    cell[()] = number
    return cell


def is_zero(entry: Scalar) -> bool:
    """Whether an exact scalar is zero; a SymPy expression is simplified first."""
    if type(entry).__module__.startswith("sympy"):
        import sympy

        return bool(sympy.simplify(entry) == 0)
    return bool(entry == 0)


def norm(x: Array) -> float:
    """The largest absolute entry, as a float: the scale against which rounding errors are judged."""
    return max((abs(float(entry)) for entry in as_float(x).reshape(-1)), default=0.0) if is_exact(x) else _max_abs(x)


def _max_abs(x: Array) -> float:
    xp, x = namespace(x), detached(x)
    return float(xp.max(xp.abs(x))) if math.prod(x.shape) else 0.0


def exp(x: Any) -> Any:
    """The exponential of a number, an array of eigenvalues (entrywise), or a ring element (its ``exp`` method)."""
    if is_array(x) and not is_exact(x):
        return namespace(x).exp(x)
    if hasattr(x, "exp") and not type(x).__module__.startswith("sympy"):
        return x.exp()
    if type(x).__module__.startswith("sympy"):
        import sympy

        return sympy.exp(x)
    if isinstance(x, (int, float)):
        return math.exp(x)
    raise InputError(f"exp: got {type(x).__name__}; the exponential of an exact rational is not rational")
