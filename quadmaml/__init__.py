"""quadmaml: the mathematics of meta-learning on quadratic tasks, solved exactly."""

from importlib import import_module
from typing import Any

from . import adaptation, algorithms, simulate
from .adaptation import (
    Chebyshev,
    GradientDescent,
    GradientFlow,
    HeavyBall,
    InnerLoop,
    NoAdaptation,
    PartialGradientDescent,
    PreconditionedGradientDescent,
    Proximal,
    ProximalGradientDescent,
)
from .affine import AffineMap
from .algorithms import FOMAML, IMAML, MAML, Algorithm, Joint, MoreauEnvelope, Reptile, TruncatedMAML, adapted_losses
from .errors import (
    ConvergenceError,
    IllConditionedWarning,
    InputError,
    NotAGradientError,
    QuadmamlError,
    SingularError,
    UnstableStepWarning,
)
from .field import AffineField
from .quadratic import Quadratic
from .tasks import Tasks

__version__ = "0.1.0"

__all__ = [
    "FOMAML",
    "IMAML",
    "MAML",
    "AffineField",
    "AffineMap",
    "Algorithm",
    "Chebyshev",
    "ConvergenceError",
    "GradientDescent",
    "GradientFlow",
    "HeavyBall",
    "IllConditionedWarning",
    "InnerLoop",
    "InputError",
    "Joint",
    "MoreauEnvelope",
    "NoAdaptation",
    "NotAGradientError",
    "PartialGradientDescent",
    "PreconditionedGradientDescent",
    "Proximal",
    "ProximalGradientDescent",
    "QuadmamlError",
    "Quadratic",
    "Reptile",
    "SingularError",
    "Tasks",
    "TruncatedMAML",
    "UnstableStepWarning",
    "adapt",
    "adaptation",
    "adapted_losses",
    "algorithms",
    "cross_validate",
    "explain",
    "simulate",
    "solve",
    "sweep",
]

# Modules that need a heavy or optional package are loaded when they are first used, as in ``quadmaml.strategies``.
_ON_DEMAND = {
    "analysis",
    "claims",
    "comparison",
    "datasets",
    "evaluation",
    "explanation",
    "first_order",
    "implicit",
    "pareto",
    "paths",
    "plots",
    "proofs",
    "regions",
    "report",
    "solvers",
    "spectra",
    "starts",
    "strategies",
    "sweeps",
    "symbolic",
    "verdict",
    "weight_peaks",
}
_FUNCTIONS = {
    "adapt": "starts",
    "cross_validate": "evaluation",
    "explain": "explanation",
    "solve": "starts",
    "sweep": "sweeps",
}


def __getattr__(name: str) -> Any:
    if name in _FUNCTIONS:
        return getattr(import_module(f"{__name__}.{_FUNCTIONS[name]}"), name)
    if name in _ON_DEMAND:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_ON_DEMAND, *_FUNCTIONS})
