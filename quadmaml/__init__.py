"""quadmaml: the mathematics of meta-learning on quadratic tasks, exactly."""

from . import adaptation, algorithms
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
from .affine import AffineField, AffineMap
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
from .quadratic import Quadratic
from .tasks import Tasks

__version__ = "0.1.0"
