"""The numbers behind the figures are the library's, and each curve has points that the simulator reaches on its own."""

from __future__ import annotations

import functools

import numpy as np
import pytest

import quadmaml as qm
from quadmaml import simulate
from quadmaml.plots import FIGURES, Table
from quadmaml.plots.gallery.examples import LR, STEPS, STRENGTH, algorithms, many_tasks, two_tasks

GD = qm.GradientDescent(LR, STEPS)
close = functools.partial(np.testing.assert_allclose, rtol=1e-10, atol=1e-13)


@functools.cache
def table(name):
    return FIGURES[name].data()


def xy(rows):
    return np.column_stack([rows["x"], rows["y"]])


def simulated_end(algorithm, tasks):
    """Where the simulator's outer loop ends, to about ten digits."""
    field = algorithm.field(tasks)
    lr = field.best_lr()
    steps = min(4000, 2 + int(np.log(1e-11) / np.log(field.rate(lr))))
    return simulate.meta_train(algorithm, tasks, np.zeros(tasks.dim), lr, steps)[-1]


def simulated_matrix(algorithm, tasks):
    """M, column by column, from meta-gradients of the simulator."""
    origin = simulate.meta_gradient(algorithm, tasks, np.zeros(tasks.dim))
    return np.column_stack([simulate.meta_gradient(algorithm, tasks, e) - origin for e in np.eye(tasks.dim)])


def simulated_weight(algorithm, a):
    """W(a): the slope of the simulator's meta-gradient on a single task of dimension one."""
    return simulated_matrix(algorithm, qm.Tasks.from_minimizers([[[a]]], [[0.0]]))[0, 0]


# (a)


def test_plane():
    tasks, rows = two_tasks(), table("plane")
    for name, algorithm in algorithms().items():
        point = xy(rows.where(kind="fixed point", name=name))[0]
        close(point, algorithm.fixed_point(tasks))
        close(point, simulated_end(algorithm, tasks), atol=1e-8)
    close(xy(rows.where(kind="closed form")), xy(rows.where(kind="simulated")), rtol=1e-9)
    end = algorithms()["MAML"].fixed_point(tasks)
    close(xy(rows.where(kind="adapted")), simulate.adapt(tasks.support, GD, end))
    close(xy(rows.where(kind="optimum")), tasks.support.minimizer())
    close(xy(rows.where(kind="midpoint")), [tasks.mean_minimizer()])
    for i, name in enumerate(("task 1", "task 2")):
        own = rows.where(kind="contour", name=name)
        f = tasks.support[i]
        np.testing.assert_allclose(f(xy(own)) - f.minimum(), own["level"], rtol=0.01)


# (b)


def test_weights():
    shown = algorithms() | {"truncated": qm.TruncatedMAML(GD, 1)}
    peaks = {"MAML": 1 / ((2 * STEPS + 1) * LR), "truncated": 1 / ((STEPS + 2) * LR), "FOMAML": 1 / ((STEPS + 1) * LR)}
    peaks["iMAML"] = STRENGTH
    for name, algorithm in shown.items():
        curve = table("weights").where(algorithm=name, maximum=0)
        close(curve["weight"], algorithm.weight(curve["curvature"]))
        for i in (10, 50, 90):
            close(curve["weight"][i], simulated_weight(algorithm, curve["curvature"][i]))
        largest = algorithm.weight(peaks[name]) if name in peaks else max(curve["weight"])
        close(curve["relative"], curve["weight"] / largest)
        peak = table("weights").where(algorithm=name, maximum=1)
        assert len(peak) == (name in peaks)
        if name in peaks:
            close(peak["curvature"], [peaks[name]], rtol=1e-6)
            close(peak["weight"], [simulated_weight(algorithm, peaks[name])])
            close(peak["relative"], 1.0)


# (c)


def test_fine_tuning():
    tasks, rows = two_tasks(), table("fine-tuning")
    starts = {name: each.fixed_point(tasks) for name, each in algorithms().items()}
    starts["midpoint"] = tasks.mean_minimizer()
    assert set(rows["start"]) == set(starts)
    for name, theta in starts.items():
        for k in (0, STEPS, 4 * STEPS):
            loop = qm.GradientDescent(LR, k)
            honest = tasks.query(simulate.adapt(tasks.support, loop, theta))
            at = rows.where(start=name, steps=k)
            for i in range(2):
                loss = at.where(task=f"task {i + 1}").one("loss")
                close(loss, qm.adapted_losses(tasks, theta, loop)[i])
                close(loss, honest[i])
            close(at.where(task="mean").one("loss"), honest.mean())
    trained = rows.where(task="mean", steps=STEPS)
    assert trained["start"][np.argmin(trained["loss"])] == "MAML"


# (d)


def test_paths():
    tasks, rows = two_tasks(), table("paths")
    joint, midpoint = qm.Joint().fixed_point(tasks), tasks.mean_minimizer()
    inverse, optima = np.linalg.inv(tasks.support.hessian), tasks.support.minimizer()
    weighted = np.linalg.solve(inverse.sum(axis=0), np.einsum("nij,nj->i", inverse, optima))
    limits = {("steps", "Reptile"): midpoint, ("strength", "Moreau"): midpoint, ("strength", "iMAML"): weighted}
    kinds = {"MAML": qm.MAML, "FOMAML": qm.FOMAML, "Reptile": qm.Reptile}
    seen = set()
    for against in ("lr", "steps", "strength"):
        paths = rows.where(against=against, kind="path")
        close(xy(rows.where(against=against, kind="joint"))[0], joint)
        close(xy(rows.where(against=against, kind="midpoint"))[0], midpoint)
        close(xy(rows.where(against=against, kind="optimum")), tasks.support.minimizer())
        for i, name in enumerate(("task 1", "task 2")):
            contour = rows.where(against=against, kind="contour", name=name)
            np.testing.assert_allclose(tasks.support[i](xy(contour)), contour["level"], rtol=0.01)
        for name, path in paths.split("name"):
            seen.add((against, name))
            value = path["value"][5]
            if against == "strength":
                algorithm = qm.IMAML(value) if name == "iMAML" else qm.MoreauEnvelope(value)
            else:
                loop = qm.GradientDescent(value, STEPS) if against == "lr" else qm.GradientDescent(LR, int(value))
                algorithm = kinds[name](loop)
            close(xy(path)[5], algorithm.fixed_point(tasks))
            close(xy(path)[5], simulated_end(algorithm, tasks), atol=1e-8)
            # From joint training, or as near to it as a step of Reptile is; to the limit, where that is known.
            close(xy(path)[0], joint, atol=0.03)
            if (against, name) in limits:
                close(xy(path)[-1], limits[against, name], atol=0.01)
    assert seen == {(a, n) for a in ("lr", "steps") for n in kinds} | {("strength", n) for n in ("iMAML", "Moreau")}


# (e)


def test_pareto():
    tasks, rows = two_tasks(), table("pareto")
    least = tasks.query.minimum()
    loops = {"no adaptation": qm.NoAdaptation(), "$K = 1$": qm.GradientDescent(LR, 1), f"$K = {STEPS}$": GD}
    for name, loop in loops.items():
        front = rows.where(kind="front", loop=name)
        losses = np.column_stack([front["loss_1"], front["loss_2"]])
        for i in (3, 30, 50):
            weighted = qm.Tasks(tasks.support, weights=[1 - front["weight"][i], front["weight"][i]])
            end = simulated_end(qm.MAML(loop), weighted)
            close(losses[i], tasks.query(simulate.adapt(tasks.support, loop, end)) - least, rtol=1e-5)
        # No start is below the front: each is above every tangent.
        tangents = np.column_stack([1 - front["weight"], front["weight"]])
        starts = np.random.default_rng(0).normal(size=(500, 2)) * 3
        reached = np.stack([qm.adapted_losses(tasks, theta, loop) for theta in starts]) - least
        assert (reached @ tangents.T >= (losses * tangents).sum(axis=1) - 1e-12).all()
        for algorithm_name, algorithm in algorithms().items():
            at = rows.where(kind="algorithm", loop=name, name=algorithm_name)
            honest = tasks.query(simulate.adapt(tasks.support, loop, algorithm.fixed_point(tasks))) - least
            close([at.one("loss_1"), at.one("loss_2")], honest)
    for name, loop in (("joint", "no adaptation"), ("MAML", f"$K = {STEPS}$")):
        front, at = rows.where(kind="front", loop=loop), rows.where(kind="algorithm", loop=loop, name=name)
        equal = front["weight"] == 0.5
        close([at.one("loss_1"), at.one("loss_2")], [front["loss_1"][equal][0], front["loss_2"][equal][0]])


# (f)


def test_bias():
    tasks, rows = many_tasks(), table("bias")
    for against, value in (("lr", 1), ("lr", 3), ("lr", 10), ("steps", 0.02), ("steps", 0.08), ("steps", LR)):
        other = "steps" if against == "lr" else "lr"
        curve = rows.where(against=against, **{other: value})
        at = len(curve) // 2
        loop = qm.GradientDescent(float(curve["lr"][at]), int(curve["steps"][at]))
        ends = [kind(loop).fixed_point(tasks) for kind in (qm.FOMAML, qm.MAML)]
        close(curve["bias"][at], np.linalg.norm(ends[0] - ends[1]))
        ends = [simulated_end(kind(loop), tasks) for kind in (qm.FOMAML, qm.MAML)]
        close(curve["bias"][at], np.linalg.norm(ends[0] - ends[1]), rtol=1e-7)
    small = rows.where(against="lr", steps=1)
    np.testing.assert_allclose(small["bias"][1] / small["bias"][0], small["lr"][1] / small["lr"][0], rtol=0.02)


# (g)


def test_conditioning():
    tasks, rows = many_tasks(), table("conditioning")
    for against, name in {(a, str(n)) for a, n in zip(rows["against"], rows["algorithm"], strict=True)}:
        curve = rows.where(against=against, algorithm=name)
        at = len(curve) // 3
        algorithm = algorithms(float(curve["lr"][at]), int(curve["steps"][at]))[name]
        spectrum = np.linalg.eigvalsh(algorithm.field(tasks).matrix)
        close(curve["condition"][at], spectrum[-1] / spectrum[0])
        M = simulated_matrix(algorithm, tasks)
        close(curve["condition"][at], np.linalg.cond(M), rtol=1e-8)
        lr = 2 / (spectrum[0] + spectrum[-1])
        close(curve["rate"][at], np.abs(np.linalg.eigvals(np.eye(6) - lr * M)).max(), rtol=1e-8)


# (h)


def test_errors():
    tasks, rows, theta = many_tasks(), table("errors"), np.zeros(6)
    for strength in (0.1, 0.5, 2.0):
        exact = simulate.meta_gradient(qm.IMAML(strength), tasks, theta)

        def off(g, exact=exact):
            return np.linalg.norm(g - exact) / np.linalg.norm(exact)

        own = rows.where(strength=strength)
        for k in (0, 1, 10):
            inexact = qm.IMAML(strength, qm.ProximalGradientDescent(strength, LR, k))
            error = own.where(solver="gradient descent", steps=k).one("error")
            close(error, off(inexact.meta_gradient(tasks, theta)))
            close(error, off(simulate.meta_gradient(inexact, tasks, theta)), rtol=1e-8)
        adapted = simulate.adapt(tasks.support, qm.Proximal(strength), theta)
        system = qm.Quadratic(tasks.support.hessian / strength + np.eye(6), tasks.query.gradient(adapted))
        # Neumann's series is gradient descent, which the simulator takes step by step.
        eta = 1 / (1 + np.linalg.eigvalsh(tasks.support.hessian).max() / strength)
        for m in (0, 1, 7):
            stepped = simulate.adapt(system, qm.GradientDescent(eta, m), theta).mean(axis=0)
            close(own.where(solver="Neumann", steps=m).one("error"), off(stepped), rtol=1e-8)
        # The first step of conjugate gradients is the steepest descent with exact line search.
        b, H = system.linear, system.hessian
        length = np.einsum("nd,nd->n", b, b) / np.einsum("nd,nde,ne->n", b, H, b)
        stepped = np.stack([simulate.adapt(system[i], qm.GradientDescent(length[i], 1), theta) for i in range(5)])
        close(own.where(solver="CG", steps=1).one("error"), off(stepped.mean(axis=0)), rtol=1e-8)
        assert own.where(solver="CG", steps=5).one("error") > 1e-6
        assert own.where(solver="CG", steps=6).one("error") < 1e-10


# (i)


def test_curvature():
    rows, C, g = table("curvature"), np.array([[1.5, 0.5], [0.5, 1.0]]), np.array([1.0, 0.5])
    x, u = xy(rows), np.array([0.5, 0.5])
    close(np.column_stack([rows["gradient_x"], rows["gradient_y"]]), (x - u) @ C + g)
    close(np.column_stack([rows["first_x"], rows["first_y"]]), np.broadcast_to(g, x.shape))
    close(rows["error"], np.linalg.norm((x - u) @ C, axis=1))
    # Up to a constant, which the page does not give; and the slopes between neighbours are the gradients there.
    values = np.einsum("ni,ij,nj->n", x - u, C, x - u) / 2 + x @ g
    close(rows["value"] - values, np.broadcast_to(rows["value"][0] - values[0], values.shape), atol=1e-12)
    f = qm.Quadratic.from_gradient(C, g, at=u)
    step = simulate.adapt(f, qm.GradientDescent(0.1, 1), x[7])
    close((x[7] - step) / 0.1, [rows["gradient_x"][7], rows["gradient_y"][7]])


# (j)


def test_regularised():
    rows, theta = table("regularised"), np.array([1.6, 0.2])
    f = qm.Quadratic([[2.25, -1.75], [-1.75, 2.25]], [0.0, 0.0])
    path = rows.where(kind="path")
    for i in (0, 40, 80):
        loop = qm.Proximal(float(path["strength"][i]))
        close(xy(path)[i], loop.map(f)(theta))
        close(xy(path)[i], simulate.adapt(f, loop, theta))
        columns = [simulate.adapt(f, loop, e) - simulate.adapt(f, loop, 0 * e) for e in np.eye(2)]
        close([path["jacobian_2"][i], path["jacobian_1"][i]], np.linalg.eigvalsh(np.column_stack(columns)), atol=1e-12)
    close(xy(rows.where(kind="theta")), [theta])
    close(xy(rows.where(kind="optimum")), [[0.0, 0.0]])
    close(xy(rows.where(kind="shown")), [simulate.adapt(f, qm.Proximal(1.0), theta)])
    np.testing.assert_allclose(f(xy(rows.where(kind="loss"))), rows.where(kind="loss")["level"], rtol=0.01)
    whole = rows.where(kind="regularised")
    values = f(xy(whole)) + np.sum((xy(whole) - theta) ** 2, axis=1) / 2
    np.testing.assert_allclose(values, whole["level"], rtol=0.01)


# (k)


def test_memory():
    rows, task = table("memory"), qm.Quadratic([[4.0, 0.0], [0.0, 0.5]], [0.0, 0.0])
    loops = {
        "gradient descent": qm.GradientDescent(LR, 7),
        "heavy ball": qm.HeavyBall(0.3, 0.3, 7),
        "Chebyshev": qm.Chebyshev(0.5, 4.0, 7),
        "gradient flow": qm.GradientFlow(LR * 7),
        "proximal 0.5": qm.ProximalGradientDescent(0.5, LR, 7),
        "proximal 0.1": qm.ProximalGradientDescent(0.1, LR, 7),
    }
    assert set(rows["loop"]) == set(loops)
    for name, loop in loops.items():
        norm = rows.where(loop=name, steps=7).one("norm")
        close(norm, max(abs(loop.residual(4.0)), abs(loop.residual(0.5))))
        columns = [simulate.adapt(task, loop, e) for e in np.eye(2)]
        close(norm, np.linalg.norm(np.column_stack(columns), 2), rtol=1e-9)


# (l)


def test_regions():
    two, many = two_tasks(), many_tasks()

    def loss(tasks, theta, loop):
        return float(tasks.query(simulate.adapt(tasks.support, loop, theta)).mean())

    rows = table("regions").where(claim="any steps")
    assert (rows["margin"][rows["x"] == rows["y"]] >= 0).all()
    for trained, steps in ((1, 1), (1, 20), (6, 2), (6, 20)):
        start = simulated_end(qm.MAML(qm.GradientDescent(LR, trained)), two)
        loop = qm.GradientDescent(LR, steps)
        margin = 1 - loss(two, start, loop) / loss(two, two.mean_minimizer(), loop)
        at = rows.where(x=trained, y=steps)
        close(at.one("margin"), margin, rtol=1e-5)
        assert at.one("holds") == (margin >= 0)
    assert {0, 1} == set(rows["holds"].tolist())
    rows = table("regions").where(claim="close")
    for row in (5, 100, 200):
        lr, steps = rows["x"][row], int(rows["y"][row])
        loop = qm.GradientDescent(lr, steps)
        losses = [loss(many, simulated_end(kind(loop), many), loop) for kind in (qm.FOMAML, qm.MAML)]
        close(rows["margin"][row], 1.1 - losses[0] / losses[1], rtol=1e-5, atol=1e-8)
    assert {0, 1} == set(rows["holds"].tolist())


# (m)


def test_spectra():
    rows, tasks = table("spectra"), many_tasks()
    for i in range(5):
        close(rows.where(of=f"task {i + 1}")["eigenvalue"], np.linalg.eigvalsh(tasks.query.hessian[i]))
        # One gradient step from c + e moves by lr A e.
        c = tasks[i : i + 1].support.minimizer()[0]
        moved = [c + e - simulate.adapt(tasks.support[i], qm.GradientDescent(1.0, 1), c + e) for e in np.eye(6)]
        close(rows.where(of=f"task {i + 1}")["eigenvalue"], sorted_(moved))
    conditions = {}
    for name, algorithm in algorithms().items():
        values = rows.where(of=name)["eigenvalue"]
        close(values, np.linalg.eigvalsh(algorithm.field(tasks).matrix))
        close(values, sorted_(simulated_matrix(algorithm, tasks)))
        conditions[name] = values[-1] / values[0]
    # As the caption says.
    assert max(conditions, key=conditions.__getitem__) == "joint"


def sorted_(matrix):
    return np.sort(np.linalg.eigvals(np.asarray(matrix)).real)


def test_every_figure_has_its_numbers_checked_here():
    tested = {name.removeprefix("test_").replace("_", "-") for name in globals() if name.startswith("test_")}
    assert set(FIGURES) <= tested, "add a test of its numbers, named for the figure"


@pytest.mark.parametrize("name", FIGURES)
def test_the_csv_holds_the_numbers_to_the_last_digit(name):
    import csv

    header, *lines = csv.reader(table(name).csv().splitlines())
    assert header == list(table(name).columns)
    assert len(lines) == len(table(name))
    for column, values in zip(header, zip(*lines, strict=True), strict=True):
        expected = table(name)[column]
        if expected.dtype.kind == "U":
            assert list(values) == expected.tolist()
        else:
            read = np.array([float(value) if value else np.nan for value in values])
            np.testing.assert_array_equal(read, expected.astype(float))


# Which columns name a curve, and which hold its numbers.
NAMES = {
    "plane": ("kind", "name"),
    "weights": ("algorithm", "maximum"),
    "fine-tuning": ("start", "task"),
    "paths": ("against", "kind", "name"),
    "pareto": ("kind", "loop", "name"),
    "bias": ("against", "curve"),
    "conditioning": ("against", "algorithm"),
    "errors": ("solver", "strength"),
    "curvature": (),
    "regularised": ("kind",),
    "memory": ("loop",),
    "regions": ("claim",),
    "spectra": ("of",),
}
NUMBERS = {
    "plane": ("x", "y"),
    "weights": ("weight", "relative"),
    "fine-tuning": ("loss",),
    "paths": ("x", "y"),
    "pareto": ("loss_1", "loss_2"),
    "bias": ("bias",),
    "conditioning": ("condition", "rate"),
    "errors": ("error",),
    "curvature": ("value", "gradient_x", "gradient_y", "first_x", "first_y", "error"),
    "regularised": ("x", "y", "jacobian_1", "jacobian_2"),
    "memory": ("norm",),
    "regions": ("margin",),
    "spectra": ("eigenvalue",),
}
CONTOURS = ("contour", "loss", "regularised")
MANY_CURVES = ("pareto", "paths", "regions")


def curves(name, whole):
    """The rows of each curve, by its name."""
    columns = dict(whole.columns)
    if name == "bias":
        columns["curve"] = np.where(columns["against"] == "lr", columns["steps"], columns["lr"])
    keys = list(zip(*(columns[each].tolist() for each in NAMES[name]), strict=True)) or [()] * len(whole)
    return {key: np.array([each == key for each in keys]) for key in dict.fromkeys(keys)}


@pytest.mark.parametrize(
    "name", [pytest.param(each, marks=pytest.mark.slow) if each in MANY_CURVES else each for each in FIGURES]
)
def test_twin_a_curve_that_is_off_is_caught(name, monkeypatch):
    """Each column of numbers of each curve, in turn, by a thousandth; contours, which are polygons, by a twentieth."""
    whole, check = table(name), globals()[f"test_{name.replace('-', '_')}"]
    missed = []
    for curve, rows in curves(name, whole).items():
        if "view" in curve:
            continue  # the corners of the picture
        share = 0.05 if set(curve) & set(CONTOURS) else 1e-3
        for column in NUMBERS[name]:
            numbers = whole[column]
            if np.isnan(numbers[rows]).all():
                continue  # this curve has no such column
            off = np.where(rows, numbers + share * np.maximum(np.abs(numbers), 0.1), numbers)
            wrong = Table({**whole.columns, column: off})
            monkeypatch.setitem(globals(), "table", lambda asked, wrong=wrong: wrong)
            try:
                check()
            except AssertionError:
                continue
            missed.append((curve, column))
    assert missed == []
