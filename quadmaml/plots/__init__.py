"""Pictures of library objects, drawn on axes of your own or on a new figure. Nothing global is set."""

from .curve import adaptation_curve
from .plane import plane
from .style import new_axes, style_of, to_svg

__all__ = ["adaptation_curve", "new_axes", "plane", "style_of", "to_svg"]
