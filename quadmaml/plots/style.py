"""One look for all pictures: Okabe-Ito colours, each with a line style and a marker of its own; deterministic SVG."""

from __future__ import annotations

import io
import warnings
from typing import Any, NamedTuple, TypeAlias

Axes: TypeAlias = Any
Figure: TypeAlias = Any

RC: dict[Any, Any] = {
    "axes.axisbelow": True,
    "axes.grid": False,
    "axes.labelsize": 10,
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "legend.fontsize": 9.5,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
    "mathtext.fontset": "cm",
    "pdf.fonttype": 42,
    # With text as paths a picture needs no font on the reader's machine; with a salt its bytes are the same every time.
    "svg.fonttype": "path",
    "svg.hashsalt": "quadmaml",
    "xtick.labelsize": 9.5,
    "ytick.labelsize": 9.5,
}


class Style(NamedTuple):
    """A colour, a line style and a marker."""

    color: str
    line: Any
    marker: str


# The yellow of the palette is too faint for lines on white; a grey and a brown stand in for it.
STYLES = (
    Style("#000000", "-", "o"),
    Style("#D55E00", "-", "s"),
    Style("#0072B2", "--", "^"),
    Style("#009E73", "-.", "D"),
    Style("#CC79A7", (0, (5, 1)), "v"),
    Style("#E69F00", (0, (3, 1, 1, 1)), "P"),
    Style("#56B4E9", (0, (1, 1)), "X"),
    Style("#7F7F7F", (0, (6, 2, 1, 2, 1, 2)), "p"),
    Style("#8C510A", (0, (2, 2)), "*"),
)


def style_of(index: int) -> Style:
    """The style of the index-th of several curves or points; after nine they start again."""
    return STYLES[index % len(STYLES)]


def new_axes(width: float = 4.8, height: float = 4.8) -> Axes:
    """Axes on a new figure, which no window and no global state knows; sizes in inches."""
    import matplotlib
    from matplotlib.figure import Figure as NewFigure

    with matplotlib.rc_context(RC):
        return NewFigure(figsize=(width, height)).add_subplot()


def to_svg(figure: Figure) -> str:
    """The figure as an SVG element, without the XML and document type lines; the same bytes every time."""
    import matplotlib

    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with io.StringIO() as buffer, matplotlib.rc_context(RC), warnings.catch_warnings():
        # A name from the user's data may hold letters that the font lacks; they are drawn as boxes.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(buffer, format="svg", bbox_inches="tight", pad_inches=0.05, metadata=nothing)
        text = buffer.getvalue()
    return text[text.index("<svg") :]


def plain(text: str, length: int = 24) -> str:
    """Text that comes from data: shortened, and with no formula in it."""
    text = text if len(text) <= length else text[: length - 1] + "…"
    return text.replace("$", r"\$")
