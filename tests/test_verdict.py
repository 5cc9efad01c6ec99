"""Words that are never stronger than their numbers."""

from __future__ import annotations

import numpy as np
import pytest

from quadmaml.evaluation import BASELINE, CHOSEN, NO_ADAPTATION, Evaluation
from quadmaml.verdict import does_it_pay, how_sure


def evaluation(**gaps):
    """Losses 1 on average for joint training, and those plus the gaps for the others."""
    rng = np.random.default_rng(0)
    base = rng.uniform(0.9, 1.1, 40)
    losses = {BASELINE: base, **{name.replace("_", " "): base + gap for name, gap in gaps.items()}}
    n = len(base)
    return Evaluation(
        losses, np.arange(n) % 5, {name: [None] * 5 for name in losses}, dict.fromkeys(losses),
        {name: np.zeros(n, bool) for name in losses}, np.full(n, 1 / n),
    )  # fmt: skip


def noise(size, seed=1):
    return size * np.random.default_rng(seed).normal(size=40)


def test_a_clear_gain_pays_and_a_clear_loss_costs():
    gain = does_it_pay(evaluation(MAML=-0.2 + noise(0.05)))[0]
    assert gain.startswith("MAML's start pays: on 40 held-out tasks")
    assert "% below" in gain
    assert "standard error" in gain
    loss = does_it_pay(evaluation(MAML=0.2 + noise(0.05)))[0]
    assert loss.startswith("MAML's start costs")
    assert "% above" in loss


def test_what_is_not_clear_is_not_called_a_gain():
    text = does_it_pay(evaluation(MAML=-0.01 + noise(0.3)))[0]
    assert text.startswith("No gain of MAML's start over joint training is shown")
    assert "neither shown nor excluded" in text
    precise = does_it_pay(evaluation(MAML=-0.001 + noise(0.01)))[0]
    assert "what it leaves room for is small" in precise


@pytest.mark.parametrize("size", [0.0, 1e-13])
def test_nothing_is_called_nothing(size):
    assert "is worth nothing here" in does_it_pay(evaluation(MAML=size * np.ones(40)))[0]


def test_a_lower_mean_alone_is_never_enough():
    for seed in range(60):
        e = evaluation(MAML=noise(0.3, seed))
        found, text = e.compare("MAML"), does_it_pay(e)[0]
        assert ("pays" in text) == (found.high < 0)
        assert ("costs" in text) == (found.low > 0)


def test_the_others_are_named_with_what_they_are_worth():
    e = evaluation(
        MAML=noise(0.01), Reptile=-0.3 + noise(0.01), iMAML=0.3 + noise(0.01), No_adaptation=0.5 + noise(0.1),
        **{CHOSEN.replace(" ", "_"): -0.3 + noise(0.01)},
    )  # fmt: skip
    texts = does_it_pay(e)
    assert "clearly better than joint training: Reptile (−30 %)" in texts[1]
    assert "clearly worse than joint training: iMAML (+30 %)" in texts[2]
    assert "is clearly better (−30 %" in texts[3]
    assert "Not adapting at all, from joint training's start, is clearly worse" in texts[4]
    assert NO_ADAPTATION in e.names


def test_losses_that_are_no_numbers_are_said():
    gap = np.zeros(40)
    gap[3] = np.inf
    texts = does_it_pay(evaluation(MAML=noise(0.1), Reptile=gap))
    assert any("not compared: Reptile" in text for text in texts)


def test_few_tasks_are_said():
    e = evaluation(MAML=noise(0.1))
    few = Evaluation(
        {k: v[:5] for k, v in e.losses.items()}, e.folds[:5], e.chosen, e.final, e.unstable, np.full(5, 0.2)
    )
    assert does_it_pay(few)[0].endswith(" 5 tasks are too few for standard errors to be trusted.")


def test_what_the_intervals_mean_is_said():
    text = how_sure(evaluation(MAML=noise(0.1), Reptile=noise(0.1)))
    assert "95 % for all 2 comparisons together" in text
    assert "somewhat too small" in text


def test_other_starts_are_not_said_to_differ_no_more_than_one_that_does():
    clear = does_it_pay(evaluation(MAML=-0.2 + noise(0.01), Reptile=noise(0.3)))
    assert "No other start differs clearly from joint training." in clear
    unclear = does_it_pay(evaluation(MAML=noise(0.3), Reptile=noise(0.3)))
    assert "No other start differs clearly from joint training either." in unclear
