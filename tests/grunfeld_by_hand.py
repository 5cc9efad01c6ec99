"""The report's numbers for Grunfeld's data in plain NumPy: loops over tasks and steps, and nothing of quadmaml."""

import csv
from pathlib import Path

import numpy as np

CSV = Path(__file__).parents[1] / "quadmaml" / "data" / "grunfeld.csv"
RIDGE, STEPS = 1e-3, 5


def parts():
    with open(CSV, newline="") as file:
        rows = list(csv.DictReader(file))
    columns = {name: np.array([float(row[name]) for row in rows]) for name in ("invest", "value", "capital")}
    for name, x in columns.items():
        columns[name] = (x - x.sum() / 220) / np.sqrt(((x - x.sum() / 220) ** 2).sum() / 220)
    X = np.array([[1.0, v, c] for v, c in zip(columns["value"], columns["capital"], strict=True)])
    support, query = [], []
    for i in range(11):
        first, second = slice(20 * i, 20 * i + 10), slice(20 * i + 10, 20 * i + 20)
        support.append((X[first], columns["invest"][first]))
        query.append((X[second], columns["invest"][second]))
    return support, query


def hessian(X):
    return X.T @ X / 10 + RIDGE * np.eye(3)


def solutions():
    """Every start, and the mean query loss after adapting from it."""
    support, query = parts()
    L = max(np.linalg.eigvalsh(hessian(X)).max() for X, _ in support)
    lr = 1 / (2 * L)
    strength = 1 / (lr * STEPS)
    inexact = 1 / (2 * (L + strength))
    one = np.eye(3)
    systems = {}
    for (X, y), (Xq, yq) in zip(support, query, strict=True):
        A, h, Aq, hq = hessian(X), X.T @ y / 10, hessian(Xq), Xq.T @ yq / 10
        gd, prox, inexactly = (one, 0 * h), None, (one, 0 * h)
        last = one
        for k in range(STEPS):
            gd = gd[0] - lr * A @ gd[0], gd[1] - lr * (A @ gd[1] - h)
            P, s = inexactly
            inexactly = P - inexact * (A @ P + strength * (P - one)), s - inexact * (A @ s - h + strength * s)
            last = last - lr * A @ last if k < 3 else last
        inverse = np.linalg.inv(A + strength * one)
        prox = strength * inverse, inverse @ h
        pairs = {
            "Joint training": (one, (one, 0 * h)),
            "MAML": (gd[0], gd),
            "First-order MAML": (one, gd),
            "Truncated MAML": (last, gd),
            "iMAML": (prox[0], prox),
            "iMAML, inexact": (prox[0], inexactly),
        }
        for name, (J, (P, s)) in pairs.items():
            M, v = systems.get(name, (0, 0))
            systems[name] = M + J.T @ Aq @ P, v + J.T @ (hq - Aq @ s)
        for name, (P, s) in (("Reptile", gd), ("Moreau envelope", prox)):
            M, v = systems.get(name, (0, 0))
            systems[name] = M + one - P, v + s
    starts = {name: np.linalg.solve(M, v) for name, (M, v) in systems.items()}
    starts["Mean of optima"] = np.mean([np.linalg.solve(hessian(X), X.T @ y / 10) for X, y in support], axis=0)
    return {name: (theta, mean_loss(theta, lr, support, query)) for name, theta in starts.items()}


def mean_loss(theta, lr, support, query):
    losses = []
    for (X, y), (Xq, yq) in zip(support, query, strict=True):
        phi = theta
        for _ in range(STEPS):
            phi = phi - lr * (X.T @ (X @ phi - y) / 10 + RIDGE * phi)
        losses.append(((Xq @ phi - yq) ** 2).sum() / 20 + RIDGE / 2 * phi @ phi)
    return sum(losses) / 11


if __name__ == "__main__":
    for name, (theta, loss) in solutions().items():
        print(f"{name:18} {theta.round(8)} {loss:.10f}")
