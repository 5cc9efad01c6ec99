"""Settings of the test run: Hypothesis profiles, double precision in jax, and the array libraries as parameters."""

from __future__ import annotations

import os
from typing import Any

# Threads that wait for each other make products of small matrices several times slower. Read when NumPy is imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pytest
from hypothesis import HealthCheck, settings

from .backends import BACKENDS, EXACT_KINDS, Backend, ExactKind, need

# One run is like another in continuous integration; elsewhere every run looks at new examples.
REPEATABLE = bool(os.environ.get("CI"))
settings.register_profile(
    "default",
    max_examples=40,
    deadline=None,
    derandomize=REPEATABLE,
    database=None if REPEATABLE else settings.default.database,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("thorough", settings.get_profile("default"), max_examples=400)
settings.register_profile("repeatable", settings.get_profile("default"), derandomize=True, database=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

# jax computes in single precision unless told otherwise, at import. The library never sets this.
os.environ.setdefault("JAX_ENABLE_X64", "1")
os.environ.setdefault("JAX_PLATFORMS", "cpu")


@pytest.fixture(params=BACKENDS, ids=lambda backend: backend.name)
def backend(request: Any) -> Backend:
    """Every array library in turn, skipped with a reason where it is absent."""
    request.param.skip_unless_present()
    return request.param


@pytest.fixture(params=EXACT_KINDS, ids=lambda kind: kind.name)
def exact_kind(request: Any) -> ExactKind:
    """Every kind of exact scalar in turn."""
    need(request.param.package)
    return request.param
