"""The ledger as a page: each sentence, its readings with their verdicts and witnesses, and the reason."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import groupby

from quadmaml.proofs.verdicts import Verdict

from .language import Claim
from .ledger import Entry, entries

__all__ = ["markdown", "typeset"]

GREEK = {"alpha": "α", "eta": "η", "kappa": "κ", "lambda": "λ", "mu": "μ", "phi": "φ", "rho": "ρ", "theta": "θ"}
SIGNS = {"<=": "≤", ">=": "≥", "!=": "≠", "->": "→", "*": "∗", "sum_": "Σ_"}


def markdown(verify: Callable[[Claim], Verdict]) -> str:
    """The whole ledger as Markdown, with verdicts and witnesses.

    Parameters
    ----------
    verify : callable
        From a claim to its verdict.
    """
    parts = []
    for source, group in groupby(entries().values(), key=lambda entry: entry.source):
        parts += [f"## {source}", *(_section(entry, verify) for entry in group)]
    return "\n\n".join(parts)


def typeset(text: str) -> str:
    """Formulas in plain text with their signs, powers and indices, in Markdown.

    Examples
    --------
    >>> typeset("(1-al)^2 <= lambda_max^(K+1), |x*|_A")
    '(1-al)<sup>2</sup> ≤ λ<sub>max</sub><sup>K+1</sup>, |x∗|<sub>A</sub>'
    """
    for plain, sign in SIGNS.items():
        text = text.replace(plain, sign)
    text = re.sub(rf"(?<![A-Za-z])({'|'.join(GREEK)})(?![A-Za-z])", lambda found: GREEK[found[0]], text)
    text = re.sub(r"((?<![A-Za-z])\w|[|)])_(\w+)", r"\1<sub>\2</sub>", text)
    return re.sub(r"\^(?:\(([^()]*)\)|(-?\w+))", lambda found: f"<sup>{found[1] or found[2]}</sup>", text)


def _section(entry: Entry, verify: Callable[[Claim], Verdict]) -> str:
    lines = [f"### {entry.id}", f"> {typeset(entry.sentence)}"]
    lines += [_line("", each.formula, verify(each.claim)) for each in entry.readings]
    lines += [_line("Corrected: ", each.formula, verify(each.claim)) for each in entry.corrected]
    twin = entry.twin.title.removeprefix("A wrong twin: ").rstrip(".")
    return "\n\n".join([*lines, typeset(entry.reason), _line("A wrong twin: ", twin, verify(entry.twin))])


def _line(head: str, formula: str, verdict: Verdict) -> str:
    shown = f"**{verdict.status.value}** ({verdict.scope})"
    if verdict.failure_bound is not None:
        shown += f", p ≤ {verdict.failure_bound:.1e}"
    latex = getattr(verdict.witness, "latex", None)
    return f"- {head}{typeset(formula)}: {shown}" + (f": ${latex()}$" if latex is not None else "")
