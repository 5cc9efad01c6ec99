"""The array libraries and the kinds of exact scalars that the tests run on."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

REQUIRED = {name.strip() for name in os.environ.get("QUADMAML_REQUIRE", "").split(",") if name.strip()}


def need(package: str) -> Any:
    """The imported package; a test without it is skipped, or fails if QUADMAML_REQUIRE names the package."""
    if importlib.util.find_spec(package) is None:
        message = f"{package} is not installed"
        if package in REQUIRED:
            pytest.fail(f"{message}, but QUADMAML_REQUIRE asks for it")
        pytest.skip(message)
    return importlib.import_module(package)


@dataclass(frozen=True)
class Backend:
    """An array library on one device: ``array(x)`` turns a NumPy array into one of its own, of float64 by default."""

    name: str
    package: str
    convert: Callable[[Any, str], Any]

    def array(self, x: Any, dtype: str = "float64") -> Any:
        return self.convert(np.asarray(x), dtype)

    def skip_unless_present(self) -> None:
        package = need(self.package)
        if self.name.endswith("cuda") and not package.cuda.is_available():
            pytest.skip("no CUDA device")


def _numpy(x: Any, dtype: str) -> Any:
    return x.astype(dtype)


def _strict(x: Any, dtype: str) -> Any:
    import array_api_strict

    return array_api_strict.asarray(x.astype(dtype))


def _torch(device: str) -> Callable[[Any, str], Any]:
    def convert(x: Any, dtype: str) -> Any:
        import torch

        return torch.asarray(x.astype(dtype), device=device)

    return convert


def _jax(x: Any, dtype: str) -> Any:
    import jax.numpy

    return jax.numpy.asarray(x, dtype=dtype)


BACKENDS = [
    Backend("numpy", "numpy", _numpy),
    Backend("strict", "array_api_strict", _strict),
    Backend("torch-cpu", "torch", _torch("cpu")),
    Backend("torch-cuda", "torch", _torch("cuda")),
    Backend("jax", "jax", _jax),
]


@dataclass(frozen=True)
class ExactKind:
    """A kind of exact scalar: ``array(x)`` turns Fractions into it, ``back(number)`` turns one into a Fraction."""

    name: str
    package: str

    def number(self, x: Any) -> Any:
        if self.name == "fmpq":
            import flint

            return flint.fmpq(x.numerator, x.denominator)
        if self.name == "sympy":
            import sympy

            return sympy.Rational(x.numerator, x.denominator)
        return x

    def array(self, x: Any) -> Any:
        out = np.empty(np.shape(x), dtype=object)
        out.flat = [self.number(entry) for entry in np.asarray(x).flat]
        return out

    def back(self, x: Any) -> Any:
        from fractions import Fraction

        out = np.empty(np.shape(x), dtype=object)
        out.flat = [Fraction(str(entry)) for entry in np.asarray(x).flat]
        return out


EXACT_KINDS = [ExactKind("Fraction", "fractions"), ExactKind("fmpq", "flint"), ExactKind("sympy", "sympy")]
