"""The pictures of the gallery stay as they were looked at.

After a change that is meant, look at the figures and write the baselines anew: ``python -m tests.plots.pixels NAME``.
"""

from __future__ import annotations

import pytest
from matplotlib.transforms import Bbox

from quadmaml.plots import FIGURES
from tests.plots.pixels import BASELINES, BLOCK, TOLERANCE, baseline, difference, figure_of, grey

each_figure = pytest.mark.parametrize("name", FIGURES)


@each_figure
def test_the_picture_is_the_one_that_was_looked_at(name):
    apart = difference(grey(figure_of(name)), baseline(name))
    assert apart < TOLERANCE, f"look at it, then: python -m tests.plots.pixels {name}"


def test_there_is_a_baseline_for_each_figure_and_they_are_small():
    files = {path.stem: path.stat().st_size for path in BASELINES.glob("*.png")}
    assert set(files) == set(FIGURES)
    assert max(files.values()) < 30_000


def what_is_drawn(ax):
    """The lines, areas and arrows of a panel that can be seen."""
    lines = [line for line in ax.lines if len(line.get_xdata())]
    areas = [area for area in ax.collections if any(len(path.vertices) for path in area.get_paths())]
    return [*lines, *areas, *ax.images, *ax.texts]


# Every line of every figure, one at a time, takes a while.
@pytest.mark.parametrize(
    "name", [name if name in ("weights", "plane") else pytest.param(name, marks=pytest.mark.slow) for name in FIGURES]
)
def test_twin_a_missing_line_is_caught(name):
    figure = figure_of(name)
    whole = grey(figure)
    figure.set_layout_engine("none")
    missed = []
    for ax in figure.axes:
        view = ax.get_window_extent()
        for artist in what_is_drawn(ax):
            artist.set_visible(False)
            apart = difference(grey(figure), whole)
            artist.set_visible(True)
            seen = Bbox.intersection(artist.get_window_extent(), view)
            # Of a contour that cuts a corner there may be no more than a few pixels.
            if apart < 2 * TOLERANCE and seen is not None and max(seen.width, seen.height) > 2 * BLOCK:
                missed.append((type(artist).__name__, artist.get_label(), apart))
    assert missed == []
