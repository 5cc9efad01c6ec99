"""Two tasks in the plane: where every algorithm ends, and how it gets there."""

from __future__ import annotations

from ..paper import PaperFigure
from ..plane import draw_plane, plane_table
from .examples import LR, STEPS, algorithms, two_tasks

__all__ = ["PLANE"]

PLANE = PaperFigure(
    name="plane",
    title="Two tasks in the plane",
    caption="Two tasks: contours of their losses, their optima (stars) and the midpoint; the fixed point of each"
    " algorithm. Line: the outer loop of MAML in closed form; rings on it: the steps of a simulator that only takes"
    " gradient steps. Dotted: from MAML's fixed point to the points adapted from it. Gradient descent with"
    f" $K = {STEPS}$ steps of size $\\alpha = {LR}$, $\\lambda = 1/(\\alpha K)$.",
    illustrates="The mathematics, 'Curvature weights' and 'The outer loop'; ledger G5, G10 and G11.",
    data=lambda: plane_table(two_tasks(), algorithms(), "MAML"),
    panels=(draw_plane,),
    aspect=1.05,
)
