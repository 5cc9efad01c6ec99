"""The page of a report: one HTML file without scripts, and with nothing from the network."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

import numpy as np

from .build import Report
from .checks import KINDS, TOLERANCE, Check
from .formulas import mathml, weights
from .pictures import Picture
from .solve import Comparison, compare, raw_coefficients
from .style import CSS
from .summary import checks_in_words, in_short

__all__ = ["page"]

SHOWN_TASKS = 40


def page(report: Report) -> str:
    """The whole page, as HTML that is well-formed XML too."""
    title = f"Meta-learning on {report.groups.source}"
    sections = [
        _section("In short", *([_checked(report)] if report.failed else []), *_answers(report)),
        _warnings(report),
        _section("Tasks", *_tasks(report)),
        _section("Where each algorithm starts", *_starts(report)),
        _section("Does it help?", *_losses(report)),
        _section("Pictures", *map(_figure, report.pictures)),
        _section("Checks against the simulator", *_checks(report)),
        _section("Formulas", *_formulas()),
        _section("How this was made", *_making(report)),
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8"/>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>\n'
        f"<title>{escape(title)}</title>\n<style>\n{CSS}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{escape(title)}</h1>\n{''.join(sections)}</main>\n</body>\n</html>\n"
    )


def _answers(report: Report) -> list[str]:
    *answers, _ = in_short(report)
    return [*(f"<p>{escape(text)}</p>" for text in answers), *([] if report.failed else [_checked(report)])]


def _checked(report: Report) -> str:
    """How the checks came out; at the head of the page where one failed, for then nothing else counts."""
    css = "failed" if report.failed else "passed"
    return f'<p class="{css}">{escape(checks_in_words(report))}</p>'


def _section(title: str, *parts: str) -> str:
    return f"<section>\n<h2>{escape(title)}</h2>\n" + "\n".join(parts) + "\n</section>\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], name: str) -> str:
    """A table of ready HTML cells that scrolls by itself where the page is narrow; the first cell names the row."""
    lines = list(rows)
    top = "".join(_cell("th", *column) for column in zip(head, *lines, strict=True))
    body = "".join(
        f'<tr><th scope="row">{first}</th>{"".join(_cell("td", cell) for cell in rest)}</tr>\n'
        for first, *rest in lines
    )
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(name)}"><table>\n'
        f"<thead><tr>{top}</tr></thead>\n<tbody>\n{body}</tbody>\n</table></div>"
    )


def _cell(tag: str, content: str, *below: str) -> str:
    """A cell of a table; words and formulas stand to the left, numbers to the right, a heading as what is below it."""
    cells = below or (content,)
    left = any(each.startswith("<math") or (each[:1].isalpha() and each != "none") for each in cells)
    scope = ' scope="col"' if tag == "th" else ""
    css = ' class="words"' if left else ""
    return f"<{tag}{scope}{css}>{content}</{tag}>"


def _number(value: float | None, form: str = "#.4g") -> str:
    if value is None:
        return "none"
    return format(value, form).removesuffix(".").replace("-", "\N{MINUS SIGN}")


def _warnings(report: Report) -> str:
    if not report.warnings:
        return ""
    items = "".join(f"<li>{escape(text)}</li>" for text in report.warnings)
    return _section("Warnings", f'<ul class="warning">{items}</ul>')


def _tasks(report: Report) -> list[str]:
    groups, settings = report.groups, report.settings
    largest, optima = np.linalg.eigvalsh(report.tasks.support.hessian)[:, -1], report.optima
    rows = []
    for i, (name, group) in enumerate(zip(groups.names[:SHOWN_TASKS], groups, strict=False)):
        optimum = ["none"] * report.tasks.dim if optima is None else [_number(x, ".3f") for x in optima[i]]
        rows.append([escape(name), str(len(group[1])), str(len(group[3])), _number(largest[i], "#.3g"), *optimum])
    more = len(groups) - len(rows)
    text = (
        f"<p>Target: {escape(groups.target)}. Features: {escape(', '.join(groups.features[1:]))}. Target and features"
        " are standardised to mean 0 and standard deviation 1 over all rows, and every task has an intercept. In each"
        " task the first rows, in the order of the file, are the support, the others the query.</p>"
        f"<p>The loss of a task is {mathml(_LOSS)} on its m rows, with ρ = {settings.ridge:g}; a loss of ½ is that of"
        " always answering the overall mean, on average.</p>"
    )
    head = ["task", "support rows", "query rows", "largest curvature"]
    head += [f"optimum: {escape(name)}" for name in groups.features]
    table = _table(head, rows, "Tasks")
    return [text, table] + ([f"<p>And {more} more, in results.json.</p>"] if more > 0 else [])


def _starts(report: Report) -> list[str]:
    groups = report.groups

    def rows(raw: bool) -> list[list[str]]:
        out = []
        for each in report.solutions:
            if each.theta is None:
                out.append([escape(each.name), *["none"] * report.tasks.dim])
                continue
            theta = raw_coefficients(each.theta, groups) if raw else each.theta
            out.append([escape(each.name), *(_number(x, "#.4g" if raw else ".4f") for x in theta)])
        return out

    columns = ["start", *map(escape, groups.features)]
    kinds = [
        [*row, escape(each.note), _number(each.condition, ".3g") if each.condition else ""]
        for row, each in zip(rows(raw=False), report.solutions, strict=True)
    ]
    return [
        "<p>Each algorithm's meta-gradient is an affine function of the start, and its fixed point, where the"
        " meta-gradient vanishes, is one solution of a linear system with a matrix M. Coefficients for standardised"
        " columns:</p>",
        _table([*columns, "what it is", "condition of M"], kinds, "Starts, standardised"),
        f"<p>The same in the units of the data, to predict {escape(groups.target)} from the columns as they are:</p>",
        _table(columns, rows(raw=True), "Starts, in the units of the data"),
    ]


def _losses(report: Report) -> list[str]:
    baseline = report.solutions[0]
    rows = []
    for each in report.solutions:
        row = [escape(each.name)]
        for field in ("losses_before", "losses", "held_out"):
            losses = getattr(each, field)
            row.append(_number(None if losses is None else float(losses.mean())))
            if field != "losses_before":
                row.append(_against(None if each is baseline else compare(each, baseline, field)))
        rows.append(row)
    steps = report.settings.steps
    head = ["start", "before adapting", f"after {steps} steps", "minus joint ± s.e."]
    head += ["left out", "minus joint ± s.e."]
    return [
        f"<p>Mean query loss over tasks, before and after {steps} steps of gradient descent from each start. Under"
        " “left out” each task starts from what the other tasks give, so that it has no part in choosing its"
        " start. The difference is the mean over tasks of the loss minus that of joint training, with its standard"
        " error; beyond two standard errors it is printed bold.</p>",
        _table(head, rows, "Losses"),
    ]


def _against(comparison: Comparison | None) -> str:
    if comparison is None:
        return ""
    error = comparison.standard_error
    text = _number(comparison.mean, "+#.2g") + (f" ± {_number(error, '#.2g')}" if error is not None else "")
    return f"<strong>{text}</strong>" if comparison.clear else text


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
        _table(["", *map(escape, KINDS)], rows, "Checks"),
        f"<ul>{meanings}</ul>",
    ]


def _verdict(check: Check | None) -> str:
    if check is None:
        return ""
    css, word = ("passed", "ok") if check.passed else ("failed", "FAILED")
    difference = "no number" if check.difference is None else _number(check.difference, ".0e")
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
        _table(["", "weight", ""], rows, "Weights"),
    ]


def _making(report: Report) -> list[str]:
    s, groups = report.settings, report.groups
    rows = [
        ["step size α of the adaptation", _number(s.lr, ".6g")],
        ["number of its steps K", str(s.steps)],
        ["steps that truncated MAML back-propagates through, m", str(s.depth)],
        ["strength λ of iMAML and the Moreau envelope", _number(s.strength, ".6g")],
        ["inexact iMAML: steps, and their size η", f"{s.inexact_steps}, {_number(s.inexact_lr, '.6g')}"],
        ["ridge ρ", _number(s.ridge, "g")],
    ]
    rows += [
        [f"{escape(name)}: mean, standard deviation", f"{_number(mean, '.6g')}, {_number(deviation, '.6g')}"]
        for name, (mean, deviation) in groups.scales.items()
    ]
    rows += [[escape(name), escape(number)] for name, number in report.versions.items()]
    return [
        "<p>Unless set by hand, α = 1/(2L), L the largest curvature of a support loss; λ = 1/(αK); and"
        " η = 1/(2(L + λ)). Beside this page, results.json holds all numbers and solutions.npz the arrays.</p>",
        _table(["", ""], rows, "Settings"),
        *([f"<p>{escape(_GRUNFELD)}</p>"] if groups.source == "grunfeld.csv" else []),
    ]


_GRUNFELD = (
    "Data: Y. Grunfeld, The Determinants of Corporate Investment, 1958, as recreated by C. Kleiber and A. Zeileis, The"
    " Grunfeld Data at 50, 2010: 11 firms, 1935 to 1954, millions of dollars of 1947. Public domain."
)
