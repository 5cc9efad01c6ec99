"""The report: its numbers, its checks that can fail, its page, and what it leaves on the disk."""

from __future__ import annotations

import errno
import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

import quadmaml as qm
from quadmaml import algorithms, report, simulate
from quadmaml.datasets import RegressionGroups, Table, grunfeld, regression_groups, sinusoids, wage_panel
from quadmaml.field import AffineField
from quadmaml.report import page as page_of_report
from quadmaml.report.checks import Check, row_losses
from quadmaml.report.formulas import mathml, weights
from quadmaml.report.page import page
from quadmaml.report.settings import choose
from quadmaml.report.summary import answer, checks_in_words, in_sample, question, reasons

from . import grunfeld_by_hand
from .backends import need

FILES = ["report.html", "results.json", "solutions.npz"]


def grunfeld_groups():
    return regression_groups(grunfeld(), "firm", "invest", ["value", "capital"])


@pytest.fixture(autouse=True)
def no_derivations(monkeypatch):
    """The appendix has tests of its own, and takes longer to check than the page to write."""
    monkeypatch.setattr(page_of_report, "appendix", lambda algorithms: "")


@pytest.fixture(scope="module")
def built():
    return report.build(grunfeld_groups())


def small_groups(n=3, m=6, d=1, seed=0, name="task"):
    rng = np.random.default_rng(seed)
    columns = {"t": [f"{name} {i}" for i in range(n) for _ in range(m)], "y": map(str, rng.normal(size=n * m))}
    columns |= {f"x{j}": map(str, rng.normal(size=n * m)) for j in range(d)}
    table = Table({key: list(cells) for key, cells in columns.items()}, range(2, n * m + 2))
    return regression_groups(table, "t", "y", [f"x{j}" for j in range(d)])


# Numbers


def test_every_start_and_loss_is_that_of_plain_numpy(built):
    by_hand = grunfeld_by_hand.solutions()
    assert list(by_hand) == [each.name for each in built.solutions]
    for each in built.solutions:
        theta, loss = by_hand[each.name]
        np.testing.assert_allclose(each.theta, theta, rtol=1e-10)
        assert each.losses.mean() == pytest.approx(loss, rel=1e-10)


def test_golden_numbers(built):
    # Printed by tests/grunfeld_by_hand.py.
    golden = {
        "Joint training": ([0.04679437, 0.89754373, 0.20974395], 0.1128780625),
        "MAML": ([-0.08964812, 0.86827149, 0.40026815], 0.0867144148),
        "First-order MAML": ([0.21856427, 1.7046154, 0.26098803], 0.1173296592),
        "Reptile": ([-0.05955597, 0.58455115, 0.21548639], 0.1274992058),
    }
    for each in built.solutions:
        if each.name in golden:
            np.testing.assert_allclose(each.theta, golden[each.name][0], atol=1e-8)
            assert each.losses.mean() == pytest.approx(golden[each.name][1], abs=1e-10)


def test_held_out_losses_come_from_the_other_tasks(built):
    evaluation = built.evaluation
    for i in (0, 4, 10):
        rest = [j for j in range(11) if evaluation.folds[j] != evaluation.folds[i]]
        fitted = built.groups.rescaled(rest)
        tasks = fitted.tasks(built.settings.ridge)
        for name in ("Joint training", "MAML", "iMAML", "Reptile"):
            pick = evaluation.chosen[name][evaluation.folds[i]]
            theta = pick.algorithm.fixed_point(qm.Tasks(tasks.support[rest], tasks.query[rest]))
            phi = qm.simulate.adapt(tasks.support[i : i + 1], pick.inner, theta)[0]
            _, _, X, y = fitted.groups[i]
            expected = ((X @ phi - y) ** 2).mean() / 2 * (fitted.unit / built.groups.unit) ** 2
            assert evaluation.losses[name][i] == pytest.approx(expected, rel=1e-6)


def test_raw_coefficients_predict_the_same(built):
    table = grunfeld()
    value, capital = table.numbers("value"), table.numbers("capital")
    mean, deviation = table.numbers("invest").mean(), table.numbers("invest").std()
    X = np.concatenate([np.concatenate([group[0], group[2]]) for group in built.groups])
    theta = built.solutions[1].theta
    b = built.groups.in_data_units(theta)
    np.testing.assert_allclose(b[0] + b[1] * value + b[2] * capital, mean + deviation * (X @ theta))


def test_kinds_of_points_are_told_apart(built):
    notes = {each.name: each.note for each in built.solutions}
    assert notes["MAML"] == notes["iMAML"] == "minimum of its meta-loss"
    assert notes["Reptile"] == "minimum of a potential"
    assert "gradient of no loss" in notes["First-order MAML"]


def test_progress_is_reported(built):
    seen = []
    report.build(small_groups(), progress=lambda *each: seen.append(each))
    done, totals, texts = zip(*seen, strict=True)
    assert list(done) == list(range(totals[0] + 1))
    assert len(set(totals)) == 1
    assert texts[-1] == "done"


# Checks


def test_every_closed_form_is_checked_and_passes(built):
    assert len(built.checks) == 8 * 4 + 1
    assert not built.failed
    assert max(each.difference for each in built.checks) < 1e-13
    assert "All 33 checks passed" in checks_in_words(built)


def scaled(factor):
    field = algorithms.MAML.field

    def wrong(self, tasks):
        right = field(self, tasks)
        return AffineField(factor * right.matrix, factor * right.rhs)

    return wrong


def test_a_scaled_field_fails_though_its_zero_is_the_same(monkeypatch):
    monkeypatch.setattr(algorithms.MAML, "field", scaled(1 + 1e-8))
    made = report.build(grunfeld_groups())
    assert {(each.algorithm, each.kind) for each in made.failed} >= {("MAML", "meta-gradient")}
    assert_red(made)


def test_a_field_with_a_factor_missing_fails(monkeypatch):
    first_order = algorithms.FOMAML
    monkeypatch.setattr(
        algorithms.MAML, "_factors", lambda self, tasks, theta: first_order(self.inner)._factors(tasks, theta)
    )
    made = report.build(grunfeld_groups())
    kinds = {each.kind for each in made.failed if each.algorithm == "MAML"}
    assert kinds == {"fixed point", "meta-gradient", "outer loop"}
    assert_red(made)


def test_a_residual_with_one_step_too_many_fails(monkeypatch):
    right = qm.GradientDescent.residual
    monkeypatch.setattr(qm.GradientDescent, "residual", lambda self, x: right(self, x) * (1 - self.lr * x))
    made = report.build(grunfeld_groups())
    assert "loss after adaptation" in {each.kind for each in made.failed}
    assert {each.algorithm for each in made.failed} >= {"MAML", "First-order MAML", "Reptile", "Mean of optima"}
    assert_red(made)


def test_a_loss_with_a_missing_half_fails(monkeypatch):
    right = qm.Quadratic.from_least_squares.__func__
    monkeypatch.setattr(
        qm.Quadratic, "from_least_squares", classmethod(lambda cls, X, y, ridge=0.0: 2 * right(cls, X, y, ridge))
    )
    made = report.build(grunfeld_groups())
    assert {each.kind for each in made.failed} == {"loss after adaptation"}


def assert_red(made):
    text = page(made)
    assert re.search(r'<p class="failed">\d+ of 33 checks FAILED', text)
    assert re.search(r'<span class="failed">\S+ FAILED</span>', text)
    assert "FAILED" in checks_in_words(made)


def test_a_difference_that_is_no_number_fails():
    assert not Check("x", "y", None).passed
    assert not Check("x", "y", 1.01e-10).passed
    assert Check("x", "y", 1e-10).passed


def test_losses_from_the_rows_are_those_of_the_quadratics(built):
    phi = np.linspace(-1, 1, 33).reshape(11, 3)
    np.testing.assert_allclose(row_losses(built.groups, phi, 1e-3), built.tasks.query(phi), rtol=1e-12)


# Unusual data and settings


@pytest.mark.parametrize(
    ("d", "options"), [(1, {}), (2, {"ridge": 0.0}), (4, {"steps": 1}), (1, {"steps": 40}), (4, {"strength": 1e-3})]
)
def test_other_shapes_and_settings_pass_their_checks(d, options):
    made = report.build(small_groups(n=4, m=12, d=d), **options)
    assert not made.failed
    ET.fromstring(page(made).removeprefix("<!DOCTYPE html>"))


def test_tasks_without_an_optimum_of_their_own_are_solved_all_the_same():
    made = report.build(small_groups(n=5, m=2), ridge=0.0)
    assert made.optima is None
    assert made.solutions[-1].theta is None
    assert not made.failed
    assert "a task has no single optimum" in page(made)


def test_a_lost_direction_gets_the_point_of_least_norm():
    groups = small_groups(n=3, m=6)
    doubled = RegressionGroups(
        groups.names,
        tuple(tuple(np.c_[p, p[:, 1]] if p.ndim == 2 else p for p in group) for group in groups),
        (*groups.features, "again"),
        groups.target,
        groups.scales | {"again": groups.scales["x0"]},
        groups.source,
    )
    made = report.build(doubled, ridge=0.0)
    joint = made.solutions[0]
    assert "rank 2 of 3" in joint.note
    assert joint.theta[1] == pytest.approx(joint.theta[2])
    assert not made.failed
    assert next(each for each in made.pictures if each.title == "Two tasks in the plane").svg == ""
    assert "Left out" in page(made)


def test_an_unstable_step_is_warned_of_once_on_the_page_and_nowhere_else(recwarn):
    made = report.build(grunfeld_groups(), lr=0.5)
    texts = [text for text in made.warnings if "is unstable" in text]
    assert len(texts) == 1
    assert 'class="warning"' in page(made)
    assert not recwarn.list


def test_bad_condition_is_warned_of():
    groups = small_groups(n=3, m=8, d=2)
    near = tuple(
        tuple(np.c_[p[:, :2], p[:, 1] + 1e-7 * p[:, 2]] if p.ndim == 2 else p for p in group) for group in groups
    )
    made = report.build(
        RegressionGroups(groups.names, near, groups.features, groups.target, groups.scales, groups.source), ridge=0.0
    )
    assert any("condition number" in text for text in made.warnings)


def test_bad_arguments_are_refused():
    with pytest.raises(qm.InputError, match="expected RegressionGroups"):
        report.build([1])
    with pytest.raises(qm.InputError, match="expected at least two different tasks"):
        report.build(small_groups(n=1))
    support = small_groups().tasks().support
    for options in ({"lr": 0.0}, {"lr": float("nan")}, {"steps": 0}, {"strength": -1.0}, {"lr": 1e99}):
        with pytest.raises(qm.InputError, match=next(iter(options))):
            choose(support, **options)
    with pytest.raises(qm.InputError, match="ridge"):
        report.build(small_groups(), ridge=-1.0)
    with pytest.raises(qm.InputError, match="no task has curvature"):
        choose(qm.Quadratic(np.zeros((1, 2, 2)), np.zeros((1, 2))))


# The page


def test_the_page_is_well_formed_and_needs_nothing_from_outside(built):
    text = page(built)
    assert "<script" not in text
    assert not re.search(r"(src|href|url|@import)[=(\s]+[\"']?(https?:|//|data:)", text)
    root = ET.fromstring(text.removeprefix("<!DOCTYPE html>"))
    tags = {each.tag.rsplit("}")[-1] for each in root.iter()}
    assert {"math", "svg", "table", "figure"} <= tags
    assert not tags & {"script", "link", "iframe", "img", "object", "foreignObject"}
    ids = [each.get("id") for each in root.iter() if each.get("id")]
    assert len(ids) == len(set(ids))
    used = re.findall(r'(?:"#|url\(#)([^")]+)', text)
    assert set(used) <= set(ids)


def test_names_from_the_data_cannot_break_the_page():
    made = report.build(small_groups(name='<script>alert("&")</script> $x$'))
    text = page(made)
    assert "<script" not in text
    ET.fromstring(text.removeprefix("<!DOCTYPE html>"))


def test_a_long_list_of_tasks_is_cut_on_the_page():
    assert "And 20 more" in page(report.build(small_groups(n=60, m=4)))


def test_the_page_answers_in_words(built):
    assert "11 tasks" in question(built)
    assert "0.08671, from the start of MAML; 23 % below joint" in in_sample(built)
    first, *rest = answer(built)
    # Eleven firms, of which one holds most of the evidence, show nothing.
    assert first.startswith("No gain of MAML's start over joint training is shown: on 11 held-out tasks")
    assert any("No other start differs clearly" in text for text in rest)
    assert first in page(built).replace("&#x27;", "'").replace("&#160;", " ")


def test_what_is_explained_is_the_start_that_was_judged(built):
    """The folds choose 100 steps for MAML; the start after the report's 5 steps lies elsewhere."""
    explanation, loop = built.chosen
    pick = built.evaluation.final["MAML"]
    assert (loop, loop.steps) == (pick.inner, 100)
    np.testing.assert_allclose(explanation.start, pick.algorithm.fixed_point(built.tasks))
    assert not np.allclose(explanation.start, built.explanations["MAML"].start, rtol=0.01)
    assert reasons(built)[0].startswith(
        f"For K = 100 steps of size {loop.lr:.3g}, which the folds choose on all tasks: "
    )


def test_optima_of_too_few_rows_are_not_made_a_finding():
    made = report.build(small_groups(n=12, m=4, d=3))
    assert "On 12 of 12 tasks the support rows leave the optimum to the penalty" in " ".join(reasons(made))
    assert "more than chance (Hotelling" not in page(made)


def test_many_lost_directions_are_one_sentence():
    made = report.build(sinusoids(12, "fixed", features=12))
    lost = [text for text in made.notes if "no task informs" in text]
    assert len(lost) == 1
    assert re.match(r"\d directions of 12 that no task informs by its support rows, mostly feature", lost[0])


def test_tables_scroll_and_not_the_page(built):
    root = ET.fromstring(page(built).removeprefix("<!DOCTYPE html>").replace("&#160;", " "))
    parents = {child: parent for parent in root.iter() for child in parent}
    tables = [each for each in root.iter() if each.tag == "table"]
    assert len(tables) > 10
    assert all(parents[each].get("class") == "scroll" for each in tables)


def test_appendices_are_put_at_the_end():
    made = report.build(small_groups(), appendices=(report.Appendix("One more thing", "<p>As promised.</p>"),))
    text = page(made)
    assert text.index("How this was made") < text.index("<h2>One more thing</h2>\n<p>As promised.</p>")
    ET.fromstring(text.removeprefix("<!DOCTYPE html>"))


def test_weights_are_those_of_the_paper():
    import sympy

    a, alpha, strength = sympy.symbols("a alpha lambda", positive=True)
    K, m = sympy.symbols("K m", integer=True, nonnegative=True)
    expected = {
        "Joint training": a,
        "MAML": a * (1 - alpha * a) ** (2 * K),
        "First-order MAML": a * (1 - alpha * a) ** K,
        "Truncated MAML": a * (1 - alpha * a) ** (K + m),
        "iMAML": a * strength**2 / (strength + a) ** 2,
        "Reptile": 1 - (1 - alpha * a) ** K,
        "Moreau envelope": a * strength / (strength + a),
    }
    printed = {each.name: each.latex for each in weights()}
    for name, formula in expected.items():
        assert printed[name] == sympy.latex(formula, order="rev-lex")


def test_latex_that_has_no_mathml_is_an_error():
    with pytest.raises(qm.QuadmamlError, match="no MathML"):
        mathml(r"\nosuchcommand x")


# Files


def test_the_same_report_gives_the_same_bytes(built, tmp_path):
    for name in ("a", "b"):
        report.write(built if name == "a" else report.build(grunfeld_groups()), tmp_path / name)
    for name in FILES:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def refuse(constant):
    raise AssertionError(constant)


def test_results_are_strict_json_with_what_made_them(tmp_path):
    report.make(small_groups(n=5, m=2), tmp_path, ridge=0.0)
    data = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"), parse_constant=refuse)
    assert set(data) == {
        "versions",
        "data",
        "settings",
        "optima",
        "solutions",
        "answer",
        "reasons",
        "cross_validation",
    } | {
        "explanations",
        "explanation_of_chosen_MAML",
        "checks",
        "warnings",
        "notes",
    }
    assert data["versions"]["quadmaml"] == qm.__version__
    assert data["optima"] is None
    assert data["solutions"][-1]["fixed_point"] is None
    assert len(data["data"]["tasks"]) == 5
    assert all(each["passed"] for each in data["checks"])


def test_solutions_load_without_pickle(built, tmp_path):
    report.write(built, tmp_path)
    with np.load(tmp_path / "solutions.npz", allow_pickle=False) as arrays:
        assert arrays["fixed_points"].shape == (9, 3)
        np.testing.assert_array_equal(arrays["fixed_points"][1], built.solutions[1].theta)
        names = arrays["held_out_names"].tolist()
        np.testing.assert_array_equal(arrays["held_out"][names.index("MAML")], built.evaluation.losses["MAML"])
        assert json.loads(str(arrays["metadata"]), parse_constant=refuse)["settings"]["steps"] == 5
        assert arrays["task_names"][0] == "General Motors"


def test_files_follow_the_umask(built, tmp_path):
    old = os.umask(0o022)
    try:
        report.write(built, tmp_path)
    finally:
        os.umask(old)
    assert {(tmp_path / name).stat().st_mode & 0o777 for name in FILES} == {0o644}


def no_space(*_):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def failing_at(call, error):
    """The real os.replace, but for one call, which fails; calls after it, those that put things back, work."""
    real, calls = os.replace, []

    def replace(source, target):
        calls.append(target)
        if len(calls) == call:
            raise error
        real(source, target)

    return replace


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), KeyboardInterrupt()], ids=["full disk", "Ctrl-C"])
@pytest.mark.parametrize("call", [1, 2, 3])
@pytest.mark.parametrize("earlier", [True, False])
def test_failing_at_any_file_keeps_the_old_report_whole(built, tmp_path, monkeypatch, call, error, earlier):
    out = tmp_path / "deep" / "out"
    if earlier:
        out.mkdir(parents=True)
        for name in FILES:
            (out / name).write_text("old " + name)
    monkeypatch.setattr("os.replace", failing_at(call, error))
    with pytest.raises(type(error)):
        report.write(built, out)
    if earlier:
        assert sorted(path.name for path in out.iterdir()) == FILES
        assert [(out / name).read_text() for name in FILES] == ["old " + name for name in FILES]
    else:
        assert not (tmp_path / "deep").exists()


def test_a_disk_that_is_full_while_writing_keeps_the_old_report(built, tmp_path, monkeypatch):
    (tmp_path / "report.html").write_text("old")
    monkeypatch.setattr("os.fsync", no_space)
    with pytest.raises(OSError, match="No space"):
        report.write(built, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
    assert (tmp_path / "report.html").read_text() == "old"


def test_where_links_are_not_supported_the_report_is_written_all_the_same(built, tmp_path, monkeypatch):
    report.write(built, tmp_path)

    def no_links(*_):
        raise PermissionError(errno.EPERM, "no links here")

    monkeypatch.setattr("os.link", no_links)
    report.write(built, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == FILES
    page_before = (tmp_path / "report.html").read_bytes()
    monkeypatch.setattr("os.replace", failing_at(3, OSError(errno.ENOSPC, "full")))
    with pytest.raises(OSError, match="full"):
        report.write(built, tmp_path)
    assert (tmp_path / "report.html").read_bytes() == page_before
    assert sorted(path.name for path in tmp_path.iterdir()) == FILES


def test_a_failure_while_computing_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(simulate, "meta_train", no_space)
    with pytest.raises(OSError, match="No space"):
        report.make(small_groups(), tmp_path / "out")
    assert not (tmp_path / "out").exists()


# Size


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the size of a process is read as Linux shows it")
def test_100_000_rows_of_5_000_tasks_take_less_than_2_gib(tmp_path):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(5000, 20, 4)) * rng.lognormal(sigma=0.3, size=(5000, 1, 1))
    y = (X * rng.normal(size=(5000, 1, 4))).sum(axis=2) + rng.normal(size=(5000, 20))
    with open(tmp_path / "data.csv", "w", encoding="utf-8") as file:
        file.write("t,y,a,b,c,d\n")
        for i in range(5000):
            file.writelines(f"{i},{y[i, k]:.6f},{','.join(f'{x:.6f}' for x in X[i, k])}\n" for k in range(20))
    words = ["report", "data.csv", "--task", "t", "--target", "y", "--features", "a,b,c,d"]
    # Its greatest size in kB, as the program itself reads it: Linux counts the size of its parent into ru_maxrss.
    code = "import pathlib, sys; from quadmaml import cli; status = cli.main(sys.argv[1:])\n"
    code += "size = pathlib.Path('/proc/self/status').read_text().split('VmHWM:')\n"
    code += "print(size[1].split()[0]); sys.exit(status)"
    done = subprocess.run(
        [sys.executable, "-c", code, *words], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=300
    )
    assert int(done.stdout.split()[-1]) < 2 * 2**20
    assert "on 5000 held-out tasks" in (tmp_path / "quadmaml-report" / "report.html").read_text(encoding="utf-8")


# What the report says


ANSWERS = {
    "wages": ("MAML's start pays: on 545 held-out tasks the mean loss after adaptation is 8.5 % below", 1e-3),
    "window": ("MAML's start pays: on 120 held-out tasks", 1e-3),
    "uniform": ("No gain of MAML's start over joint training is shown: on 120 held-out tasks", 1e-3),
}


@pytest.mark.parametrize("name", ["wages", "window", pytest.param("uniform", marks=pytest.mark.slow)])
def test_the_report_says_where_the_start_pays_and_where_it_does_not(name):
    first, ridge = ANSWERS[name]
    if name == "wages":
        need("linearmodels")
        made = report.build(regression_groups(wage_panel(), "nr", "lwage", ["exper", "hours", "union"], 4), ridge=ridge)
    else:
        made = report.build(sinusoids(120, name, features=20), ridge=ridge, steps=30)
    assert not made.failed
    assert answer(made)[0].startswith(first)
    assert first in page(made).replace("&#x27;", "'").replace("&#160;", " ")


def test_optima_do_not_depend_on_rounding_errors():
    """With three rows for five features no task has an optimum, whatever the smallest computed eigenvalue."""
    for seed in range(10):
        draw = np.random.default_rng(seed).normal
        tasks = qm.Tasks.from_regression([(draw(size=(3, 5)), draw(size=3), draw(size=(4, 5)), draw(size=4))] * 2)
        assert report.Report(None, tasks, *[None] * 10).optima is None
        with pytest.raises(qm.InputError, match="a task has no single optimum"):
            qm.explain(qm.Joint(), tasks)
