"""Tasks in a file: arrays without pickled objects, and a JSON text that says what they are."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..arrays import Array
from ..errors import InputError
from ..files import replace
from ..quadratic import Quadratic
from ..tasks import Tasks
from .groups import RegressionGroups

if TYPE_CHECKING:
    from os import PathLike

__all__ = ["as_groups", "load_arrays", "load_tasks", "save_arrays", "save_tasks"]

FORMAT = "quadmaml tasks 1"
PARTS = ("hessians", "linear", "constants")
# What zipfile, zlib and numpy raise for a file that is damaged, encrypted, or claims more than there is memory for.
UNREADABLE = (
    OSError, ValueError, TypeError, EOFError, KeyError, RuntimeError, MemoryError, OverflowError, zipfile.BadZipFile,
    zlib.error,
)  # fmt: skip


def save_tasks(path: str | PathLike[str], tasks: Tasks) -> None:
    """Write tasks to a ``.npz`` file, which is complete or not there; :func:`load_tasks` reads it.

    The arrays are support_hessians ``(n, d, d)``, support_linear ``(n, d)``, support_constants ``(n,)``, the same
    for query where it is not the support, and weights ``(n,)``.

    Raises
    ------
    OSError
        If the file cannot be written; an earlier one is left as it was.
    """
    from ..arrays import as_float, to_numpy

    if not isinstance(tasks, Tasks):
        raise InputError(f"tasks: got {type(tasks).__name__}; expected Tasks")
    content = {"weights": tasks.weights}
    for name, part in (("support", tasks.support), ("query", tasks.query)):
        if name == "support" or part is not tasks.support:
            content |= {f"{name}_hessians": part.hessian, f"{name}_linear": part.linear}
            content[f"{name}_constants"] = part.constant
    save_arrays(path, {"format": FORMAT}, {name: to_numpy(as_float(x)) for name, x in content.items()})


def load_tasks(path: str | PathLike[str]) -> Tasks:
    """The tasks in a ``.npz`` file with the arrays that :func:`save_tasks` names; constants and weights may be absent.

    Raises
    ------
    InputError
        If the file cannot be read, lacks an array, or holds arrays that are no tasks.

    Examples
    --------
    >>> import tempfile, os
    >>> tasks = Tasks.from_minimizers([[[1.0]], [[3.0]]], [[0.0], [4.0]])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_tasks(os.path.join(folder, "two.npz"), tasks)
    ...     load_tasks(os.path.join(folder, "two.npz")).support.minimizer().tolist()
    [[0.0], [4.0]]
    """
    _, content = load_arrays(path)
    if "support_hessians" not in content or "support_linear" not in content:
        held = ", ".join(content) or "no arrays"
        raise InputError(f"{path}: holds {held}; expected support_hessians and support_linear")
    try:
        support = _quadratic(content, "support")
        query = _quadratic(content, "query") if "query_hessians" in content else None
        return Tasks(support, query, content.get("weights"))
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def as_groups(tasks: Tasks, source: str = "tasks") -> RegressionGroups:
    """Tasks as regression groups with the same losses: ``1/(2m) |X theta - y|^2``, with rows made from the quadratics.

    With ``A = R'R``, the rows are those of ``sqrt(m) R`` and one row of zeros for the constant, m = d + 1.

    Raises
    ------
    InputError
        If the weights differ, or a loss is no sum of squares: curvature with a negative eigenvalue, h outside its
        range, a negative least value.
    """
    import numpy as np

    if np.ptp(tasks.weights) > 1e-9 * tasks.weights.max():
        raise InputError("tasks: have different weights; expected equal ones")
    support = _rows(tasks.support, "support")
    query = support if tasks.query is tasks.support else _rows(tasks.query, "query")
    return RegressionGroups(
        names=tuple(f"task {i + 1}" for i in range(len(tasks))),
        groups=tuple((*s, *q) for s, q in zip(support, query, strict=True)),
        features=tuple(f"x{j + 1}" for j in range(tasks.dim)),
        target="y",
        scales={},
        source=source,
        intercept=False,
        standardised=False,
        split="a loss of its own",
    )


def _rows(f: Quadratic, name: str) -> list[tuple[Array, Array]]:
    import numpy as np

    A, h, k = f.hessian, f.linear, f.constant
    values, vectors = np.linalg.eigh(A)
    scale = np.abs(values).max(axis=1, keepdims=True)
    inside = values > 1e-13 * scale
    b = np.einsum("nji,nj->ni", vectors, h)
    roots = np.sqrt(np.where(inside, values, 0))
    y = np.where(inside, b, 0) / np.where(inside, roots, 1)
    rest = 2 * k - (y**2).sum(axis=1)
    size = np.abs(k) + (y**2).sum(axis=1)
    off = (np.abs(np.where(inside, 0, b)) > 1e-9 * np.abs(h).max(axis=1, keepdims=True)).any(axis=1)
    bad = (values < -1e-10 * scale).any(axis=1) | off | (rest < -1e-9 * size)
    if bad.any():
        raise InputError(f"{name}: the loss of task {int(bad.argmax()) + 1} is no sum of squares; expected losses >= 0")
    m = values.shape[1] + 1
    R = np.concatenate([roots[:, :, None] * np.swapaxes(vectors, 1, 2), np.zeros((len(h), 1, m - 1))], axis=1)
    y = np.concatenate([y, np.sqrt(np.clip(rest, 0, None))[:, None]], axis=1)
    return [(np.sqrt(m) * X, np.sqrt(m) * target) for X, target in zip(R, y, strict=True)]


def save_arrays(path: str | PathLike[str], metadata: Mapping[str, Any], content: Mapping[str, Array]) -> None:
    """Write arrays and a JSON text ``metadata`` to a ``.npz`` file, which is complete or as it was."""
    import numpy as np

    buffer = io.BytesIO()
    np.savez(buffer, metadata=np.array(json.dumps(metadata, allow_nan=False)), **dict(content))
    replace(path, buffer.getvalue())


def load_arrays(path: str | PathLike[str]) -> tuple[dict[str, Any], dict[str, Array]]:
    """The metadata and the arrays of a ``.npz`` file; nothing pickled is read. InputError if it is no such file."""
    import numpy as np

    try:
        # From memory: np.load leaves a file open that it cannot read.
        with io.BytesIO(Path(path).read_bytes()) as raw:
            file = np.load(raw, allow_pickle=False)
            if isinstance(file, np.ndarray):
                raise InputError(f"{path}: holds one array; expected a .npz file of named arrays")
            content = {name: file[name] for name in file.files}
    except InputError:
        raise
    except UNREADABLE as error:
        reason = getattr(error, "strerror", None) or "it is damaged, is no .npz file, or holds pickled objects"
        raise InputError(f"{path}: cannot be read ({reason}); expected a .npz file of arrays") from None
    if odd := [name for name, each in content.items() if not isinstance(each, np.ndarray)]:
        raise InputError(f"{path}: its part {odd[0]!r} is no array; expected a .npz file of arrays")
    text = content.pop("metadata", None)
    try:
        metadata = {} if text is None else json.loads(str(text))
    except ValueError:
        metadata = None
    if not isinstance(metadata, dict):
        raise InputError(f"{path}: its metadata is no JSON object; expected one")
    return metadata, content


def _quadratic(content: Mapping[str, Array], name: str) -> Quadratic:
    H, h, k = (content.get(f"{name}_{part}") for part in PARTS)
    if h is None:
        raise InputError(f"{name}_linear: is missing; expected it beside {name}_hessians")
    return Quadratic(H, h, 0 if k is None else k)
