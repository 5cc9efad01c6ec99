"""The settings of a sweep: every combination of hyperparameters, and the algorithm that each of them makes."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

from .. import arrays
from ..errors import InputError, check_number
from ..meta_algorithm import Algorithm

__all__ = ["Factory", "Settings", "made"]

Factory = Callable[..., Algorithm | None]

REQUIRED = inspect.Parameter.empty


@dataclass(frozen=True)
class Settings:
    """A grid of settings.

    ``axes`` maps the name of each axis, ``"algorithm"`` first, to its coordinates. ``algorithms`` holds one entry for
    each point of the grid, the last axis fastest; None where a factory made none. Points that differ only in
    hyperparameters which an algorithm does not take share one object.
    """

    axes: dict[str, tuple[Any, ...]]
    algorithms: tuple[Algorithm | None, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of coordinates of each axis."""
        return tuple(map(len, self.axes.values()))


def made(algorithms: Any, inner: Any, hyperparameters: Mapping[str, Any]) -> Settings:
    """The grid of all combinations of the algorithms and the hyperparameters.

    Raises
    ------
    InputError
        For hyperparameters that are no numbers or that no algorithm takes, for parameters that an algorithm needs and
        that are not given, and for numbers that an algorithm or inner loop refuses: with the setting that it is.
    """
    named = _named(algorithms)
    values = {name: _coordinates(name, given) for name, given in hyperparameters.items()}
    # Algorithms share their inner loops, each of which checks its parameters once.
    inner = cache(inner) if callable(inner) else inner
    makers = {name: _maker(name, make, inner, values) for name, make in named.items()}
    for name in values:
        if not any(name in taken for taken, _ in makers.values()):
            raise InputError(f"{name}: none of the algorithms {list(named)} takes it; expected parameters of theirs")
    flat: list[Algorithm | None] = []
    for name, (taken, make) in makers.items():
        of = {point: _one(name, make, taken, point) for point in product(*(values[each] for each in taken))}
        if taken == tuple(values):
            flat.extend(of.values())
            continue
        places = [place for place, each in enumerate(values) if each in taken]
        flat.extend(of[tuple([point[place] for place in places])] for point in product(*values.values()))
    return Settings({"algorithm": tuple(named), **values}, tuple(flat))


def _named(algorithms: Any) -> dict[str, Any]:
    """Algorithms by name: of a mapping its keys, of a sequence the names of the classes and functions in it."""
    if isinstance(algorithms, Mapping):
        pairs = [(name, make) for name, make in algorithms.items()]
    else:
        one = isinstance(algorithms, Algorithm) or callable(algorithms)
        listed = [algorithms] if one else list(algorithms) if isinstance(algorithms, Iterable) else []
        pairs = [(getattr(make, "__name__", type(make).__name__), make) for make in listed]
    named: dict[str, Any] = {}
    for name, make in pairs:
        if not isinstance(make, Algorithm) and not callable(make):
            raise InputError(f"algorithms: got {make!r}; expected classes such as MAML, or functions that return one")
        if not isinstance(name, str) or name in named or name == "<lambda>":
            raise InputError(f"algorithms: {name!r} names none, or two; expected a mapping such as {{'MAML': MAML}}")
        named[name] = make
    if not named:
        raise InputError(f"algorithms: got {algorithms!r}; expected at least one, such as [MAML, FOMAML]")
    return named


def _coordinates(name: str, given: Any) -> tuple[Any, ...]:
    """The values of one hyperparameter; a number counts as a list of one."""
    if name == "algorithm":
        raise InputError("algorithm: is the first axis already; expected the name of another parameter")
    if getattr(given, "ndim", 0) == 1:
        given = arrays.entries(given)
    listed = list(given) if isinstance(given, Iterable) and not isinstance(given, str) else [given]
    values = tuple(check_number(f"{name}[{k}]" if len(listed) > 1 else name, each) for k, each in enumerate(listed))
    if not values or len(set(values)) < len(values):
        raise InputError(f"{name}: got {given!r}; expected at least one number, each of them once")
    return values


def _maker(name: str, make: Any, inner: Any, values: Mapping[str, Any]) -> tuple[tuple[str, ...], Factory]:
    """Those hyperparameters that an algorithm takes, itself or in its inner loop, and how to make it from them."""
    if isinstance(make, Algorithm):
        return (), lambda: make
    own, missing = _signature(make, values)
    adapts = missing == ["inner"]
    of_inner, missing = _signature(inner, values) if adapts else (set[str](), missing)
    if missing:
        raise InputError(f"{missing[0]}: {name} needs it; expected {missing[0]}=[...] or a function that sets it")

    def build(**setting: Any) -> Any:
        loop = inner(**{each: setting[each] for each in of_inner})
        return make(**{each: setting[each] for each in own}, inner=loop)

    return tuple(each for each in values if each in own | of_inner), build if adapts else make


def _signature(make: Any, values: Mapping[str, Any]) -> tuple[set[str], list[str]]:
    """The hyperparameters that a class or function takes, and its other parameters without a default."""
    if not callable(make):
        raise InputError(f"inner: got {make!r}; expected a class such as GradientDescent, or a function")
    parameters = inspect.signature(make).parameters.values()
    if any(each.kind is each.VAR_KEYWORD for each in parameters):
        return set(values), []
    named = [each for each in parameters if each.kind is not each.VAR_POSITIONAL]
    missing = [each.name for each in named if each.default is REQUIRED and each.name not in values]
    return {each.name for each in named if each.name in values}, missing


def _one(name: str, make: Factory, taken: tuple[str, ...], point: tuple[Any, ...]) -> Algorithm | None:
    """The algorithm of one setting."""
    setting = dict(zip(taken, point, strict=True))
    try:
        algorithm = make(**setting)
    except InputError as error:
        where = ", ".join(f"{parameter}={value}" for parameter, value in setting.items())
        raise InputError(f"{name} at {where or 'its defaults'}: {error}") from None
    if algorithm is not None and not isinstance(algorithm, Algorithm):
        raise InputError(
            f"algorithms: {name} made {algorithm!r}; expected an algorithm, or None to leave a setting out"
        )
    return algorithm
