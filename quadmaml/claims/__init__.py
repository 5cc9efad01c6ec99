"""Claims: verify or refute any statement about quadratics, and the ledger of the sources."""

from importlib import import_module
from typing import Any

from .language import (
    Claim,
    Domain,
    Statement,
    assume,
    at_most,
    claim,
    equal,
    inverse,
    less_than,
    matrix,
    psd,
    scalar,
    spd,
    step_size,
    symmetric,
    vector,
)

__all__ = [
    "Claim",
    "Domain",
    "Statement",
    "assume",
    "at_most",
    "claim",
    "equal",
    "inverse",
    "less_than",
    "matrix",
    "psd",
    "region",
    "scalar",
    "spd",
    "step_size",
    "symmetric",
    "vector",
    "verify",
]

_ON_DEMAND = {"region": "regions", "verify": "verification"}


def __getattr__(name: str) -> Any:
    # The engines are loaded when a claim is first verified.
    if name in _ON_DEMAND:
        return getattr(import_module(f"{__name__}.{_ON_DEMAND[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
