"""Figures for papers: size and type of the venue, nothing cut off, fonts embedded, the same bytes, nothing global."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
import zlib

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.mathtext import MathTextParser
from matplotlib.text import Text
from matplotlib.transforms import Bbox

import quadmaml as qm
from quadmaml import plots
from quadmaml.plots import FIGURES, VENUES, PaperFigure, Table, compose, render, venue_of
from quadmaml.plots.contours import contour_table
from quadmaml.plots.gallery.examples import algorithms, two_tasks
from quadmaml.plots.gallery.regions import region_table
from quadmaml.plots.paper import FORMATS
from quadmaml.plots.plane import draw_plane, plane_table
from tests.plots.pixels import data, figure_of

each_figure = pytest.mark.parametrize("name", FIGURES)
PLACES = [(venue, width) for venue, place in VENUES.items() for width in ("column", "text")]
PLACES = [(venue, width) for venue, width in PLACES if width == "column" or VENUES[venue].text > VENUES[venue].column]
# Every place is tried with -m slow; the narrowest and the flattest always.
TRIED = [
    pytest.param(*place, marks=() if place in [("icml", "column"), ("beamer", "column")] else pytest.mark.slow)
    for place in PLACES
]


def drawn(name, venue, width="column"):
    place = venue_of(venue)
    with matplotlib.rc_context(place.rc()):
        return compose(FIGURES[name], data(name), place.width(width), place.height)


def smallest_type(text):
    """The size in points of the smallest glyph, superscripts included."""
    if "$" not in text.get_text():
        return text.get_fontsize()
    glyphs = MathTextParser("path").parse(text.get_text(), 72, FontProperties(size=text.get_fontsize())).glyphs
    return min(glyph[1] for glyph in glyphs)


def words(figure):
    """The words that are drawn (matplotlib also keeps ticks beyond the ends of an axis), and where, in pixels."""
    seen = {}
    draw = Text.draw

    def recorded(text, renderer):
        if text.get_visible() and text.get_text().strip():
            seen[text] = text.get_window_extent(renderer)
        draw(text, renderer)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Text, "draw", recorded)
        figure.savefig(io.BytesIO(), format="png", dpi=figure.dpi)
    return list(seen.items())


@each_figure
@pytest.mark.parametrize(("venue", "width"), TRIED)
def test_words_are_large_enough_whole_and_apart(name, venue, width):
    with matplotlib.rc_context(VENUES[venue].rc()):
        figure = drawn(name, venue, width)
        found = words(figure)
        small = {text.get_text(): smallest_type(text) for text, _ in found if smallest_type(text) < 6}
    assert small == {}
    page = figure.bbox.padded(1)
    outside = [text.get_text() for text, box in found if not page.containsx(box.x0) or not page.containsx(box.x1)]
    outside += [text.get_text() for text, box in found if not page.containsy(box.y0) or not page.containsy(box.y1)]
    assert outside == []
    upright = [(text, box) for text, box in found if text.get_rotation() in (0, 90)]
    together = [
        (a.get_text(), b.get_text())
        for i, (a, first) in enumerate(upright)
        for b, second in upright[:i]
        if overlap(first, second) > 0.08 * min(first.width * first.height, second.width * second.height)
    ]
    assert together == []


def overlap(first, second):
    both = Bbox.intersection(first, second)
    return 0.0 if both is None else both.width * both.height


def test_twin_words_cut_off_or_too_small_or_together_are_caught():
    def panel(table, ax):
        ax.plot([0, 1], [0, 1])
        ax.text(0.2, 0.5, "one", fontsize=5)
        ax.text(0.21, 0.5, "two")
        ax.text(1.0, 0.5, "three" * 9, in_layout=False)

    figure = PaperFigure("x", "x", "x", "x", lambda: Table({"x": [0.0]}), (panel,))
    with matplotlib.rc_context(VENUES["icml"].rc()):
        made = compose(figure, figure.data(), 3.25)
        drawn_words = words(made)
        assert min(smallest_type(text) for text, _ in drawn_words) == 5
    found = {text.get_text(): box for text, box in drawn_words}
    assert overlap(found["one"], found["two"]) > 0
    assert found["three" * 9].x1 > made.bbox.x1


def test_superscripts_count():
    assert smallest_type(Text(text="$10^{-3}$", fontsize=8)) == pytest.approx(5.6)
    assert smallest_type(Text(text="$10^{-3}$", fontsize=8.6)) >= 6


@each_figure
def test_curves_of_a_panel_differ_in_more_than_colour(name):
    for ax in figure_of(name).axes:
        named = [line for line in ax.lines if not line.get_label().startswith("_")]
        looks = [(str(line._dash_pattern), line.get_linestyle(), line.get_linewidth()) for line in named]
        markers = [line.get_marker() for line in named]
        hollow = [line.get_markerfacecolor() == "none" for line in named]
        assert len(set(zip(looks, markers, hollow, strict=True))) == len(named)


@pytest.mark.parametrize("venue", VENUES)
def test_a_figure_is_as_wide_as_the_venue_says_and_not_higher_than_it_allows(venue):
    place = VENUES[venue]
    for width in ("column", "text"):
        pdf = render(FIGURES["weights"], data("weights"), venue, width)
        size = [float(x) / 72 for x in re.search(rb"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]", pdf).groups()]
        assert size[0] == pytest.approx(place.width(width), abs=1e-3)
        assert size[1] <= place.height
    assert place.source


def test_widths_are_those_of_the_templates():
    widths = {name: (round(each.column, 2), round(each.text, 2)) for name, each in VENUES.items()}
    assert widths == {
        "neurips": (5.5, 5.5),
        "icml": (3.25, 6.75),
        "jmlr": (6.0, 6.0),
        "ieee": (3.49, 7.14),
        "beamer": (4.25, 5.51),
    }


@pytest.mark.parametrize("format", ["pdf", "svg", "png"])
@pytest.mark.parametrize("name", ["plane", "curvature"])
def test_the_same_bytes_every_time(name, format):
    first, second = (render(FIGURES[name], data(name), "ieee", format=format) for _ in range(2))
    assert first == second


def test_the_same_bytes_in_another_process():
    code = (
        "import hashlib; from quadmaml.plots import FIGURES, render; f = FIGURES['weights']\n"
        "for each in ('pdf', 'svg', 'png'):\n"
        "    print(hashlib.sha256(render(f, f.data(), 'icml', format=each)).hexdigest())"
    )
    runs = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True) for _ in range(2)]
    assert runs[0].stdout == runs[1].stdout


def streams(pdf):
    """The objects of a PDF, with its streams inflated."""
    found = [pdf]
    for part in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.S):
        try:
            found.append(zlib.decompress(part))
        except zlib.error:
            continue
    return b"\n".join(found)


@pytest.mark.parametrize("venue", VENUES)
def test_fonts_are_embedded_as_truetype(venue):
    text = streams(render(FIGURES["regularised"], data("regularised"), venue))
    fonts = len(re.findall(rb"/Type /FontDescriptor", text))
    assert fonts >= 1
    assert len(re.findall(rb"/FontFile2", text)) == fonts
    assert b"/Type3" not in text


def test_an_svg_needs_no_fonts_and_is_well_formed():
    svg = render(FIGURES["memory"], data("memory"), format="svg")
    ET.fromstring(svg)
    assert b"<text" not in svg
    assert b"dc:date" not in svg


def test_nothing_global_is_set_and_pyplot_stays_out():
    before = dict(matplotlib.rcParams)
    for venue in VENUES:
        render(FIGURES["spectra"], data("spectra"), venue)
    assert dict(matplotlib.rcParams) == before
    code = (
        "import sys; from quadmaml.plots import FIGURES, render; f = FIGURES['weights']\n"
        "render(f, f.data()); sys.exit('matplotlib.pyplot' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@each_figure
def test_a_figure_says_what_it_is(name):
    figure = FIGURES[name]
    assert figure.name == name
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", name)
    assert figure.title
    assert figure.caption.endswith(".")
    assert figure.illustrates.endswith(".")
    assert "  " not in figure.caption
    assert re.search(r"(?<!\\)[%#&]", figure.caption) is None, "the caption is LaTeX"
    assert figure.caption.count("$") % 2 == 0


@each_figure
def test_panels_draw_on_the_axes_of_the_caller_and_from_the_table_alone(name):
    figure = FIGURES[name]
    table = data(name)
    read_back = Table({column: values.copy() for column, values in table.columns.items()})
    for panel in figure.panels:
        ax = Figure().add_subplot()
        panel(read_back, ax)
        assert ax.has_data()


@pytest.mark.slow
def test_the_whole_gallery_takes_less_than_two_minutes():
    start = time.perf_counter()
    for figure in FIGURES.values():
        for venue in VENUES:
            render(figure, figure.data(), venue)
    assert time.perf_counter() - start < 120


def test_wrong_choices_are_refused():
    figure, table = FIGURES["weights"], FIGURES["weights"].data()
    with pytest.raises(qm.InputError, match="venue: got 'nature'; expected one of neurips"):
        render(figure, table, "nature")
    with pytest.raises(qm.InputError, match="width: got 'page'; expected one of column, text"):
        render(figure, table, width="page")
    with pytest.raises(qm.InputError, match="format: got 'gif'; expected one of pdf, svg, png, pgf"):
        render(figure, table, format="gif")
    assert FORMATS == ("pdf", "svg", "png", "pgf")


def test_wrong_objects_are_refused():
    one, line = qm.Quadratic([[1.0]], [0.0]), qm.Tasks.from_minimizers([[[1.0]], [[3.0]]], [[0.0], [4.0]])
    with pytest.raises(qm.InputError, match=r"f: got a linear part of shape \(1,\); expected \(2,\)"):
        plots.gradients(one, at=[0.5])
    with pytest.raises(qm.InputError, match=r"f: got a linear part of shape \(1,\); expected \(2,\)"):
        contour_table(one, ((0.0, 1.0), (0.0, 1.0)), [0.5])
    with pytest.raises(qm.InputError, match="tasks: got 2 tasks of dimension 1; expected two of dimension 2"):
        plots.fixed_point_paths(line, {"iMAML": (qm.IMAML, [1.0])})
    with pytest.raises(qm.InputError, match="tasks: got 1; expected two"):
        plots.pareto_fronts(line[:1], {"K": GD}, {}, [0.5])


GD = qm.GradientDescent(0.2, 3)
ONE, TWO = two_tasks().support[0], two_tasks()
KIND = {"a": lambda lr, steps: qm.MAML(qm.GradientDescent(lr, steps))}
OF_K = lambda k: qm.GradientDescent(0.2, k)  # noqa: E731
BAD = {
    "algorithms: is empty": lambda: plots.curvature_weights({}, 5.0),
    r"algorithms: got \[Joint": lambda: plots.curvature_weights([qm.Joint()], 5.0),
    "algorithms: got 3": lambda: plots.spectra(TWO, 3),
    "algorithm: got 3": lambda: plots.pareto_fronts(TWO, {"K": GD}, {"a": 3}, [0.5]),
    "largest: got 'x'": lambda: plots.curvature_weights(algorithms(), "x"),
    "tasks: got int": lambda: plots.spectra(3, algorithms()),
    "starts: is empty": lambda: plots.fine_tuning(TWO, {}, OF_K, 3),
    "steps: got -1": lambda: plots.fine_tuning(TWO, {"a": [0.0, 0.0]}, OF_K, -1),
    "inner_of_k: got 3": lambda: plots.fine_tuning(TWO, {"a": [0.0, 0.0]}, 3, 3),
    "task: got 'task 3'; expected one of mean, task 1, task 2": lambda: plots.fine_tuning(
        TWO, {"a": [0.0, 0.0]}, OF_K, 3, task="task 3"
    ),
    "loops: is empty": lambda: plots.memory(ONE, {}, 3),
    "loops: got 3": lambda: plots.pareto_fronts(TWO, 3, {}, [0.5]),
    "runs: is empty": lambda: plots.fixed_point_paths(TWO, {}),
    "runs: got .* for a; expected a pair": lambda: plots.fixed_point_paths(TWO, {"a": qm.IMAML}),
    "against: got 'x'; expected one of lr, steps": lambda: plots.first_order_bias(TWO, [0.1], [1], "x"),
    "quantity: got 'x'; expected one of condition, rate": lambda: plots.conditioning(
        TWO, KIND, [0.1], [1], quantity="x"
    ),
    "steps: got 2 values; expected one, for the axis is lr": lambda: plots.conditioning(TWO, KIND, [0.1, 0.2], [1, 2]),
    "lrs: got 2 values; expected one, for the axis is steps": lambda: plots.conditioning(
        TWO, KIND, [0.1, 0.2], [1, 2], "steps"
    ),
    r"strengths: got \[\]; expected at least one value": lambda: plots.solver_error(TWO, np.ones(2), [], 3),
    "steps: got -2": lambda: plots.meta_gradient_error(TWO, np.ones(2), [1.0], 0.2, -2),
    "f: got int": lambda: plots.gradients(3, [0.0, 0.0]),
    "high: got 1.0; expected a number above low, 1.0": lambda: plots.gradient_error(ONE, [0.0, 0.0], 1.0, 1.0),
    r"x: got \[1.0\]; expected at least two values": lambda: plots.region_map(max, [1.0], [1.0, 2.0]),
    "margin: got 3": lambda: plots.region_map(3, [1.0, 2.0], [1.0, 2.0]),
    "follow: got 'x'": lambda: plots.plane(TWO, algorithms(), "x"),
    "ax: got 3": lambda: plots.spectra(TWO, algorithms(), ax=3),
    "ax: got 4": lambda: plots.plane(TWO, algorithms(), "MAML", ax=4),
    "ax: got 5": lambda: plots.adaptation_curve(TWO, {"a": [0.0, 0.0]}, OF_K, 3, ax=5),
}


@pytest.mark.parametrize(("words", "draw"), BAD.items(), ids=BAD)
def test_bad_input_is_refused_in_one_line(words, draw):
    with pytest.raises(qm.InputError, match=f"^{words}") as caught:
        draw()
    assert "\n" not in str(caught.value)


def test_a_region_map_has_its_values_where_their_coordinates_are():
    """Also for descending values; where there is no fixed point it stays white, and says so."""
    shown = plots.region_map(lambda x, y: 10 * x + y, [2.0, 1.0, -1.0], [0.0, 1.0, 3.0])
    (filled, _, *_) = shown.collections
    failing, holding = (path.get_extents() for path in filled.get_paths()[:2])
    assert failing.x0 == -1.0
    assert holding.x1 == 2.0

    def near(x, y):
        if x == y:
            raise qm.SingularError("none", 0, None)
        return x - y

    ax = plots.region_map(near, [1.0, 2.0, 3.0], [1.0, 2.0, 3.0])
    assert ax.get_legend_handles_labels()[1] == ["holds", "fails", "undecided"]
    legend = ax.figure.legends[0]
    assert [handle.get_hatch() for handle in legend.legend_handles] == [None, "////", None]
    holds = region_table(near, [1.0, 2.0, 3.0], [1.0, 2.0, 3.0])["holds"]
    assert holds.tolist() == [-1, 1, 1, 0, -1, 1, 0, 0, -1]


def test_arrows_at_the_edge_are_whole():
    ax = plots.gradients(qm.Quadratic.from_gradient(np.eye(2), [1.0, 0.5], at=[0.5, 0.5]), at=[0.5, 0.5])
    assert [arrows.get_clip_on() for arrows in ax.collections[1:]] == [False, False]


def test_a_start_at_the_optimum_is_drawn():
    assert plots.regularised_loss(ONE, ONE.minimizer(), [1.0, 2.0], shown=1.0).has_data()


def test_the_names_of_solvers_are_in_the_legend():
    names = plots.solver_error(TWO, np.ones(2), [1.0], 3).get_legend_handles_labels()[1]
    assert names == [r"$\lambda = 1$, CG", r"$\lambda = 1$, Neumann"]


ON_AXES = {
    "curvature_weights": lambda ax: plots.curvature_weights(algorithms(), 5.0, ax=ax),
    "fine_tuning": lambda ax: plots.fine_tuning(
        two_tasks(), {"a": [1.0, 1.0]}, lambda k: qm.GradientDescent(0.2, k), 4, ax=ax
    ),
    "fixed_point_paths": lambda ax: plots.fixed_point_paths(two_tasks(), {"iMAML": (qm.IMAML, [9.0, 1.0])}, ax=ax),
    "pareto_fronts": lambda ax: plots.pareto_fronts(two_tasks(), {"K": GD}, algorithms(), [0.2, 0.8], ax=ax),
    "first_order_bias": lambda ax: plots.first_order_bias(two_tasks(), [0.1, 0.2], [1], "steps", ax=ax),
    "conditioning": lambda ax: plots.conditioning(
        two_tasks(), {"MAML": lambda lr, steps: qm.MAML(qm.GradientDescent(lr, steps))}, [0.1, 0.2], [2], ax=ax
    ),
    "meta_gradient_error": lambda ax: plots.meta_gradient_error(two_tasks(), np.ones(2), [1.0], 0.2, 9, ax=ax),
    "solver_error": lambda ax: plots.solver_error(two_tasks(), np.ones(2), [1.0], 9, ax=ax),
    "gradients": lambda ax: plots.gradients(two_tasks().support[0], [0.5, 0.5], ax=ax),
    "gradient_error": lambda ax: plots.gradient_error(two_tasks().support[0], [0.5, 0.5], ax=ax),
    "regularised_loss": lambda ax: plots.regularised_loss(two_tasks().support[0], [2.0, 1.0], [0.1, 9.0], 1.0, ax=ax),
    "memory": lambda ax: plots.memory(two_tasks().support[0], {"GD": lambda k: qm.GradientDescent(0.2, k)}, 4, ax=ax),
    "region_map": lambda ax: plots.region_map(lambda x, y: x - y, [0.0, 1.0, 2.0], [0.0, 1.0, 2.0], ax=ax),
    "spectra": lambda ax: plots.spectra(two_tasks(), algorithms(), ax=ax),
}


@pytest.mark.parametrize("draw", ON_AXES.values(), ids=ON_AXES)
def test_axes_of_the_caller_are_used_and_others_made(draw):
    ax = Figure().add_subplot()
    assert draw(ax) is ax
    assert ax.has_data()
    named = ax.get_legend_handles_labels()[1]
    assert (ax.get_legend() is not None) == bool(named)
    own = draw(None)
    assert own is not ax
    own.figure.savefig(io.BytesIO(), format="png", dpi=50)


def test_two_tasks_of_one_name_keep_their_contours():
    table = FIGURES["plane"].data()
    same = plane_table(two_tasks(), algorithms(), "MAML", names=("a", "a"))
    ax, other = Figure().add_subplot(), Figure().add_subplot()
    draw_plane(table, ax)
    draw_plane(same, other)
    assert [line.get_color() for line in ax.lines] == [line.get_color() for line in other.lines]


def test_tables():
    one, two = Table({"name": "a", "x": [1.0, 2.0]}), Table({"x": [3.0], "y": [np.nan]})
    both = Table.stack([one, two])
    assert both.csv() == "name,x,y\na,1.0,\na,2.0,\n,3.0,\n"
    assert both.where(name="a", x=2.0).one("x") == 2.0
    assert [name for name, _ in both.split("name")] == ["a", ""]
    with pytest.raises(qm.InputError, match="columns: got shapes"):
        Table({"x": [1.0], "y": [1.0, 2.0]})
    with pytest.raises(qm.InputError, match="name: got 'z'; expected one of name, x, y"):
        both["z"]
    with pytest.raises(qm.InputError, match="has 3 rows; expected one"):
        both.one("x")
