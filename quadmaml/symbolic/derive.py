r"""The derivations that the library ships, by their names."""

from __future__ import annotations

from difflib import get_close_matches

from quadmaml.errors import InputError
from quadmaml.proofs.derivation import Derivation

from .shipped import SHIPPED

__all__ = ["derivations", "derive"]


def derivations() -> tuple[str, ...]:
    """The names of the derivations that :func:`derive` knows.

    Examples
    --------
    >>> derivations()[:3]
    ('maml-gradient', 'maml-jacobian', 'fomaml-jacobian')
    """
    return tuple(SHIPPED)


def derive(name: str) -> Derivation:
    """A derivation of the code that runs: every step is checked as it is made.

    The inner loops and algorithms of quadmaml are read over letters that stand for matrices of every dimension; what
    they compute is compared with what the theory says.

    Parameters
    ----------
    name : str
        One of :func:`derivations`.

    Raises
    ------
    InputError
        For a name that is not known.
    RefutedError
        If the code computes something else; the error holds an exact counterexample.

    Examples
    --------
    >>> derivation = derive("parallel-sum")
    >>> print(derivation.result)
    Ã (Ã + B̃)⁻¹ B̃ = (Ã⁻¹ + B̃⁻¹)⁻¹
    """
    if not isinstance(name, str) or name not in SHIPPED:
        near = get_close_matches(str(name), SHIPPED, 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise InputError(f"name: got {name!r}; expected one of {', '.join(SHIPPED)}{hint}")
    return SHIPPED[name]()
