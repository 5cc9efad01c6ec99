"""Formulas read off the classes that run: closed forms, spectral readings and Taylor tables, as SymPy with proofs."""

from .closed_forms import closed_form
from .derive import derivations, derive
from .expansion import Expansion, Term, expansion
from .parameters import derivative, limit
from .reading import Reading
from .recurrence import Identity, Induction, Recurrence, by_induction, recurrence
from .spectral import maximiser, monotone_ranges, residual_bound
from .stability import stability

__all__ = [
    "Expansion",
    "Identity",
    "Induction",
    "Reading",
    "Recurrence",
    "Term",
    "by_induction",
    "closed_form",
    "derivations",
    "derivative",
    "derive",
    "expansion",
    "limit",
    "maximiser",
    "monotone_ranges",
    "recurrence",
    "residual_bound",
    "stability",
]
