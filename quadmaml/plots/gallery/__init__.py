"""The figures of the gallery, by name."""

from ..paper import PaperFigure
from .bias import BIAS, CONDITIONING
from .curvature import CURVATURE, REGULARISED
from .errors import ERRORS
from .losses import FINE_TUNING, MEMORY
from .pareto import PARETO
from .paths import PATHS
from .plane import PLANE
from .regions import REGIONS
from .weights import SPECTRA, WEIGHTS

__all__ = ["FIGURES"]

FIGURES: dict[str, PaperFigure] = {
    each.name: each
    for each in (
        PLANE,
        WEIGHTS,
        FINE_TUNING,
        PATHS,
        PARETO,
        BIAS,
        CONDITIONING,
        ERRORS,
        CURVATURE,
        REGULARISED,
        MEMORY,
        REGIONS,
        SPECTRA,
    )
}
