"""The starts that each inner fold of a cross-validation gives, and the losses of all tasks from them."""

from __future__ import annotations

from .algorithms import Algorithm
from .analysis import task_fields
from .arrays import Array
from .errors import ConvergenceError, SingularError
from .inner_loop import InnerLoop
from .quadratic import Quadratic
from .tasks import Tasks

__all__ = ["FoldStarts", "zeros"]

LEAST = 1e-12
ROUNDING = 1e-14


class FoldStarts:
    """For one set of training tasks, dealt out among inner folds: the start without each of them, and with all.

    Parameters
    ----------
    tasks : Tasks
        All tasks, of NumPy floats.
    judge : Quadratic
        The loss of each task at its adapted point.
    inner : array of int, shape (n,)
        The inner fold of each training task; -1 for a task that is held out.
    """

    def __init__(self, tasks: Tasks, judge: Quadratic, inner: Array) -> None:
        import numpy as np

        self.tasks, self.judge = tasks, judge
        folds, training = inner.max() + 1, inner >= 0
        self.training = Tasks(tasks.support[training], tasks.query[training], tasks.weights[training])
        if tasks.query is tasks.support:
            self.training = Tasks(tasks.support[training], None, tasks.weights[training])
        # Row f gives the weights of inner fold f alone.
        self.share = np.where(inner[training] == np.arange(folds)[:, None], tasks.weights[training], 0.0)
        # A training task starts from what the others give, a held-out one from what all give: the last row of starts.
        self.which = np.where(inner < 0, folds, inner)
        self._starts: dict[Algorithm | None, Array] = {}
        self._maps: dict[InnerLoop, tuple[Array, Array]] = {}

    def losses(self, algorithm: Algorithm | None, inner: InnerLoop) -> Array:
        """The loss of each task after adapting from the start that it had no part in; nan where there is none."""
        import numpy as np

        if inner not in self._maps:
            self._maps[inner] = _map(inner, self.tasks.support)
        P, s = self._maps[inner]
        theta = self.starts(algorithm)[self.which]
        phi = (P @ theta[..., None])[..., 0] + s
        # The quadratic's own call refuses nan, which here says that a fold gave no start.
        H, h, k = self.judge.hessian, self.judge.linear, self.judge.constant
        bent, straight = np.einsum("nd,nd->n", phi, (H @ phi[..., None])[..., 0]) / 2, np.einsum("nd,nd->n", phi, h)
        # Where a model fits without error, what is left of these terms is rounding, and no loss to compare.
        rounding = ROUNDING * phi.shape[1] * (np.abs(bent) + np.abs(straight) + np.abs(k))
        losses = bent - straight + k
        return np.where(np.abs(losses) <= rounding, 0.0, losses)

    def starts(self, algorithm: Algorithm | None) -> Array:
        """The start without each inner fold and, last, with all, shape ``(folds + 1, d)``; None: the mean of optima."""
        if algorithm not in self._starts:
            self._starts[algorithm] = self._mean_optima() if algorithm is None else self._fixed_points(algorithm)
        return self._starts[algorithm]

    def _fixed_points(self, algorithm: Algorithm) -> Array:
        import numpy as np

        n, d = self.training.support.linear.shape
        try:
            M, v = task_fields(algorithm, self.training)
        except ConvergenceError:
            return np.full((len(self.share) + 1, d), np.nan)
        return zeros(self._without(M.reshape(n, d * d)).reshape(-1, d, d), self._without(v))

    def _mean_optima(self) -> Array:
        import numpy as np

        folds, d = len(self.share), self.tasks.dim
        try:
            optima = self.training.support.minimizer()
        except SingularError:
            return np.full((folds + 1, d), np.nan)
        total = self._without(np.ones((len(optima), 1)))
        return self._without(optima) / total

    def _without(self, terms: Array) -> Array:
        """Weighted sums over the training tasks outside each inner fold and, last, over all of them."""
        import numpy as np

        sums = self.share @ terms
        others = np.concatenate([1 - np.eye(len(sums)), np.ones((1, len(sums)))])
        return others @ sums


def _map(inner: InnerLoop, support: Quadratic) -> tuple[Array, Array]:
    """The adaptation of each task, P and s; nan for a task on which it overflows."""
    import numpy as np

    try:
        m = inner.map(support)
    except ConvergenceError:
        n, d = support.linear.shape
        if n == 1:
            return np.full((1, d, d), np.nan), np.full((1, d), np.nan)
        halves = [_map(inner, support[part]) for part in (slice(n // 2), slice(n // 2, n))]
        P, s = (np.concatenate(parts) for parts in zip(*halves, strict=True))
        return P, s
    return m.linear, m.offset


def zeros(M: Array, v: Array) -> Array:
    """The zeros of several fields ``M theta - v``, shape ``(k, d)``; nan where M or v is not finite.

    Directions in which a singular value of M is below 1e-12 of the largest are left out: no task informs them, or
    rounding errors do. The point is then the one of least norm among those that come nearest to a zero.
    """
    import numpy as np

    out = np.full(v.shape, np.nan)
    finite = np.flatnonzero(np.isfinite(M).all(axis=(1, 2)) & np.isfinite(v).all(axis=1))
    singular = np.linalg.svd(M[finite], compute_uv=False)
    sound = singular[:, -1] > LEAST * singular[:, 0]
    out[finite[sound]] = np.linalg.solve(M[finite[sound]], v[finite[sound]][..., None])[..., 0]
    for k in finite[~sound]:
        out[k] = np.linalg.lstsq(M[k], v[k], rcond=LEAST)[0]
    return out
