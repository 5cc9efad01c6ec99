"""The page of a report: one HTML file without scripts, and with nothing from the network."""

from __future__ import annotations

from html import escape

import numpy as np

from ..comparison import compare
from ..errors import QuadmamlError
from .build import Report
from .checks import KINDS, TOLERANCE, Check
from .derivations import appendix
from .evidence import difference, held_out, why
from .formulas import mathml, weights
from .html import number, paragraphs, section, table
from .pictures import Picture
from .style import CSS
from .summary import answer, checks_in_words, in_sample, question, reasons

__all__ = ["page"]

SHOWN_TASKS = 40


def page(report: Report) -> str:
    """The whole page, as HTML that is well-formed XML too."""
    title = f"Meta-learning on {report.groups.source}"
    sections = [
        section("In short", *([_checked(report)] if report.failed else []), *_answers(report)),
        _warnings(report),
        section("Does the start pay on new tasks?", *held_out(report)),
        section("Why", *why(report)),
        section("Tasks", *_tasks(report)),
        section("Where each algorithm starts", *_starts(report)),
        section("On the tasks themselves", *_losses(report)),
        section("Pictures", *map(_figure, report.pictures)),
        section("Checks against the simulator", *_checks(report)),
        section("Formulas", *_formulas()),
        section("How this was made", *_making(report)),
        _derivations(report),
        *(section(each.title, each.html) for each in report.appendices),
    ]
    # A percent sign stays on the line of its number.
    body = "".join(sections).replace(" %", "&#160;%")
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8"/>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>\n'
        f"<title>{escape(title)}</title>\n<style>\n{CSS}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{escape(title)}</h1>\n{body}</main>\n</body>\n</html>\n"
    )


def _answers(report: Report) -> list[str]:
    first, *_ = answer(report)
    return [
        f"<p>{escape(question(report))}</p>",
        f'<p class="answer">{escape(first)}</p>',
        *paragraphs(reasons(report)),
        *([] if report.failed else [_checked(report)]),
    ]


def _checked(report: Report) -> str:
    """How the checks came out; at the head of the page where one failed, for then nothing else counts."""
    css = "failed" if report.failed else "passed"
    return f'<p class="{css}">{escape(checks_in_words(report))}</p>'


def _warnings(report: Report) -> str:
    texts = [*report.warnings, *report.notes]
    if not texts:
        return ""
    items = "".join(f"<li>{escape(text)}</li>" for text in texts)
    return section("Warnings", f'<ul class="warning">{items}</ul>')


def _derivations(report: Report) -> str:
    """The derivations behind the numbers; where the code does not do what is derived, that."""
    try:
        return appendix(each.algorithm for each in report.solutions if each.algorithm is not None)
    except QuadmamlError as error:
        return section("Derivations", f'<p class="failed">{escape(str(error))}</p>')


def _tasks(report: Report) -> list[str]:
    groups, settings = report.groups, report.settings
    largest, optima = np.linalg.eigvalsh(report.tasks.support.hessian)[:, -1], report.optima
    rows = []
    for i, (name, group) in enumerate(zip(groups.names[:SHOWN_TASKS], groups, strict=False)):
        optimum = ["none"] * report.tasks.dim if optima is None else [number(x, ".3f") for x in optima[i]]
        rows.append([escape(name), str(len(group[1])), str(len(group[3])), number(largest[i], "#.3g"), *optimum])
    more = len(groups) - len(rows)
    columns = (
        "are standardised to mean 0 and standard deviation 1 over all rows"
        if groups.intercept
        else ("are divided by their root mean square over all rows")
    )
    columns = columns if groups.standardised else "are as they come"
    text = (
        f"<p>Target: {escape(groups.target)}. Features: {escape(', '.join(groups.inputs))}. Target and features"
        f" {columns}{', and every task has an intercept' if groups.intercept else ''}. In each task the support is"
        f" {escape(groups.split)}, in the order of the file; the query is the rest.</p>"
        f"<p>The loss of a task is {mathml(_LOSS)} on its m rows, with ρ = {settings.ridge:g}.</p>"
    )
    head = ["task", "support rows", "query rows", "largest curvature"]
    head += [f"optimum: {escape(name)}" for name in groups.features]
    return [text, table(head, rows, "Tasks")] + ([f"<p>And {more} more, in results.json.</p>"] if more > 0 else [])


def _starts(report: Report) -> list[str]:
    groups = report.groups

    def rows(raw: bool) -> list[list[str]]:
        out = []
        for each in report.solutions:
            if each.theta is None:
                out.append([escape(each.name), *["none"] * report.tasks.dim])
                continue
            theta = groups.in_data_units(each.theta) if raw else each.theta
            out.append([escape(each.name), *(number(x, "#.4g" if raw else ".4f") for x in theta)])
        return out

    columns = ["start", *map(escape, groups.features)]
    kinds = [
        [*row, escape(each.note), number(each.condition, ".3g") if each.condition else ""]
        for row, each in zip(rows(raw=False), report.solutions, strict=True)
    ]
    in_units = [
        f"<p>The same in the units of the data, to predict {escape(groups.target)} from the columns as they are:</p>",
        table(columns, rows(raw=True), "Starts, in the units of the data"),
    ]
    return [
        "<p>Each algorithm's meta-gradient is an affine function of the start, and its fixed point, where the"
        " meta-gradient vanishes, is one solution of a linear system with a matrix M."
        f"{' Coefficients for standardised columns:' if groups.standardised else ''}</p>",
        table([*columns, "what it is", "condition of M"], kinds, "Starts, standardised"),
        *(in_units if groups.standardised else []),
    ]


def _losses(report: Report) -> list[str]:
    baseline = report.solutions[0]
    rows = []
    for each in report.solutions:
        before, after = (None if x is None else float(x.mean()) for x in (each.losses_before, each.losses))
        known = each is not baseline and each.losses is not None and baseline.losses is not None
        found = compare(each.losses, baseline.losses, comparisons=len(report.solutions) - 1) if known else None
        rows.append([escape(each.name), number(before), number(after), difference(found)])
    steps = report.settings.steps
    return [
        *paragraphs([in_sample(report)]),
        f"<p>Mean query loss over the tasks that made the starts, before and after {steps} steps of gradient descent of"
        f" size {report.settings.lr:.3g}, and the paired difference to joint training with its standard error.</p>",
        table(["start", "before adapting", f"after {steps} steps", "minus joint ± s.e."], rows, "Losses"),
    ]


def _figure(picture: Picture) -> str:
    label = f'<svg role="img" aria-label="{escape(picture.alt)}"'
    svg = f'<div class="picture">{picture.svg.replace("<svg", label, 1)}</div>\n' if picture.svg else ""
    caption = f"<strong>{escape(picture.title)}.</strong> {escape(picture.caption)}"
    return f"<figure>\n{svg}<figcaption>{caption}</figcaption>\n</figure>"


def _checks(report: Report) -> list[str]:
    by_place = {(each.algorithm, each.kind): each for each in report.checks}
    rows = [
        [escape(each.name), *(_verdict(by_place.get((each.name, kind))) for kind in KINDS)] for each in report.solutions
    ]
    meanings = "".join(f"<li>{escape(kind)}: {escape(text)}</li>" for kind, text in KINDS.items())
    return [
        _checked(report),
        "<p>The simulator knows no closed form: it adapts by taking steps, back-propagates through the steps taken, and"
        " walks the outer loop. Losses are computed from the rows of the data. Printed is the relative difference;"
        f" a check passes at {TOLERANCE:.0e} or less.</p>",
        table(["", *map(escape, KINDS)], rows, "Checks"),
        f"<ul>{meanings}</ul>",
    ]


def _verdict(check: Check | None) -> str:
    if check is None:
        return ""
    css, word = ("passed", "ok") if check.passed else ("failed", "FAILED")
    difference = "no number" if check.difference is None else number(check.difference, ".0e")
    return f'<span class="{css}">{difference} {word}</span>'


_LOSS = r"\frac{1}{2m} \lVert X\theta - y \rVert^2 + \frac{\rho}{2} \lVert \theta \rVert^2"
_FIELD = r"g(\theta) = \sum_i w_i J_i^\top (A_i^q \varphi_i - h_i^q) = M\theta - v"
_MAP = r"\varphi_i = P_i \theta + s_i"
_AVERAGE = r"\theta^\ast = \left(\sum_i w_i W(A_i)\right)^{-1} \sum_i w_i W(A_i) c_i"


def _formulas() -> list[str]:
    theta, phi, moved = mathml(r"\theta"), mathml(r"\varphi"), mathml(r"\theta - \varphi_i")
    alpha, strength, curvature = mathml(r"\alpha"), mathml(r"\lambda"), mathml("a")
    rows = [
        [escape(each.name), mathml("W(a) = " + each.latex.replace(r"\frac", r"\dfrac")), escape(each.remark)]
        for each in weights()
    ]
    return [
        f"<p>On a quadratic loss with gradient {mathml('A x - h')} an adapted point {phi} is an affine"
        f" function of the start {theta}, and so is the meta-gradient:</p>",
        f'<div class="scroll">{mathml(_MAP, block=True)}{mathml(_FIELD, block=True)}</div>',
        f"<p>q marks the query loss, {mathml('w_i')} is the weight of a task, and {mathml('J_i')} the Jacobian that the"
        f" algorithm keeps: {mathml('P_i')} for MAML, the identity for first-order MAML. Reptile and the Moreau"
        f" envelope follow {moved} instead. Where query and support are the same, the fixed"
        f" point is an average of the optima {mathml('c_i')}, weighted by curvature:</p>",
        f'<div class="scroll">{mathml(_AVERAGE, block=True)}</div>',
        f"<p>The weight of each algorithm, of a curvature {curvature}, is printed from the code that computes with"
        f" it. {alpha} is the step size, K the number of steps, m how many of them are back-propagated"
        f" through, {strength} the strength.</p>",
        table(["", "weight", ""], rows, "Weights"),
    ]


def _making(report: Report) -> list[str]:
    s, groups = report.settings, report.groups
    rows = [
        ["step size α of the adaptation", number(s.lr, ".6g")],
        ["number of its steps K", str(s.steps)],
        ["depth of truncated MAML, m", str(s.depth)],
        ["strength λ of iMAML and the Moreau envelope", number(s.strength, ".6g")],
        ["inexact iMAML: steps, and their size η", f"{s.inexact_steps}, {number(s.inexact_lr, '.6g')}"],
        ["ridge ρ", number(s.ridge, "g")],
    ]
    rows += [
        [f"{escape(name)}: mean, standard deviation", f"{number(mean, '.6g')}, {number(deviation, '.6g')}"]
        for name, (mean, deviation) in groups.scales.items()
    ]
    rows += [[escape(name), escape(number)] for name, number in report.versions.items()]
    return [
        "<p>Unless set by hand, α = 1/(2L), L the largest curvature of a support loss; λ = 1/(αK); and"
        " η = 1/(2(L + λ)). Beside this page, results.json holds all numbers and solutions.npz the arrays.</p>",
        table(["", ""], rows, "Settings"),
        *([f"<p>{escape(_GRUNFELD)}</p>"] if groups.source == "grunfeld.csv" else []),
    ]


_GRUNFELD = (
    "Data: Y. Grunfeld, The Determinants of Corporate Investment, 1958, as recreated by C. Kleiber and A. Zeileis, The"
    " Grunfeld Data at 50, 2010: 11 firms, 1935 to 1954, millions of dollars of 1947. Public domain."
)
