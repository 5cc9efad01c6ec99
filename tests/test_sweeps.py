"""Sweeps against single calls, the simulator and exact arithmetic, and the ways in which a setting may fail."""

from __future__ import annotations

import math
import warnings
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import quadmaml as qm
from quadmaml import sweeps
from quadmaml.linalg import condition_number
from quadmaml.strategies import algorithms, tasks
from quadmaml.sweeps import groups as grouping
from quadmaml.sweeps import solved as solving
from quadmaml.sweeps.eigenbasis import Eigenbasis
from quadmaml.sweeps.several import Several, joined, structure

from .backends import BACKENDS

q = Fraction
LRS = [0.05, 0.1, 0.15, 0.2]
ALL = ["fixed_point", "condition", "best_lr", "rate", "losses", "mean_loss", "bias"]


def random_tasks(n=4, d=3, split=False, seed=0, array=np.asarray):
    rng = np.random.default_rng(seed)

    def part():
        Q, _ = np.linalg.qr(rng.normal(size=(n, d, d)))
        A = (Q * rng.uniform(0.2, 4.0, size=(n, 1, d))) @ Q.swapaxes(1, 2)
        return qm.Quadratic.from_minimizer(array((A + A.swapaxes(1, 2)) / 2), array(rng.normal(size=(n, d))))

    return qm.Tasks(part(), part() if split else None, array(rng.uniform(0.5, 2.0, size=n)))


def by_single_calls(algorithm, drawn):
    """The quantities of one setting, each by the call that is documented for it; nan where it refuses."""
    field, theta = algorithm.field(drawn), algorithm.fixed_point(drawn)
    try:
        outer = (field.best_lr(), field.rate(field.best_lr()))
    except qm.ConvergenceError:
        outer = (math.nan, math.nan)
    losses = qm.adapted_losses(drawn, theta, algorithm.loop)
    bias = np.linalg.norm(theta - qm.MAML(algorithm.loop).fixed_point(drawn))
    return [theta, condition_number(field.matrix), *outer, losses, drawn.weights @ losses, bias]


def agrees(found, index, algorithm, drawn, tolerance=1e-10):
    for name, expected in zip(ALL, by_single_calls(algorithm, drawn), strict=True):
        scale = max(1.0, np.abs(drawn.support.minimizer()).max()) if name in ("fixed_point", "bias", "losses") else 0
        np.testing.assert_allclose(
            found[name][index], expected, rtol=tolerance, atol=tolerance * scale, err_msg=f"{name} of {algorithm}"
        )


@pytest.fixture
def no_single_calls(monkeypatch):
    """What is not solved together is an error."""
    monkeypatch.setattr(solving, "Single", lambda *given: pytest.fail(f"a single call for {given[0]}"))


@pytest.mark.parametrize("split", [False, True])
def test_joined_settings_are_the_single_calls(split, no_single_calls):
    drawn = random_tasks(split=split)
    kinds = [qm.MAML, qm.FOMAML, qm.Reptile, qm.IMAML, qm.MoreauEnvelope, qm.Joint]
    found = qm.sweep(drawn, kinds, lr=LRS, steps=[1, 2, 5], strength=[0.5, 2.0], quantities=ALL)
    assert found.shape == (6, 4, 3, 2)
    assert set(found.status.flat) == {"ok"}
    for a, lr in enumerate(LRS):
        for b, k in enumerate([1, 2, 5]):
            for c, strength in enumerate([0.5, 2.0]):
                loop = qm.GradientDescent(lr, k)
                made = [qm.MAML(loop), qm.FOMAML(loop), qm.Reptile(loop), qm.IMAML(strength)]
                for i, algorithm in enumerate([*made, qm.MoreauEnvelope(strength), qm.Joint()]):
                    agrees(found, (i, a, b, c), algorithm, drawn)


LOOPS = {
    "heavy ball": lambda lr: qm.HeavyBall(lr, lr, 3),
    "schedule": lambda lr: qm.GradientDescent([lr, lr / 2]),
    "flow": lambda lr: qm.GradientFlow(3 * lr),
    "proximal": lambda lr: qm.Proximal(1 / lr),
    "proximal descent": lambda lr: qm.ProximalGradientDescent(lr, lr, 4),
    "Chebyshev": lambda lr: qm.Chebyshev(lr, 5.0, 3),
    "none": lambda lr: qm.NoAdaptation(),
}


def test_no_spectral_loop_is_forgotten():
    kinds = {getattr(qm.adaptation, name) for name in qm.adaptation.__all__ if name != "InnerLoop"}
    assert {kind for kind in kinds if kind.spectral} == {type(make(0.1)) for make in LOOPS.values()}


@pytest.mark.parametrize("split", [False, True])
@pytest.mark.parametrize("loop", LOOPS)
def test_every_spectral_loop_is_joined_with_itself(loop, split, no_single_calls):
    drawn, make = random_tasks(split=split, seed=1), LOOPS[loop]
    lrs = [0.02 * k for k in range(1, 17)]
    kinds = {"MAML": lambda lr: qm.MAML(make(lr)), "iMAML": lambda lr: qm.IMAML(1 + lr, make(lr))}
    if loop != "none":
        kinds["Reptile"] = lambda lr: qm.Reptile(make(lr))
    found = qm.sweep(drawn, kinds, lr=lrs, quantities=ALL)
    for k, lr in enumerate(lrs):
        for i, make_one in enumerate(kinds.values()):
            agrees(found, (i, k), make_one(lr), drawn)


def test_truncation_and_its_depth(no_single_calls):
    drawn, lrs = random_tasks(), [0.05 + 0.01 * k for k in range(8)]
    found = qm.sweep(drawn, qm.TruncatedMAML, lr=lrs, steps=[3], depth=[0, 2], quantities=ALL)
    for k, lr in enumerate(lrs):
        for j, depth in enumerate([0, 2]):
            agrees(found, (0, k, 0, j), qm.TruncatedMAML(qm.GradientDescent(lr, 3), depth), drawn)


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data())
def test_any_setting_on_any_tasks_is_the_single_call(data):
    drawn = data.draw(tasks(max_dim=4, curvature=data.draw(st.sampled_from(["definite", "semidefinite", "any"]))))
    given_ones = data.draw(st.lists(algorithms(drawn.dim, smallest_eigenvalue=-10), min_size=1, max_size=4))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(solving, "WORTH_JOINING", 1)
        found = qm.sweep(drawn, {f"{k}": each for k, each in enumerate(given_ones)}, quantities=["fixed_point", "rate"])
    for k, algorithm in enumerate(given_ones):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                theta, status = algorithm.fixed_point(drawn), "ok"
            except (qm.SingularError, qm.ConvergenceError) as error:
                status = "singular" if isinstance(error, qm.SingularError) else "diverged"
        if status != "ok":
            assert found.status[k] == status
            assert np.isnan(found["fixed_point"][k]).all()
            continue
        assert found.status[k] == ("ill-conditioned" if caught else "ok")
        scale = max(1.0, np.abs(theta).max(), np.abs(drawn.support.linear).max())
        np.testing.assert_allclose(found["fixed_point"][k], theta, rtol=0, atol=1e-10 * scale)


@pytest.mark.parametrize("lr", [0.2499, 0.25, 0.2501, 0.4999, 0.4999999])
def test_near_converged_settings_are_as_close_to_exact_arithmetic_as_single_calls(lr):
    """With curvature 2 and 4, lr near 1/4 and 1/2 leaves next to nothing of the start."""
    rng = np.random.default_rng(3)
    A = np.array([[[3.0, 1.0], [1.0, 3.0]], [[4.0, 0.0], [0.0, 2.0]], [[2.0, 0.0], [0.0, 4.0]]])
    c = rng.integers(-4, 5, size=(3, 2)).astype(float)
    drawn, exact = (
        qm.Tasks.from_minimizers(A, c),
        qm.Tasks.from_minimizers(*(np.vectorize(q, otypes=[object])(x) for x in (A, c))),
    )
    steps = list(range(1, 21))
    found = qm.sweep(drawn, [qm.MAML, qm.FOMAML, qm.Reptile], lr=[lr], steps=steps)
    for i, kind in enumerate([qm.MAML, qm.FOMAML, qm.Reptile]):
        for k in steps:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", qm.IllConditionedWarning)
                try:
                    single = kind(qm.GradientDescent(lr, k)).fixed_point(drawn)
                except qm.SingularError:
                    assert found.status[i, 0, k - 1] == "singular"
                    continue
            truth = kind(qm.GradientDescent(q(lr), k)).fixed_point(exact).astype(float)
            theta = found["fixed_point"][i, 0, k - 1]
            allowed = max(1e-10 * np.abs(c).max(), 10 * np.abs(single - truth).max())
            assert np.abs(theta - truth).max() <= allowed, (kind, k, found.status[i, 0, k - 1])


def test_twin_without_the_estimate_of_rounding_errors_a_wrong_setting_is_let_through(monkeypatch):
    """lr = 1/4 solves the tasks but for rounding errors: what is left of M is noise, which the estimate sees."""
    rng = np.random.default_rng(5)
    Q, _ = np.linalg.qr(rng.normal(size=(3, 4, 4)))
    A = (Q * (4 + 1e-9 * rng.uniform(size=(3, 1, 4)))) @ Q.swapaxes(1, 2)
    drawn = qm.Tasks.from_minimizers((A + A.swapaxes(1, 2)) / 2, rng.normal(size=(3, 4)))
    lrs = [0.25 + 1e-11 * k for k in range(16)]

    def worst():
        found = qm.sweep(drawn, [qm.MAML], lr=lrs, steps=[2])
        single = [qm.MAML(qm.GradientDescent(lr, 2)).fixed_point(drawn) for lr in lrs]
        return np.abs(found["fixed_point"][0, :, 0] - single).max()

    assert worst() == 0.0
    monkeypatch.setattr(solving, "_safe", lambda singular, error: [True] * len(error))
    assert worst() > 1e-10


def test_twin_too_few_terms_are_seen(monkeypatch):
    """A pole at -0.01, beside curvature from 0.01 to 4, needs more than the 64 terms that are tried first."""
    A = np.array([[[2.0, 1.9], [1.9, 2.0]], [[0.01, 0.0], [0.0, 4.0]]])
    drawn, strengths = qm.Tasks.from_minimizers(A, [[0.0, 1.0], [3.0, -1.0]]), [0.01 * k for k in range(1, 17)]
    true, counts = grouping.expanded, []

    def off():
        return np.abs(qm.sweep(drawn, qm.IMAML, strength=strengths)["fixed_point"][0, 0] - expected).max()

    expected = qm.IMAML(0.01).fixed_point(drawn)
    monkeypatch.setattr(grouping, "expanded", lambda *given: counts.append(given[1].count) or true(*given))
    assert off() < 1e-10
    assert max(counts) > 64

    def unchecked(*given):
        made = true(*given)
        return type(made)(made.coefficients, 0 * made.coefficients[0][:, 0])

    monkeypatch.setattr(grouping, "expanded", unchecked)
    assert off() > 1e-10


def test_the_fixed_point_of_a_sweep_is_where_the_simulator_stands_still():
    drawn = random_tasks(split=True)
    found = qm.sweep(drawn, [qm.MAML, qm.FOMAML, qm.Reptile], lr=LRS, steps=[1, 3])
    for i, kind in enumerate([qm.MAML, qm.FOMAML, qm.Reptile]):
        for a, lr in enumerate(LRS):
            theta = found["fixed_point"][i, a, 1]
            gradient = qm.simulate.meta_gradient(kind(qm.GradientDescent(lr, 3)), drawn, theta)
            assert np.abs(gradient).max() < 1e-10


def test_exact_scalars_are_exact():
    array = np.vectorize(lambda x: q(x).limit_denominator(50), otypes=[object])
    A = array(np.array([[[2.0, 0.5], [0.5, 1.0]], [[1.0, 0.25], [0.25, 3.0]]]))
    drawn = qm.Tasks.from_minimizers(A, array([[0.0, 1.0], [4.0, -1.0]]))
    lrs = [q(1, k) for k in range(3, 12)]
    found = qm.sweep(drawn, [qm.MAML, qm.FOMAML], lr=lrs, steps=[1, 2], quantities=["fixed_point", "losses", "rate"])
    for i, kind in enumerate([qm.MAML, qm.FOMAML]):
        for a, lr in enumerate(lrs):
            algorithm = kind(qm.GradientDescent(lr, 2))
            theta = algorithm.fixed_point(drawn)
            assert found["fixed_point"][i, a, 1].tolist() == theta.tolist()
            assert found["losses"][i, a, 1].tolist() == qm.adapted_losses(drawn, theta, algorithm.loop).tolist()
    assert found["rate"].dtype == float


MANY = [0.01 * k for k in range(1, 17)]


@pytest.mark.parametrize("split", [False, True])
def test_other_array_libraries(backend, split, no_single_calls):
    both = [random_tasks(split=split, array=array) for array in (backend.array, np.asarray)]
    names = ["fixed_point", "rate", "mean_loss"] if backend.name != "jax" else ["fixed_point"]
    here, there = (qm.sweep(each, qm.MAML, lr=MANY, steps=2, quantities=names) for each in both)
    for name in names:
        assert type(here[name]) is np.ndarray
        np.testing.assert_allclose(here[name], there[name], rtol=1e-9)


def test_functions_get_points_of_the_tasks_own_library(backend):
    if backend.name == "jax":
        pytest.skip("each shape is compiled, for seconds")
    drawn, kinds = random_tasks(array=backend.array), []
    one = {"kind": lambda algorithm, tasks, theta: kinds.append(type(theta)) or 0.0}
    qm.sweep(drawn, {"a": qm.Joint(), "b": lambda lr: qm.MAML(qm.GradientDescent(lr, 1))}, lr=MANY, quantities=one)
    assert set(kinds) == {type(drawn.support.linear)}


@pytest.mark.parametrize("name", ["numpy", "strict", "torch-cpu"])
def test_single_precision_is_joined_and_has_its_digits(name, no_single_calls):
    (backend,) = (each for each in BACKENDS if each.name == name)
    backend.skip_unless_present()
    drawn = random_tasks(array=lambda x: backend.array(x, "float32"))
    found, true = (qm.sweep(each, [qm.MAML], lr=LRS, steps=[1, 2, 3, 4]) for each in (drawn, random_tasks()))
    np.testing.assert_allclose(found["fixed_point"], true["fixed_point"], rtol=1e-2, atol=1e-3)


def test_loops_that_cannot_be_joined_take_the_single_call():
    drawn = random_tasks()

    class Nesterov(qm.InnerLoop):
        def __init__(self, lr):
            self.lr = lr

        def residual(self, x):
            return (1 - self.lr * x) * (1 + self.lr * x)

    kinds = {
        "partial": lambda lr: qm.MAML(qm.PartialGradientDescent([True, False, True], lr, 2)),
        "preconditioned": lambda lr: qm.FOMAML(qm.PreconditionedGradientDescent([lr, 0.1, 0.2], 2)),
        "own": lambda lr: qm.Reptile(Nesterov(lr)),
    }
    found = qm.sweep(drawn, kinds, lr=LRS, quantities=["fixed_point"])
    for i, make in enumerate(kinds.values()):
        for a, lr in enumerate(LRS):
            assert found["fixed_point"][i, a].tolist() == make(lr).fixed_point(drawn).tolist()


# What may go wrong with a setting, without losing the others


def test_no_single_fixed_point_is_nan_with_a_status():
    drawn = qm.Tasks.from_minimizers(np.full((2, 1, 1), 4.0), [[0.0], [1.0]])
    names = ["fixed_point", "condition", "rate", "losses", "mean_loss", "bias"]
    found = qm.sweep(drawn, [qm.MAML, qm.Reptile], lr=[0.125, 0.25], steps=[0, 1], quantities=names)
    assert found.status.tolist() == [[["ok", "ok"], ["ok", "singular"]], [["singular", "ok"], ["singular", "ok"]]]
    assert np.isnan(found["fixed_point"][0, 1, 1]).all()
    assert math.isinf(found["condition"][0, 1, 1])
    assert np.isnan(found["losses"][0, 1, 1]).all()
    assert np.isnan([found[name][0, 1, 1] for name in ("rate", "mean_loss", "bias")]).all()
    assert found["fixed_point"][0, 0, 1].tolist() == [0.5]


def test_divergence_is_nan_with_a_status():
    drawn = random_tasks()
    found = qm.sweep(drawn, qm.MAML, lr=[*LRS, 1e60], steps=[1, 2, 3, 4], quantities=ALL)
    assert found.status[0, -1, -1] == "diverged"
    assert np.isnan(found["fixed_point"][0, -1, -1]).all()
    assert np.isnan(found["condition"][0, -1, -1])
    assert set(found.status[0, :-1].flat) == {"ok"}


def test_a_pole_is_a_status_of_its_setting_only():
    drawn = qm.Tasks.from_minimizers([[[-1.0]], [[2.0]]], [[0.0], [1.0]])
    strengths = [1.0, *(2.0 + 0.1 * k for k in range(16))]
    found = qm.sweep(drawn, qm.IMAML, strength=strengths)
    assert found.status[0].tolist() == ["singular"] + ["ok"] * 16


def test_few_correct_digits_are_told_where_the_single_call_warns():
    drawn = qm.Tasks.from_minimizers([np.diag([1.0, 1e-13])] * 2, np.eye(2))
    found = qm.sweep(drawn, [qm.Joint, qm.MAML], lr=LRS, steps=[1, 2, 3, 4])
    assert set(found.status.flat) == {"ill-conditioned"}


def test_a_factory_may_leave_a_setting_out():
    def truncated(lr, steps, depth):
        return qm.TruncatedMAML(qm.GradientDescent(lr, steps), depth) if depth <= steps else None

    found = qm.sweep(random_tasks(), [truncated], lr=[0.1], steps=[1, 2], depth=[0, 1, 2])
    assert found.status.tolist() == [[[["ok", "ok", "left out"], ["ok", "ok", "ok"]]]]
    assert np.isnan(found["fixed_point"][0, 0, 0, 2]).all()


# The grid, and what is asked


def test_numbers_are_axes_of_one_and_unused_hyperparameters_are_broadcast():
    found = qm.sweep(random_tasks(), [qm.Joint, qm.MAML], lr=0.1, steps=range(3))
    assert found.axes == {"algorithm": ("Joint", "MAML"), "lr": (0.1,), "steps": (0, 1, 2)}
    assert found["fixed_point"][0, 0, 0].tolist() == found["fixed_point"][0, 0, 2].tolist()


def test_equal_algorithms_are_solved_once(monkeypatch):
    counts, true = [], solving.solved
    monkeypatch.setattr(
        "quadmaml.sweeps.grid.solved", lambda drawn, found: counts.append(len(found)) or true(drawn, found)
    )
    qm.sweep(
        random_tasks(), [qm.Joint, qm.MAML, qm.IMAML], lr=LRS, steps=[1, 2], strength=[1.0, 2.0], quantities="bias"
    )
    # Joint training and MAML on no steps, 8 settings of MAML, 2 of iMAML and their own MAML
    assert counts == [1 + 8 + 2 + 1 + 2]


def test_another_inner_loop():
    drawn = random_tasks()
    found = qm.sweep(drawn, qm.Reptile, lr=[0.1], steps=[2], momentum=[0.0, 0.5], inner=qm.HeavyBall)
    expected = qm.Reptile(qm.HeavyBall(0.1, 0.5, 2)).fixed_point(drawn)
    assert found["fixed_point"][0, 0, 0, 1] == pytest.approx(expected, rel=1e-12)


def test_functions_as_quantities():
    drawn, seen = random_tasks(), []

    def spread(algorithm, tasks, theta):
        seen.append(algorithm)
        return [float(np.ptp(theta)), tasks.dim]

    found = qm.sweep(drawn, [qm.MAML], lr=[*LRS, 1e4], steps=[1, 2, 3, 400], quantities=[spread, "bias"])
    assert found.dims("spread") == ("algorithm", "lr", "steps", "spread_0")
    assert found["spread"][0, 0, 0, 0] == pytest.approx(np.ptp(qm.MAML(qm.GradientDescent(0.05, 1)).fixed_point(drawn)))
    assert np.isnan(found["spread"][0, -1, -1]).all()
    assert len(seen) < 20
    origin = sweeps.distance_to([0.0, 0.0, 0.0])
    shifts = qm.sweep(drawn, qm.Joint, quantities={"size": origin, "other": "distance_to_joint"})
    assert shifts["size"][0] == pytest.approx(np.linalg.norm(qm.Joint().fixed_point(drawn)))
    assert shifts["other"].tolist() == [0.0]


def test_progress_is_told():
    calls = []
    qm.sweep(random_tasks(), [qm.MAML], lr=LRS, steps=range(5), progress=lambda *given: calls.append(given))
    assert calls[0] == (0, 20, "solving settings")
    assert calls[-1] == (20, 20, "solving settings")
    assert [done for done, _, _ in calls] == sorted(done for done, _, _ in calls)


BAD = [
    ({"algorithms": []}, "algorithms"),
    ({"algorithms": [3]}, "algorithms"),
    ({"algorithms": [lambda lr: qm.Joint()], "lr": [0.1]}, "mapping"),
    ({"algorithms": [qm.MAML, qm.MAML], "lr": [0.1], "steps": [1]}, "algorithms"),
    ({"algorithms": [qm.MAML], "lr": [0.1]}, "steps"),
    ({"algorithms": [qm.IMAML]}, "strength"),
    ({"algorithms": [qm.Joint], "lr": [0.1]}, "lr: none of the algorithms"),
    ({"algorithms": [qm.MAML], "lr": [0.1, -0.1], "steps": [1]}, "MAML at lr=-0.1"),
    ({"algorithms": [qm.MAML], "lr": [0.1, 0.1], "steps": [1]}, "each of them once"),
    ({"algorithms": [qm.MAML], "lr": [], "steps": [1]}, "lr"),
    ({"algorithms": [qm.MAML], "lr": ["a"], "steps": [1]}, "lr"),
    ({"algorithms": [qm.MAML], "lr": [0.1], "steps": [1], "algorithm": [1]}, "algorithm"),
    ({"algorithms": [qm.MAML], "lr": [0.1], "steps": [1], "inner": 3}, "inner"),
    ({"algorithms": {"none": lambda lr: lr}, "lr": [0.1]}, "none made 0.1"),
    ({"algorithms": [qm.Joint], "quantities": []}, "quantities"),
    ({"algorithms": [qm.Joint], "quantities": "size"}, "expected some of"),
    ({"algorithms": [qm.Joint], "quantities": [lambda a, t, x: 1.0]}, "mapping"),
    ({"algorithms": [qm.Joint], "quantities": ["rate", "rate"]}, "two"),
]


@pytest.mark.parametrize(("given", "words"), BAD, ids=[words for _, words in BAD])
def test_bad_input_is_refused_in_one_line(given, words):
    with pytest.raises(qm.InputError, match=words) as caught:
        qm.sweep(random_tasks(), **given)
    assert "\n" not in str(caught.value)


def test_values_of_different_shapes_are_refused():
    with pytest.raises(qm.InputError, match="different shapes"):
        qm.sweep(
            random_tasks(),
            [qm.Joint, qm.MAML],
            lr=[0.1],
            steps=[1],
            quantities={"x": lambda a, t, x: x[: len(str(a)) % 3]},
        )


def test_only_tasks_of_arrays():
    with pytest.raises(qm.InputError, match="tasks"):
        qm.sweep("tasks", [qm.Joint])
    from quadmaml.curvature import Diagonal

    letters = qm.Tasks(qm.Quadratic([Diagonal(q(1)), Diagonal(q(3))], [q(0), q(4)]))
    with pytest.raises(qm.InputError, match="tasks"):
        qm.sweep(letters, [qm.Joint])


# Sums over tasks


def test_sums_over_split_tasks_are_those_of_matrix_polynomials():
    """Asked for in an order in which some are parts of earlier ones, and others their transposes."""
    drawn = random_tasks(split=True)
    basis = Eigenbasis.of(drawn)
    low, high = basis.interval
    B, c, A, h = (
        drawn.support.hessian,
        drawn.support.linear,
        drawn.query.hessian,
        drawn.query.linear,
    )
    X, w = (2 * B - (low + high) * np.eye(3)) / (high - low), drawn.weights
    T = [np.broadcast_to(np.eye(3), X.shape), X]
    while len(T) < 7:
        T.append(2 * X @ T[-1] - T[-2])
    for kept, count in ((1, 3), (7, 7), (4, 4), (1, 7)):
        matrices, vectors, across = basis.split_moments(kept, count)
        for k in range(kept):
            np.testing.assert_allclose(vectors[k], np.einsum("n,nij,nj->i", w, T[k], h), atol=1e-12)
            for m in range(count):
                both = np.einsum("n,nij,njk,nkl->il", w, T[k], A, T[m])
                np.testing.assert_allclose(matrices[k * count + m].reshape(3, 3), both, atol=1e-12)
                moved = np.einsum("n,nij,njk,nkl,nl->i", w, T[k], A, T[m], c)
                np.testing.assert_allclose(across[k * count + m], moved, atol=1e-12)
    assert len(basis._known_split) == 2


# Numbers side by side


def test_several_numbers_are_read_as_one_by_one():
    loops = [qm.MAML(qm.HeavyBall(0.1 * k, 0.2 * k, 3)) for k in (1, 2, 3)]
    shapes, numbers = zip(*map(structure, loops), strict=True)
    assert len(set(shapes)) == 1
    a = np.array([[0.5, 1.0], [2.0, 3.0]])
    together = joined(shapes[0], numbers, a).weight(a)
    np.testing.assert_allclose(together, [each.weight(a) for each in loops], rtol=1e-14)


def test_settings_of_other_structure_are_not_joined():
    shapes = [structure(qm.MAML(qm.GradientDescent(0.1, k)))[0] for k in (1, 2)]
    assert shapes[0] != shapes[1]
    assert structure(qm.MAML(qm.PartialGradientDescent([True], 0.1, 1))) is None


def test_several_numbers_have_no_order():
    both = Several(np.array([[[1.0]], [[-3.0]]]))
    assert abs(both) == 3.0
    with pytest.raises(TypeError):
        both < 1  # noqa: B015
