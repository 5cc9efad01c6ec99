"""One look for all pictures: Okabe-Ito colours, each with a line style and a marker of its own; deterministic SVG."""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from ..arrays import Array
from ..errors import InputError

if TYPE_CHECKING:
    from .table import Table

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
    """The style of the index-th of several curves or points; after nine they start again.

    Examples
    --------
    >>> style_of(2).color, style_of(2).line, style_of(2).marker
    ('#0072B2', '--', '^')
    """
    return STYLES[index % len(STYLES)]


def new_axes(width: float = 4.8, height: float = 4.8) -> Axes:
    """Axes on a new figure, which no window and no global state knows; sizes in inches.

    Examples
    --------
    >>> new_axes(3.25, 2.0).figure.get_size_inches().tolist()
    [3.25, 2.0]
    """
    import matplotlib
    from matplotlib.figure import Figure as NewFigure

    with matplotlib.rc_context(RC):
        return NewFigure(figsize=(width, height)).add_subplot()


def to_svg(figure: Figure) -> str:
    """The figure as an SVG element, without the XML and document type lines; the same bytes every time.

    Examples
    --------
    >>> to_svg(new_axes(3.25, 2.0).figure)[:4]
    '<svg'
    """
    import matplotlib

    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with io.StringIO() as buffer, matplotlib.rc_context(RC), warnings.catch_warnings():
        # A name from the user's data may hold letters that the font lacks; they are drawn as boxes.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(buffer, format="svg", bbox_inches="tight", pad_inches=0.05, metadata=nothing)
        text = buffer.getvalue()
    return text[text.index("<svg") :]


def drawn(panel: Callable[[Table, Axes], Axes], table: Table, ax: Axes) -> Axes:
    """Draw a table on the caller's axes in the caller's settings, or on a new figure in ours, with a legend."""
    import matplotlib

    if ax is not None:
        panel(table, check_axes(ax))
        add_legend(ax)
        return ax
    with matplotlib.rc_context(RC):
        ax = new_axes(4.8, 3.6)
        ax.figure.set_layout_engine("constrained")
        panel(table, ax)
        outside_legend(ax.figure)
    return ax


def check_axes(ax: Any) -> Axes:
    """Return ``ax`` if it is matplotlib's Axes, else raise InputError."""
    from matplotlib.axes import Axes as OfMatplotlib

    if not isinstance(ax, OfMatplotlib):
        raise InputError(f"ax: got {ax!r}; expected Axes of matplotlib, or None")
    return ax


def add_legend(ax: Axes) -> None:
    """A legend inside the axes, where something is named."""
    if ax.get_legend_handles_labels()[1]:
        ax.legend()


def outside_legend(figure: Figure) -> Any:
    """One legend below all panels, each name once, in as many columns as fit; None if nothing is named."""
    named: dict[str, Any] = {}
    for ax in figure.axes:
        for handle, label in zip(*ax.get_legend_handles_labels(), strict=True):
            named.setdefault(label, handle)
    for columns in range(min(len(named), 5), 0, -1):
        if columns > 1 and columns != -(-len(named) // -(-len(named) // columns)):
            continue  # another number of columns has as few rows, and fuller ones
        legend = figure.legend(
            named.values(),
            named.keys(),
            loc="outside lower center",
            ncols=columns,
            handlelength=2.6,
            columnspacing=1.2,
            borderaxespad=0.1,
            frameon=False,
        )
        if legend.get_window_extent().width <= 0.98 * figure.bbox.width or columns == 1:
            return legend
        legend.remove()
    return None


def line(ax: Axes, x: Array, y: Array, index: int, label: str | None = None, markers: int = 6) -> None:
    """A curve in the index-th style, with about so many markers, shifted so that those of equal curves all show."""
    style, apart = style_of(index), max(1, len(x) // markers)
    ax.plot(
        x,
        y,
        color=style.color,
        linestyle=style.line,
        marker=style.marker,
        markevery=(index * max(1, apart // 4) % apart, apart),
        markeredgewidth=0.0,
        label=label,
    )


def log_axis(axis: Any) -> None:
    """Make an axis logarithmic; ticks are plain numbers where they are few and short, else powers of ten."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axis._set_axes_scale("log")
    low, high = axis.get_view_interval()
    if high <= 1e4 * low and low >= 1e-3 and high <= 1e5:
        decades = math.log10(high / low)
        subs = (1.0,) if decades > 2.3 else (1.0, 3.0) if decades > 1.1 else (1.0, 2.0, 3.0, 5.0)
        axis.set_major_locator(LogLocator(subs=subs))
        axis.set_major_formatter(FuncFormatter(lambda x, place: f"${x:g}$"))
    else:
        axis.set_major_formatter(FuncFormatter(lambda x, place: f"$10^{{{round(math.log10(x))}}}$"))
    axis.set_minor_formatter(NullFormatter())


def plain(text: str, length: int = 24) -> str:
    """Text that comes from data: shortened, and with no formula in it."""
    text = text if len(text) <= length else text[: length - 1] + "…"
    return text.replace("$", r"\$")
