"""Claims: statements about quadratics, written as plain Python functions.

>>> from quadmaml.claims import at_most, claim, spd, vector
>>> @claim(A=spd(), B=spd(), x=vector(), title="A sum curves more than each of its terms")
... def sum_curves_more(A, B, x):
...     return at_most(x.T @ A @ x, x.T @ (A + B) @ x)
>>> sum_curves_more.title
'A sum curves more than each of its terms'

A claim's text is read in several rings: as words, modulo a prime, over the rationals, and by a printer. It must
therefore be written in ``+ - * / ** @``, ``.T``, :func:`inverse` and quadmaml's own objects, and may not ask for
entries or use floating-point functions.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from quadmaml.errors import InputError
from quadmaml.proofs.letters import Letter

from .domains import Domain, check_domains, matrix, scalar, spd, step_size, symmetric, vector
from .statements import Statement, assume, at_most, equal, inverse, less_than, psd

__all__ = [
    "Claim",
    "Domain",
    "Statement",
    "assume",
    "at_most",
    "claim",
    "equal",
    "inverse",
    "less_than",
    "matrix",
    "psd",
    "scalar",
    "spd",
    "step_size",
    "symmetric",
    "vector",
]


@dataclass(frozen=True)
class Claim:
    """A statement about arguments from stated domains; made by :func:`claim`.

    Parameters
    ----------
    name : str
        The name of the function.
    title : str
        What it says, in words.
    source : str
        Where it is from.
    domains : mapping of names to Domain
        What the arguments range over.
    function : callable
        From the arguments to a :class:`Statement` or a tuple of them.
    """

    name: str
    title: str
    source: str
    domains: Mapping[str, Domain] = field(hash=False)
    function: Callable[..., Any]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """What it states of these arguments."""
        return self.function(*args, **kwargs)

    @property
    def letters(self) -> dict[str, Letter]:
        """The arguments as letters of ``quadmaml.proofs``, those that can take one value only left out."""
        return {name: domain.letter for name, domain in self.domains.items() if domain.constant is None}


def claim(*given: Any, title: str = "", source: str = "", **domains: Any) -> Callable[[Callable[..., Any]], Claim]:
    """Make a claim of a function of arguments from these domains.

    Parameters
    ----------
    title, source : str
        What it says, by default the first line of its docstring; where it is from.
    **domains : Domain
        What each argument ranges over: :func:`spd`, :func:`symmetric`, :func:`matrix`, :func:`vector`,
        :func:`scalar`, :func:`step_size`.

    Raises
    ------
    InputError
        If the domains are not those of the function's arguments.

    Examples
    --------
    >>> @claim(A=spd(), lr=step_size("A"))
    ... def one_step_contracts(A, lr):
    ...     return less_than((1 - lr * A) ** 2, 1)
    >>> one_step_contracts.name
    'one_step_contracts'
    """
    if given:
        raise InputError("claim: got a function; expected the domains of its arguments first, as in @claim(A=spd())")
    for name, words in (("title", title), ("source", source)):
        if not isinstance(words, str):
            raise InputError(f"{name}: got {words!r}; expected words")
    check_domains(domains)

    def made(function: Callable[..., Any]) -> Claim:
        parameters = inspect.signature(function).parameters
        taken, named = list(parameters), (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
        if set(taken) != set(domains) or any(each.kind not in named for each in parameters.values()):
            raise InputError(
                f"{function.__name__}: takes {', '.join(taken)}; expected {', '.join(domains) or 'nothing'}"
            )
        words = title or (inspect.getdoc(function) or function.__name__.replace("_", " ")).splitlines()[0]
        in_order = MappingProxyType({name: domains[name] for name in taken})
        return Claim(function.__name__, words, source, in_order, function)

    return made
