"""Tasks: weights, parts, and construction from optima and from regression data."""

from fractions import Fraction

import numpy as np
import pytest
import sympy

import quadmaml as qm
from quadmaml import Quadratic, Tasks

q = Fraction
number = pytest.mark.parametrize("number", [float, q], ids=["float", "Fraction"])


def to(x, number=float):
    return np.vectorize(number, otypes=[object if number is q else float])(x)


def three(number=float, weights=(1, 2, 5)):
    A, c = to([[[1]], [[3]], [[2]]], number), to([[0], [4], [-1]], number)
    return Tasks.from_minimizers(A, c, None if weights is None else to(weights, number))


@number
def test_weights_are_normalised(number):
    assert three(number).weights.tolist() == [q(1, 8), q(1, 4), q(5, 8)]
    assert three(number, None).weights.tolist() == [number(1) / 3] * 3
    assert three(number, (0, 0, 3)).weights.tolist() == [0, 0, 1]
    assert Tasks.from_minimizers([[[1.0]]], [[0.0]], [5.0]).weights.tolist() == [1.0]


def test_symbolic_weights_are_taken_on_trust():
    w = sympy.symbols("w1 w2", positive=True)
    tasks = Tasks(Quadratic([[[sympy.Integer(1)]]] * 2, [[sympy.Integer(0)]] * 2), None, list(w))
    assert sympy.simplify(sum(tasks.weights)) == 1


@number
def test_from_minimizers(number):
    tasks = three(number)
    assert (len(tasks), tasks.dim) == (3, 1)
    assert tasks.query is tasks.support
    assert tasks.support.minimizer().tolist() == [[0], [4], [-1]]
    assert tasks.support.minimum().tolist() == [0, 0, 0]
    assert tasks.mean_minimizer().tolist() == [q(3, 8)]


def test_dimension():
    tasks = Tasks.from_minimizers(np.ones((1, 3, 3)) + np.eye(3), np.zeros((1, 3)))
    assert (len(tasks), tasks.dim) == (1, 3)


@number
def test_parts_have_their_weights_normalised_anew(number):
    tasks = three(number)
    part = tasks[1:]
    assert (len(part), part.support.linear.tolist()) == (2, [[12], [-2]])
    assert part.weights.astype(float).tolist() == pytest.approx([2 / 7, 5 / 7])
    assert part.query is part.support
    for index, h in [(0, 0), (2, -2), (-1, -2), (-3, 0), (np.int64(1), 12)]:
        one = tasks[index]
        assert (len(one), one.support.linear.tolist(), one.weights.tolist()) == (1, [[h]], [1])


def test_parts_of_a_split():
    support = Quadratic([[[1.0]], [[2.0]]], [[1.0], [2.0]])
    query = Quadratic([[[3.0]], [[4.0]]], [[5.0], [6.0]])
    tasks = Tasks(support, query)
    assert tasks.query is query
    assert tasks[1].query.linear.tolist() == [[6.0]]
    assert tasks[1].support.linear.tolist() == [[2.0]]


@pytest.mark.parametrize("index", [3, -4, 100])
def test_parts_that_are_not_there(index):
    with pytest.raises(IndexError, match=f"task {index} of 3"):
        three()[index]


def test_iteration_ends():
    assert [float(task.support.linear[0, 0]) for task in three()] == [0.0, 12.0, -2.0]


@number
def test_from_regression(number):
    x, y, X = to([[1]], number), to([2], number), to([[1], [2]], number)
    tasks = Tasks.from_regression([(x, y, X, to([2, 3], number)), [X, to([0, 1], number), x, y]], number(1) / 2)
    # support 1/(2m) sum (x theta - y)^2 + 1/4 theta^2
    assert tasks.support.hessian.tolist() == [[[1.5]], [[3]]]
    assert tasks.support.linear.tolist() == [[2], [1]]
    assert tasks.query.hessian.tolist() == [[[3]], [[1.5]]]
    assert tasks.query.linear.tolist() == [[4], [2]]
    assert tasks.support.constant.tolist() == [2, 0.25]
    assert tasks.weights.tolist() == [0.5, 0.5]


def test_from_regression_takes_generators_and_weights():
    group = ([[1.0]], [2.0], [[1.0]], [3.0])
    tasks = Tasks.from_regression((group for _ in range(2)), weights=[1.0, 3.0])
    assert tasks.weights.tolist() == [0.25, 0.75]
    assert tasks.support.hessian.tolist() == [[[1.0]], [[1.0]]]


def test_mean_minimizer_of_flat_tasks():
    with pytest.raises(qm.SingularError, match="mean_minimizer"):
        Tasks(Quadratic([[[0.0]], [[1.0]]], [[0.0], [0.0]])).mean_minimizer()


def test_library_and_dtype_are_kept(backend):
    for dtype in ("float32", "float64"):
        A = backend.array([[[1.0]], [[3.0]]], dtype)
        tasks = Tasks.from_minimizers(A, backend.array([[0.0], [4.0]], dtype))
        for part in (tasks.weights, tasks.mean_minimizer(), tasks[0].support.hessian):
            assert type(part) is type(A)
            assert part.dtype == A.dtype
        assert float(tasks.mean_minimizer()[0]) == 2.0


@number
def test_tasks_of_weight_zero_have_equal_weights_alone(number):
    tasks = three(number, (1, 0, 0))
    assert tasks[1].weights.tolist() == [1]
    assert tasks[1:].weights.tolist() == [number(1) / 2] * 2
    assert tasks[:2].weights.tolist() == [1, 0]
    assert [len(task) for task in tasks] == [1, 1, 1]


def test_huge_and_tiny_weights_are_normalised(backend):
    for dtype, most, least in (("float32", 3e38, 1.2e-38), ("float64", 1.7e308, 2.3e-308)):
        A, c = backend.array([[[1.0]], [[3.0]]], dtype), backend.array([[0.0], [4.0]], dtype)
        for w in ([most, most], [least, least]):
            weights = Tasks.from_minimizers(A, c, backend.array(w, dtype)).weights
            assert backend_list(weights) == pytest.approx([0.5, 0.5], rel=1e-6)
        assert backend_list(Tasks.from_minimizers(A, c, backend.array([most, 0.0], dtype)).weights) == [1, 0]


def backend_list(x):
    return [float(entry) for entry in x]


def test_indices_of_every_kind(backend):
    tasks = Tasks.from_minimizers(backend.array(np.ones((3, 1, 1))), backend.array([[0.0], [1.0], [2.0]]))
    xp = qm.arrays.namespace(tasks.weights)
    assert len(tasks) == 3
    assert backend_list(tasks[xp.asarray(2)].support.linear[:, 0]) == [2.0]
    mask = [True, False, True]
    for index in ([0, 2], [0, -1], np.array([0, 2]), xp.asarray([0, 2]), mask, np.array(mask), xp.asarray(mask)):
        assert backend_list(tasks[index].support.linear[:, 0]) == [0.0, 2.0]
        assert backend_list(tasks[index].weights) == [0.5, 0.5]
    for index in ([3], xp.asarray([-4]), [True]):
        with pytest.raises(IndexError):
            tasks[index]
    assert backend_list(tasks[-2:].support.linear[:, 0]) == [1.0, 2.0]
    for index in ("a", 1.0, None, ..., (0,)):
        with pytest.raises(TypeError, match="indexed by integers, slices, lists or arrays, not by"):
            tasks[index]


def test_tasks_without_an_optimum_have_no_mean_whatever_the_draw():
    """Three rows inform three of five directions, also where rounding errors make the curvature invertible."""
    for seed in range(40):
        rng = np.random.default_rng(seed)
        draw = rng.normal
        rows = draw(size=(3, 5)), draw(size=3), draw(size=(4, 5)), draw(size=4)
        with pytest.raises(qm.SingularError, match=r"mean_minimizer: .* rank 3 of 5 to working precision") as caught:
            Tasks.from_regression([rows]).mean_minimizer()
        assert caught.value.rank == 3
        assert np.abs(rows[0] @ caught.value.nullspace).max() < 1e-14


def test_weights_of_floats_are_checked_at_once(monkeypatch):
    """One by one they take seconds in libraries that dispatch each operation."""
    asked = []
    monkeypatch.setattr(qm.tasks, "known", lambda condition: asked.append(condition) or bool(condition()))
    many = np.ones((100, 1, 1))
    Tasks.from_minimizers(many, many[:, 0], many[:, 0, 0])
    assert len(asked) == 2
    with pytest.raises(qm.InputError, match="weights"):
        Tasks.from_minimizers(many, many[:, 0], np.append(many[1:, 0, 0], -1.0))
