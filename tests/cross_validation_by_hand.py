"""Nested cross-validation over tasks in plain NumPy: explicit steps, explicit sums, and nothing of quadmaml.

``evaluate`` takes per task four arrays (X_support, y_support, X_query, y_query) of equally many rows in each task. It
gives the held-out loss of each task from the start of joint training, MAML, first-order MAML, Reptile, iMAML and the
mean of the optima, with hyper-parameters chosen by inner folds.
"""

import numpy as np

STEPS = (1, 3, 10, 30, 100)


def deal(n, folds, seed=0):
    out = np.zeros(n, dtype=int)
    for j, i in enumerate(np.random.default_rng(seed).permutation(n)):
        out[i] = j % folds
    return out


def standardised(parts, chosen, intercept):
    """All parts by the mean and deviation of the rows of the chosen tasks, and the deviation of the target."""
    X, y, Xq, yq = parts
    first = 1 if intercept else 0
    rows = np.concatenate([X[chosen], Xq[chosen]], axis=1).reshape(-1, X.shape[2])[:, first:]
    targets = np.concatenate([y[chosen], yq[chosen]], axis=1).ravel()
    m, s, my, sy = rows.mean(axis=0), rows.std(axis=0), targets.mean(), targets.std()
    out = [X.copy(), (y - my) / sy, Xq.copy(), (yq - my) / sy]
    for each in (out[0], out[2]):
        each[:, :, first:] = (each[:, :, first:] - m) / s
    return out, sy


def evaluate(groups, ridge, *, folds=10, inner_folds=5, standardise=True, steps=STEPS, fractions=(0.1, 0.3, 1.0)):
    parts = [np.stack([group[i] for group in groups]) for i in range(4)]
    n = len(parts[0])
    unit = standardised(parts, np.arange(n), True)[1] if standardise else 1.0
    outer, losses = deal(n, folds), {}
    for fold in range(folds):
        training = np.flatnonzero(outer != fold)
        fitted, own_unit = standardised(parts, training, True) if standardise else (parts, unit)
        inner = np.full(n, -1)
        inner[training] = deal(len(training), inner_folds)
        for name, found in one_fold(fitted, ridge, training, inner, inner_folds, steps, fractions).items():
            losses.setdefault(name, np.zeros(n))[outer == fold] = found[outer == fold] * (own_unit / unit) ** 2
    return losses


def one_fold(parts, ridge, training, inner, inner_folds, steps, fractions):
    X, y, Xq, yq = parts
    n, m, d = X.shape
    one = np.eye(d)
    A = np.einsum("nki,nkj->nij", X, X) / m + ridge * one
    h = np.einsum("nki,nk->ni", X, y) / m
    Aq = np.einsum("nki,nkj->nij", Xq, Xq) / Xq.shape[1] + ridge * one
    hq = np.einsum("nki,nk->ni", Xq, yq) / Xq.shape[1]
    L = np.linalg.eigvalsh(A[training]).max()
    members = [np.flatnonzero((inner >= 0) & (inner != f)) for f in range(inner_folds)] + [training]

    def ends(M, v):
        """The zero of the summed fields without each inner fold, and with all; each task gets its own."""
        points = [np.linalg.solve(M[who].sum(axis=0), v[who].sum(axis=0)) for who in members]
        return np.stack(points)[np.where(inner < 0, inner_folds, inner)]

    def judged(phi):
        return ((np.einsum("nki,ni->nk", Xq, phi) - yq) ** 2).mean(axis=1) / 2

    best = {}
    imaml = {}
    for strength in (0.01 * L, 0.1 * L, 1.0 * L):
        P = strength * np.linalg.inv(A + strength * one)
        s = np.einsum("nij,nj->ni", np.linalg.inv(A + strength * one), h)
        imaml[strength] = ends(P @ Aq @ P, np.einsum("nij,nj->ni", P, hq - np.einsum("nij,nj->ni", Aq, s)))
    joint, optima = ends(Aq, hq), np.linalg.solve(A, h[..., None])[..., 0]
    mean = np.stack([optima[who].mean(axis=0) for who in members])[np.where(inner < 0, inner_folds, inner)]
    for fraction in fractions:
        lr = fraction / L
        P, s, done = np.broadcast_to(one, A.shape), np.zeros((n, d)), 0
        for K in steps:
            for _ in range(K - done):
                P, s = P - lr * A @ P, s - lr * (np.einsum("nij,nj->ni", A, s) - h)
            done = K
            pulled = hq - np.einsum("nij,nj->ni", Aq, s)
            candidates = {
                "Joint training": [joint],
                "Mean of optima": [mean],
                "MAML": [ends(np.swapaxes(P, 1, 2) @ Aq @ P, np.einsum("nji,nj->ni", P, pulled))],
                "First-order MAML": [ends(Aq @ P, pulled)],
                "iMAML": list(imaml.values()),
                "Reptile": [ends(one - P, s)],
            }
            for name, starts in candidates.items():
                for start in starts:
                    found = judged(np.einsum("nij,nj->ni", P, start) + s)
                    if name not in best or found[training].mean() < best[name][training].mean():
                        best[name] = found
    return best


def difference(losses, name, baseline="Joint training"):
    """The mean over tasks of one loss minus another, and its standard error."""
    gap = losses[name] - losses[baseline]
    return gap.mean(), np.sqrt(((gap - gap.mean()) ** 2).sum() / (len(gap) - 1) / len(gap))
