"""The pictures of a report, each an SVG element with a caption that says by which rule it was drawn."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .. import plots
from ..adaptation import GradientDescent
from ..datasets import RegressionGroups
from ..errors import SingularError
from ..quadratic import Quadratic
from ..tasks import Tasks
from .settings import Settings, algorithms, choose
from .solve import Solution

__all__ = ["Picture", "adaptation_picture", "inline", "plane_picture"]

FOLLOWED = "MAML"


@dataclass(frozen=True)
class Picture:
    """A picture: the SVG element (empty if it was left out), a text for those who do not see it, and a caption."""

    title: str
    svg: str
    alt: str
    caption: str


def adaptation_picture(tasks: Tasks, solutions: Sequence[Solution], settings: Settings) -> Picture:
    """Mean query loss against the number of adaptation steps, from every start."""
    starts = {each.name: each.theta for each in solutions if each.theta is not None}
    ax = plots.adaptation_curve(
        tasks, starts, lambda k: GradientDescent(settings.lr, k), settings.curve_steps, settings.steps
    )
    return Picture(
        "Loss against adaptation steps",
        inline(plots.to_svg(ax.figure), "curve"),
        f"Curves of the mean query loss after 0 to {settings.curve_steps} adaptation steps, one for each start.",
        f"Mean query loss of the {len(tasks)} tasks after adapting by gradient descent (step size"
        f" {settings.lr:.3g}), from each start. The vertical line marks K = {settings.steps}, the number of steps for"
        " which the algorithms were solved.",
    )


def plane_picture(groups: RegressionGroups, settings: Settings) -> Picture:
    """Two tasks in the plane, as in Golmant's post."""
    title = "Two tasks in the plane"
    quadratics, axes, rule = _plane_tasks(groups, settings.ridge)
    pair = _pair(quadratics)
    if pair is None:
        return Picture(title, "", "", "Left out: fewer than two tasks have data enough for a single optimum each.")
    i, j = pair
    tasks = Tasks(Quadratic.stack([quadratics[i], quadratics[j]]))
    own = choose(tasks.support, settings.ridge, steps=settings.steps)
    names = groups.names[i], groups.names[j]
    ax = plots.plane(tasks, algorithms(own), FOLLOWED, names, axes)
    return Picture(
        title,
        inline(plots.to_svg(ax.figure), "plane"),
        f"Contours and optima of {names[0]} and {names[1]}, the midpoint, and the fixed point of every algorithm.",
        f"{names[0]} and {names[1]}, {rule} Query and support are the same here: all rows of the"
        f" task. Of the half of the tasks whose data say most about both coefficients (largest least curvature), these"
        f" are the two with optima farthest apart. Step size {own.lr:.3g} = 1/(2L) for these two, K = {own.steps}, λ ="
        f" {own.strength:.3g}. Ellipses: contours of the two losses. Stars: their optima. Line: the outer loop of"
        f" {FOLLOWED} in closed form; rings on it: the steps of the simulator. Dotted: from {FOLLOWED}'s fixed point to"
        " the points adapted from it. Points that coincide are drawn as one marker in the other.",
    )


def _plane_tasks(groups: RegressionGroups, ridge: float) -> tuple[list[Quadratic], tuple[str, str], str]:
    """Each task, all its rows, as a quadratic in two coefficients; the names of these; and what was done."""
    both = [(np.concatenate([X, Xq]), np.concatenate([y, yq])) for X, y, Xq, yq in groups]
    if len(groups.features) == 2:
        quadratics = [Quadratic.from_least_squares(X, y, ridge) for X, y in both]
        return quadratics, ("intercept", f"coefficient of {groups.features[1]}"), "intercept and slope."
    first, second = groups.features[1:3]
    quadratics = []
    for X, y in both:
        X = X[:, 1:3]
        quadratics.append(Quadratic.from_least_squares(X - X.mean(axis=0), y - y.mean(), ridge))
    only = f" Of the features only {first} and {second} are used." if len(groups.features) > 3 else ""
    rule = f"without the intercept: each task's own columns are centred instead.{only}"
    return quadratics, (f"coefficient of {first}", f"coefficient of {second}"), rule


def _pair(quadratics: Sequence[Quadratic]) -> tuple[int, int] | None:
    """Of the better informed half of the tasks, the two with optima farthest apart; None if there are no two."""
    spectra = np.stack([np.linalg.eigvalsh(each.hessian) for each in quadratics])
    sound = [i for i in np.argsort(-spectra[:, 0], kind="stable") if spectra[i, 0] > 1e-10 * max(spectra[i, 1], 1e-300)]
    best = sound[: max(2, (len(quadratics) + 1) // 2)]
    try:
        optima = {int(i): quadratics[i].minimizer() for i in best}
    except SingularError:
        return None
    pairs = itertools.combinations(sorted(optima), 2)
    return max(pairs, key=lambda ij: float(np.linalg.norm(optima[ij[0]] - optima[ij[1]])), default=None)


def inline(svg: str, prefix: str) -> str:
    """The SVG element with identifiers of its own, as wide as the page allows."""
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}-\1"', svg)
    svg = re.sub(r'"#([^"]+)"', rf'"#{prefix}-\1"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}-\1)", svg)
    return re.sub(r'(<svg[^>]*?) width="[^"]+" height="[^"]+"', r"\1", svg, count=1)
