r"""A derivation on the page: LaTeX, Markdown, HTML with MathML, and plain text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from typing import Protocol

from .notation import latex_symbols, unicode_name
from .printing import mathml
from .steps import Step
from .verdicts import Status, Verdict

__all__ = ["Shown", "html", "latex", "markdown", "prose", "said", "text"]


class Shown(Protocol):
    """What is shown of a derivation."""

    @property
    def name(self) -> str:
        """A short name."""

    @property
    def title(self) -> str:
        """What is derived, in words."""

    @property
    def steps(self) -> tuple[Step, ...]:
        """The lines."""

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What the steps rest on."""

    def chains(self) -> Iterator[list[Step]]:
        """The lines from each definition up to the next."""


# About how many characters fit on a line of LaTeX.
ROOM = 78


def said(verdict: Verdict | None) -> str:
    """A verdict in a few words, never more than it says.

    Examples
    --------
    >>> from quadmaml.proofs.verdicts import Status
    >>> said(Verdict(Status.CERTIFIED, "d <= 5", 1e-12))
    'CERTIFIED: d <= 5; a false equation passes with probability <= 1.0e-12'
    """
    if verdict is None:
        return ""
    bound = verdict.failure_bound
    chance = "" if bound is None else f"; a false equation passes with probability <= {bound:.1e}"
    return f"{verdict.status.value}: {verdict.scope}{chance}"


# LaTeX


def latex(derivation: Shown) -> str:
    r"""Assumptions as a sentence, each chain as an ``align*``, and what was shown of which step."""
    parts = [_sentence("Assumptions: " + "; ".join(derivation.assumptions)) + "\n"] if derivation.assumptions else []
    for first, *rest in derivation.chains():
        lead = "Assumed" if first.kind == "hypothesis" else "Given"
        parts += [f"{lead}: {prose(first.reason)}.", _aligned(first, rest)]
    checked = _checked(derivation)
    return "\n".join([*parts, _sentence("Checked: " + "; ".join(checked))] if checked else parts)


def _sentence(words: str) -> str:
    return prose(words).removesuffix(".") + "."


def _checked(derivation: Shown) -> list[str]:
    """Which steps have which verdict, with the largest bound among them."""
    verdicts = [step.verdict for step in derivation.steps if step.verdict is not None]
    alike: dict[tuple[Status, str], list[int]] = {}
    for place, verdict in enumerate(verdicts):
        alike.setdefault((verdict.status, verdict.scope), []).append(place)
    return [
        f"step{'s' if len(places) > 1 else ''} {', '.join(str(place + 1) for place in places)} "
        + said(max((verdicts[place] for place in places), key=lambda each: each.failure_bound or 0))
        for places in alike.values()
    ]


def _aligned(first: Step, rest: list[Step]) -> str:
    """The expressions below one another, all reasons beside them if there is room, else each below its own."""
    start = first.expression.latex()
    if first.kind == "hypothesis" or not rest:
        return f"\\begin{{align*}}\n  {start}{' = 0' if first.kind == 'hypothesis' else ''}\n\\end{{align*}}"
    formulas, reasons = max(_width(step.latex()) for step in rest), max(_width(step.reason) for step in rest)
    if _width(start) + formulas + reasons <= ROOM:
        lines = [f"{start if not i else ''} &{step.latex()} && {_lines(step.reason)[0]}" for i, step in enumerate(rest)]
    elif _width(start) + formulas <= ROOM and len(rest) == 1:
        lines = [f"& {start} {rest[0].latex()}", *(rf"& \qquad {line}" for line in _lines(rest[0].reason))]
    else:
        lines = [f"& {start}"]
        for step in rest:
            lines += [rf"& \quad {step.latex()}", *(rf"& \qquad \qquad {line}" for line in _lines(step.reason))]
    return "\\begin{align*}\n  " + " \\\\\n  ".join(lines) + "\n\\end{align*}"


def _lines(reason: str, room: int = ROOM) -> list[str]:
    """A reason in brackets, broken into lines of at most so many characters."""
    words, lines = re.findall(r"[^\s$]*\$[^$]*\$\S*|\S+", f"({reason})"), [""]
    for word in words:
        longer = f"{lines[-1]} {word}".strip()
        if _width(longer) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return [rf"\text{{{prose(line)}}}" for line in lines]


def _width(piece: str) -> int:
    """About how many characters a piece takes in print."""
    return len(re.sub(r"[\u0300-\u036f^_]", "", unicode_name(piece.replace("$", "").replace("&", ""))))


def prose(words: str) -> str:
    """Words for LaTeX: what stands between dollar signs is LaTeX already."""
    parts = words.split("$")
    return "$".join(part if i % 2 else _escaped(part) for i, part in enumerate(parts))


_SPECIAL = {"<=": r"$\le$", ">=": r"$\ge$", "<": "$<$", ">": "$>$", "|": "$|$", "^": r"\^{}", "~": r"\textasciitilde{}"}
_SPECIAL |= {"\\": r"\textbackslash{}", **{each: f"\\{each}" for each in "&%#_{}"}}
_NUMBER = re.compile(r"(\d(?:\.\d+)?)e([-+]?)0*(\d+)")


def _escaped(words: str) -> str:
    pieces = rf"\b{_NUMBER.pattern}\b|<=|>=|[<>|^~\\&%#_{{}}]|[^\x00-\x7f]+"
    return re.sub(pieces, lambda found: _piece(found[0]), words)


def _piece(words: str) -> str:
    number = _NUMBER.fullmatch(words)
    if number:
        return rf"${number[1]} \cdot 10^{{{number[2]}{number[3]}}}$"
    return _SPECIAL.get(words) or latex_symbols(words)


# Text


def text(derivation: Shown) -> str:
    """A title, the assumptions, and a line for each step with its reason and verdict below it."""
    lines = [derivation.title, "=" * len(derivation.title)]
    if derivation.assumptions:
        lines += ["", "Assumptions", *(f"  {_plain(each)}" for each in derivation.assumptions)]
    for chain in derivation.chains():
        lines.append("")
        for step in chain:
            lines += [f"  {step.text()}", f"        {step.kind}: {_plain(step.reason)}"]
            if step.verdict is not None:
                lines[-1] = f"        {_plain(step.reason)}  [{said(step.verdict)}]"
    return "\n".join(lines) + "\n"


def _plain(words: str) -> str:
    parts = words.split("$")
    return "".join(unicode_name(part) if i % 2 else part for i, part in enumerate(parts))


# Markdown


def markdown(derivation: Shown) -> str:
    """A heading, the assumptions as a list, and a list of the steps."""
    parts = [f"### {derivation.title}"]
    if derivation.assumptions:
        parts.append("Assumptions: " + "; ".join(derivation.assumptions) + ".")
    for chain in derivation.chains():
        lines = []
        for step in chain:
            verdict = f" *{said(step.verdict)}*" if step.verdict is not None else ""
            words = step.reason if step.verdict is not None else f"{step.kind}: {step.reason}"
            lines.append(f"- ${step.latex()}$ \u2014 {words}.{verdict}")
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


# HTML


def html(derivation: Shown) -> str:
    """A table of the steps: expression in MathML, reason, verdict."""
    parts = [
        f'<div class="derivation" id="derivation-{escape(derivation.name)}">',
        f"<h3>{_rich(derivation.title)}</h3>",
    ]
    if derivation.assumptions:
        items = "".join(f"<li>{_rich(each)}</li>" for each in derivation.assumptions)
        parts.append(f"<p>Assumptions:</p>\n<ul>{items}</ul>")
    rows = "\n".join(_row(step) for chain in derivation.chains() for step in chain)
    parts.append(f'<table style="text-align: left">\n{rows}\n</table>\n</div>')
    return "\n".join(parts) + "\n"


def _row(step: Step) -> str:
    formula = mathml(step.latex())
    words = _rich(step.reason) if step.verdict is not None else f"<em>{step.kind}:</em> {_rich(step.reason)}"
    left = 'style="text-align: left; padding: .2em 1em .2em 0"'
    return f"<tr><td {left}>{formula}</td><td {left}>{words}</td><td {left}>{escape(said(step.verdict))}</td></tr>"


def _rich(words: str) -> str:
    parts = words.split("$")
    return "".join(mathml(part) if i % 2 else escape(part) for i, part in enumerate(parts))
