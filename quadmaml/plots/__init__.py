"""Pictures of library objects, drawn on axes of your own or on a new figure. Nothing global is set."""

from .curve import adaptation_curve
from .evidence import paired_differences, start_paths, weights_on_tasks
from .gallery import FIGURES
from .gallery.bias import conditioning, first_order_bias
from .gallery.curvature import gradient_error, gradients, regularised_loss
from .gallery.errors import meta_gradient_error, solver_error
from .gallery.losses import fine_tuning, memory
from .gallery.pareto import pareto_fronts
from .gallery.paths import fixed_point_paths
from .gallery.regions import region_map
from .gallery.weights import curvature_weights, spectra
from .paper import PaperFigure, compose, render, write_figure
from .plane import plane
from .style import new_axes, style_of, to_svg
from .sweep import sweep_curves, sweep_map
from .table import Table
from .venues import VENUES, Venue, venue_of

__all__ = [
    "FIGURES",
    "VENUES",
    "PaperFigure",
    "Table",
    "Venue",
    "adaptation_curve",
    "compose",
    "conditioning",
    "curvature_weights",
    "fine_tuning",
    "first_order_bias",
    "fixed_point_paths",
    "gradient_error",
    "gradients",
    "memory",
    "meta_gradient_error",
    "new_axes",
    "paired_differences",
    "pareto_fronts",
    "plane",
    "region_map",
    "regularised_loss",
    "render",
    "solver_error",
    "spectra",
    "start_paths",
    "style_of",
    "sweep_curves",
    "sweep_map",
    "to_svg",
    "venue_of",
    "weights_on_tasks",
    "write_figure",
]
