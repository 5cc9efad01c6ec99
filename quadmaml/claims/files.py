"""Claims in a user's file, and verdicts on many claims as a table or as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from quadmaml.errors import InputError
from quadmaml.proofs.verdicts import Verdict

from .language import Claim

__all__ = ["as_json", "claims_of", "dimensions", "load", "table"]


def load(path: str) -> list[Claim]:
    """The claims that a Python file defines, in its order.

    Raises
    ------
    InputError
        In one line: if the file cannot be read or run, or defines no claim.
    """
    file = Path(path)
    if not file.is_file():
        raise InputError(f"{path}: there is no such file")
    name = f"_claims_of_{file.stem}"
    module = ModuleType(name)
    module.__file__ = str(file)
    with _importing_from(file.resolve().parent, name, module):
        try:
            exec(compile(file.read_bytes(), str(file), "exec"), module.__dict__)
        except SyntaxError as error:
            line = "" if error.lineno is None else f":{error.lineno}"
            raise InputError(f"{path}{line}: {error.msg}") from None
        except (Exception, SystemExit) as error:
            raise InputError(f"{path}{_line(error, str(file))}: {type(error).__name__}: {error}") from error
    found = claims_of(module)
    if not found:
        raise InputError(f"{path}: defines no claim; expected a function with @claim(...)")
    return found


@contextmanager
def _importing_from(folder: Path, name: str, module: ModuleType) -> Iterator[None]:
    """The file's own folder first on the path, as when it is run."""
    sys.path.insert(0, str(folder))
    sys.modules[name] = module
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        del sys.modules[name]


def _line(error: BaseException, file: str) -> str:
    """Where in the file an error came from."""
    found, trace = "", error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == file:
            found = f":{trace.tb_lineno}"
        trace = trace.tb_next
    return found


def claims_of(module: Any) -> list[Claim]:
    """The claims that a module defines, and not those that it imports."""
    own = [each for each in vars(module).values() if isinstance(each, Claim)]
    return list(dict.fromkeys(each for each in own if each.function.__module__ == module.__name__))


def dimensions(words: str | None) -> tuple[int, ...] | None:
    """Dimensions as they are written on a command line.

    Examples
    --------
    >>> dimensions("1,3-5"), dimensions("2")
    ((1, 3, 4, 5), (2,))
    """
    if words is None:
        return None
    try:
        parts = [[int(end) for end in part.split("-")] for part in words.split(",")]
        found = tuple(d for part in parts for d in range(part[0], part[-1] + 1))
        if found and min(found) >= 1 and all(len(part) <= 2 for part in parts):
            return found
    except ValueError:
        pass
    raise InputError(f"--dims: got {words!r}; expected dimensions such as 1,2,3 or 1-5")


def as_json(judged: Sequence[tuple[Claim, Verdict]]) -> str:
    """The verdicts as a JSON list of objects."""
    objects = [
        {
            "name": claim.name,
            "title": claim.title,
            "status": verdict.status.value,
            "scope": verdict.scope,
            "failure_bound": verdict.failure_bound,
            "witness": None if verdict.witness is None else {k: _strings(v) for k, v in verdict.witness.items()},
            "seconds": verdict.seconds,
        }
        for claim, verdict in judged
    ]
    return json.dumps(objects, indent=2)


def _strings(value: Any) -> Any:
    return [_strings(each) for each in value] if isinstance(value, tuple) else f"{value.numerator}/{value.denominator}"


def table(judged: Sequence[tuple[Claim, Verdict]]) -> str:
    """The verdicts as lines of text."""
    head = ("claim", "verdict", "scope", "bound or witness", "seconds")
    rows = [
        (claim.name, verdict.status.value, verdict.scope, _evidence(verdict), f"{verdict.seconds:.2f}")
        for claim, verdict in judged
    ]
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    return "\n".join("  ".join(x.ljust(w) for x, w in zip(row, widths, strict=True)).rstrip() for row in (head, *rows))


def _evidence(verdict: Verdict) -> str:
    if verdict.witness is not None:
        return ", ".join(f"{name} = {_short(value)}" for name, value in verdict.witness.items())
    if verdict.failure_bound is not None:
        return f"p ≤ {verdict.failure_bound:.1e}"
    return next((line for line in verdict.details if line.startswith("raised ")), "")


def _short(value: Any) -> str:
    return f"[{', '.join(map(_short, value))}]" if isinstance(value, tuple) else str(value)
