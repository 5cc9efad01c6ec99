r"""How printed formulas are written: names, brackets, powers and fractions, in LaTeX and in Unicode text."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from fractions import Fraction
from unicodedata import normalize

__all__ = ["LATEX", "TEXT", "Latex", "Notation", "Text", "latex_name", "latex_symbols", "unicode_name"]

_GREEK = [
    "alpha",
    "beta",
    "gamma",
    "delta",
    "epsilon",
    "zeta",
    "eta",
    "theta",
    "iota",
    "kappa",
    "lambda",
    "mu",
    "nu",
    "xi",
    "pi",
    "rho",
    "sigma",
    "tau",
    "phi",
    "chi",
    "psi",
    "omega",
    "Gamma",
    "Delta",
    "Theta",
    "Lambda",
    "Xi",
    "Pi",
    "Sigma",
    "Phi",
    "Psi",
    "Omega",
]
_SYMBOLS = dict(zip(_GREEK, "αβγδεζηθικλμνξπρστφχψωΓΔΘΛΞΠΣΦΨΩ", strict=True))
_SYMBOLS |= {"varphi": "φ", "nabla": "∇", "partial": "∂", "cdot": "·", "cdots": "⋯", "dots": "…", "top": "ᵀ"}
_SYMBOLS |= {"star": "*", "ast": "*", "prime": "′", "sum": "Σ", "prod": "Π"}
_SYMBOLS |= {"infty": "∞", "circ": "∘", "le": "≤", "ge": "≥", "in": "∈", "to": "→", "mapsto": "↦", "colon": ":"}
_SYMBOLS |= {"leftarrow": "←"}
_SYMBOLS |= {"ell": "ℓ", "quad": " ", "qquad": "  ", "times": "×", "neq": "≠", "equiv": "≡", "lVert": "|", "rVert": "|"}
_RAISED = dict(zip("0123456789+-T*()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ᵀ*⁽⁾ⁿ", strict=True))
_LOWERED = dict(zip("0123456789+-=()ijkmn", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ᵢⱼₖₘₙ", strict=True))
_PARTS = {Fraction(1, 2): "½", Fraction(1, 4): "¼", Fraction(1, 3): "⅓", Fraction(1, 8): "⅛", Fraction(3, 2): "(3/2)"}
_ACCENTS = {"hat": "\u0302", "tilde": "\u0303", "bar": "\u0304"}
_SHORT = {"lam": "lambda", "al": "alpha", "eps": "epsilon", "th": "theta"}


def latex_name(name: str) -> str:
    r"""The LaTeX of a Python name: Greek words as letters, digits at the end or what follows ``_`` as a subscript.

    Examples
    --------
    >>> latex_name("theta_star"), latex_name("A1"), latex_name("lam")
    ('\\theta^{*}', 'A_{1}', '\\lambda')
    """
    found = re.fullmatch(r"([A-Za-z]+?)_?(\d+|(?<=_)\w+)?_?", name)
    if not found:
        return rf"\mathrm{{{name.replace('_', ' ')}}}"
    word, below = _SHORT.get(found[1], found[1]), found[2]
    base = f"\\{word}" if word in _GREEK else word if len(word) == 1 else rf"\mathrm{{{word}}}"
    return base if not below else base + "^{*}" if below == "star" else f"{base}_{{{below}}}"


def unicode_name(latex: str) -> str:
    r"""A short piece of LaTeX as plain text, with Unicode symbols, superscripts and subscripts where they exist.

    Examples
    --------
    >>> unicode_name(r"\nabla F(\theta^{*})"), unicode_name(r"\varphi_{1}")
    ('∇F(θ*)', 'φ₁')
    """
    text = _slashed(latex)
    text = re.sub(r"\\(?:left|right|[bB]igg?[lrm]?|displaystyle|limits)(?![A-Za-z])\s*", "", text)
    text = re.sub(r"\\(?:mathrm|text|mathbf|mathbb|mathcal|operatorname)\{([^{}]*)\}", r"\1", text)
    text = re.sub(r"\\(hat|tilde|bar)\s*(?:\{([A-Za-z]|\\[A-Za-z]+)\}|([A-Za-z]))", _accented, text)
    text = re.sub(r"\\(nabla|partial|sum|prod|ell)\s*", lambda found: _SYMBOLS[found[1]], text)
    text = re.sub(r"\\([A-Za-z]+)", lambda found: _SYMBOLS.get(found[1], found[1]), text)
    text = re.sub(r"\\[,;:! ]", " ", text)
    text = re.sub(r"\^\{([^{}]*)\}|\^(.)", lambda found: _moved(found, _RAISED, "^"), text)
    text = re.sub(r"_\{([^{}]*)\}|_(.)", lambda found: _moved(found, _LOWERED, "_"), text)
    text = re.sub(r" {2,}", " ", text)
    return normalize("NFC", text.replace("{", "").replace("}", "").replace("-", "−").strip())


def _accented(found: re.Match[str]) -> str:
    letter = found[2] or found[3]
    return _SYMBOLS.get(letter.removeprefix("\\"), letter) + _ACCENTS[found[1]]


def _slashed(latex: str) -> str:
    """Fractions with a slash; their parts may hold fractions and other braces."""
    found = re.search(r"\\[dt]?frac\s*(?=\{)", latex)
    if not found:
        return latex
    above, rest = _group(latex[found.end() :])
    below, rest = _group(rest)
    value = f"{above}/{below}"
    parts = [_slashed(part) for part in (above, below)]
    plain = [part if re.fullmatch(r"\\?\w+|\\partial\s*\S+", part) else f"({part})" for part in parts]
    small = _PARTS.get(Fraction(value)) if re.fullmatch(r"\d+/\d+", value) else None
    return latex[: found.start()] + (small or "/".join(plain)) + _slashed(rest)


def _group(latex: str) -> tuple[str, str]:
    """What stands in the braces at the beginning, and what comes after them."""
    depth = 0
    for i, here in enumerate(latex):
        depth += (here == "{") - (here == "}")
        if not depth:
            return latex[1:i], latex[i + 1 :]
    return latex[1:], ""


def latex_symbols(text: str) -> str:
    r"""Mathematical characters as LaTeX between dollar signs, for a sentence.

    Examples
    --------
    >>> print(latex_symbols("λ"))
    $\lambda$
    """
    names = {symbol: f"\\{name}" for name, symbol in _SYMBOLS.items() if symbol and not symbol.isascii()}
    names |= {"−": "-", "ᵀ": r"^{\top}", "½": r"\tfrac{1}{2}", "⁻": "^{-}", "₋": "_{-}"}
    names |= {symbol: f"^{{{digit}}}" for digit, symbol in _RAISED.items() if digit.isdigit()}
    names |= {symbol: f"_{{{digit}}}" for digit, symbol in _LOWERED.items() if digit.isdigit()}
    return "".join(f"${names[each]}$" if each in names else each for each in text)


def _moved(found: re.Match[str], symbols: dict[str, str], mark: str) -> str:
    inside = (found[1] if found[1] is not None else found[2]).replace(" ", "")
    if all(each in symbols for each in inside):
        return "".join(symbols[each] for each in inside)
    return "ᵀ" if inside == "ᵀ" else mark + (inside if inside.isalnum() else f"({inside})")


class Notation(ABC):
    """A way to write formulas; every method returns a piece that stands for itself."""

    identity = "I"

    @abstractmethod
    def name(self, latex: str) -> str:
        """A letter, or the name of an expression, that is given in LaTeX."""

    @abstractmethod
    def number(self, value: Fraction) -> str:
        """A number >= 0."""

    @abstractmethod
    def bracketed(self, inside: str) -> str:
        """The same in round brackets."""

    @abstractmethod
    def raised(self, base: str, exponent: str) -> str:
        """A power."""

    @abstractmethod
    def transposed(self, base: str) -> str:
        """A transpose."""

    @abstractmethod
    def inverted(self, base: str) -> str:
        """An inverse."""

    @abstractmethod
    def fraction(self, above: str, below: str) -> str:
        """A quotient of two numbers."""

    @abstractmethod
    def exponential(self, inside: str) -> str:
        """The exponential of a matrix."""

    @abstractmethod
    def derivative(self, kind: str, variable: str, inside: str, at: str | None) -> str:
        """The gradient or Jacobian of an expression with respect to a variable, perhaps at a point."""

    @abstractmethod
    def is_atom(self, piece: str) -> bool:
        """Whether a name can take an exponent without brackets."""

    minus = "-"


class Latex(Notation):
    r"""LaTeX, with ``amsmath`` and ``amssymb``."""

    def name(self, latex: str) -> str:
        return latex

    def number(self, value: Fraction) -> str:
        if value.denominator == 1:
            return str(value.numerator)
        return rf"\tfrac{{{value.numerator}}}{{{value.denominator}}}"

    def bracketed(self, inside: str) -> str:
        return rf"\left({inside}\right)" if r"\frac" in inside or r"\sum" in inside else f"({inside})"

    def raised(self, base: str, exponent: str) -> str:
        return f"{base}^{{{exponent}}}"

    def transposed(self, base: str) -> str:
        return rf"{base}^{{\top}}"

    def inverted(self, base: str) -> str:
        return f"{base}^{{-1}}"

    def fraction(self, above: str, below: str) -> str:
        return rf"\frac{{{above}}}{{{below}}}"

    def exponential(self, inside: str) -> str:
        return f"e^{{{inside}}}"

    def derivative(self, kind: str, variable: str, inside: str, at: str | None) -> str:
        sign = rf"\nabla_{{{variable}}}" if kind == "gradient" else rf"\frac{{\partial}}{{\partial {variable}}}"
        place = "" if at is None else rf"_{{{variable} = {at}}}"
        return rf"{sign} \left[{inside}\right]{place}"

    def is_atom(self, piece: str) -> bool:
        return "^" not in piece and " " not in piece.removeprefix("\\") and not _loose(piece)


class Text(Notation):
    """Plain text in Unicode."""

    minus = "−"

    def name(self, latex: str) -> str:
        return unicode_name(latex)

    def number(self, value: Fraction) -> str:
        return _PARTS.get(value) or (str(value) if value.denominator == 1 else f"({value})")

    def bracketed(self, inside: str) -> str:
        return f"({inside})"

    def raised(self, base: str, exponent: str) -> str:
        if exponent.isdigit():
            return base + "".join(_RAISED[digit] for digit in exponent)
        return f"{base}^{exponent}" if len(exponent) == 1 else f"{base}^({exponent})"

    def transposed(self, base: str) -> str:
        return base + "ᵀ"

    def inverted(self, base: str) -> str:
        return base + "⁻¹"

    def fraction(self, above: str, below: str) -> str:
        return f"({above})/({below})" if " " in above + below else f"({above}/{below})"

    def exponential(self, inside: str) -> str:
        return f"exp({inside})"

    def derivative(self, kind: str, variable: str, inside: str, at: str | None) -> str:
        sign = f"∇_{variable}" if kind == "gradient" else f"∂/∂{variable}"
        return f"{sign} [{inside}]" + ("" if at is None else f" at {variable} = {at}")

    def is_atom(self, piece: str) -> bool:
        raised = set(_RAISED.values()) | {"^", "*"}
        return not raised.intersection(piece) and " " not in piece and not _loose(piece)


def _loose(piece: str) -> bool:
    """Whether a name has a sum, a product or a bracket at its top level."""
    inside = re.sub(r"\{[^{}]*\}", "", piece)
    return bool(re.search(r"[-+−()\[\]=]", inside))


LATEX = Latex()
TEXT = Text()
