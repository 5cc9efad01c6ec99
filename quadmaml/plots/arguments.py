"""Checks of what several plots are given; each raises one InputError that names the argument."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from ..errors import InputError
from ..meta_algorithm import Algorithm, check_algorithm

__all__ = ["check_algorithms", "check_choice", "check_named", "check_some"]

Named = TypeVar("Named", bound=Mapping[Any, Any])


def check_named(name: str, given: Named) -> Named:
    """Return a mapping of names to things if it is one and holds something, else raise InputError."""
    if not isinstance(given, Mapping):
        raise InputError(f"{name}: got {given!r}; expected a mapping of names")
    if not given:
        raise InputError(f"{name}: is empty; expected at least one")
    return given


def check_algorithms(given: Mapping[str, Algorithm]) -> Mapping[str, Algorithm]:
    """Return a mapping of names to algorithms if it is one, else raise InputError."""
    if not isinstance(given, Mapping):
        raise InputError(f"algorithms: got {given!r}; expected a mapping of names to algorithms")
    for each in given.values():
        check_algorithm(each)
    return given


def check_choice(name: str, given: Any, choices: Iterable[Any]) -> Any:
    """Return what was given if it is one of the choices, else raise InputError."""
    if given not in (listed := list(choices)):
        raise InputError(f"{name}: got {given!r}; expected one of {', '.join(map(str, listed))}")
    return given


def check_some(name: str, given: Any, least: int = 1) -> list[Any]:
    """The values given as a list, if there are so many different ones, else InputError."""
    listed = list(given) if isinstance(given, Iterable) and not isinstance(given, (str, bytes)) else []
    if len(set(map(repr, listed))) < least:
        raise InputError(f"{name}: got {given!r}; expected at least {('one value', 'two values')[least - 1]}")
    return listed
