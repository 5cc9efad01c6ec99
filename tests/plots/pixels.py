"""Comparing pictures: by how much two differ where they differ most, seen from a little distance."""

from __future__ import annotations

import functools
import io
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from PIL import Image

from quadmaml.plots import FIGURES, Table, compose, venue_of

BASELINES = Path(__file__).parent / "baselines"
DPI = 75
BLOCK = 6
# Of 255 levels of grey, in the mean over the block of 6 x 6 pixels that differs most. Pictures of one version of
# matplotlib do not differ at all; test_images.py measures what a missing line does.
TOLERANCE = 2.0


@functools.cache
def data(name: str) -> Table:
    """The figure's table; tests that only draw share it."""
    return FIGURES[name].data()


def figure_of(name: str, venue: str = "icml") -> Any:
    """The figure, composed in this venue's settings; draw it in the same settings."""
    place = venue_of(venue)
    with matplotlib.rc_context(place.rc()):
        return compose(FIGURES[name], data(name), place.width("column"), place.height)


def grey(figure: Any, venue: str = "icml") -> np.ndarray:
    """The picture in 16 levels of grey, at low resolution."""
    with io.BytesIO() as buffer, matplotlib.rc_context(venue_of(venue).rc()):
        figure.savefig(buffer, format="png", dpi=DPI)
        buffer.seek(0)
        return np.asarray(Image.open(buffer).convert("L"), dtype=np.uint8) // 16 * 17


def baseline(name: str) -> np.ndarray:
    return np.asarray(Image.open(BASELINES / f"{name}.png").convert("L"), dtype=np.uint8)


def difference(first: np.ndarray, second: np.ndarray) -> float:
    """The largest mean difference over a block; infinite for pictures of different sizes."""
    if first.shape != second.shape:
        return float("inf")
    apart = np.abs(first.astype(float) - second)
    rows, columns = (BLOCK * (side // BLOCK) for side in apart.shape)
    blocks = apart[:rows, :columns].reshape(rows // BLOCK, BLOCK, columns // BLOCK, BLOCK).mean(axis=(1, 3))
    return float(blocks.max())


def renew(name: str) -> None:
    """Write the baseline anew, after looking at it."""
    picture = Image.fromarray(grey(figure_of(name)) // 17, mode="P")
    picture.putpalette([level for level in range(0, 256, 17) for _ in "rgb"])
    picture.save(BASELINES / f"{name}.png", optimize=True, bits=4)


if __name__ == "__main__":
    import sys

    for each in sys.argv[1:] or FIGURES:
        renew(each)
