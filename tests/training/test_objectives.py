import numpy as np
import pytest
from scipy.special import expit, log_softmax

from gapviz.core.vectors import unit_rows
from gapviz.training.objectives import InfoNCE, Sigmoid


@pytest.fixture
def clouds():
    rng = np.random.default_rng(0)
    return [unit_rows(rng.standard_normal((9, 5))).astype(float) for _ in range(2)]


def value(objective, clouds):
    import torch

    return objective.loss().of(*map(torch.from_numpy, clouds)).item()


def cross_entropy(scores):
    both = [log_softmax(s, axis=1).diagonal().mean() for s in (scores, scores.T)]
    return -np.mean(both)


def test_info_nce_is_the_mean_cross_entropy_of_both_directions(clouds):
    x, y = clouds
    assert value(InfoNCE(0.05), clouds) == pytest.approx(cross_entropy(x @ y.T / 0.05))


def test_the_intra_modal_terms_are_added_pair_by_pair(clouds):
    x, y = clouds
    within = across = 0.0
    for i in range(len(x)):
        for j in range(len(x)):
            within += (x[i] @ x[j] - y[i] @ y[j]) ** 2 / len(x)
            across += (x[i] @ y[j] - x[j] @ y[i]) ** 2 / len(x)
    expected = cross_entropy(x @ y.T / 0.1) + 0.5 * within + 2 * across
    objective = InfoNCE(0.1, within=0.5, across=2)
    assert value(objective, clouds) == pytest.approx(expected)


def test_the_sigmoid_loss_asks_of_every_pair_whether_it_is_one(clouds):
    x, y = clouds
    says_yes = expit(4 * x @ y.T - 3)
    right = np.where(np.eye(len(x), dtype=bool), says_yes, 1 - says_yes)
    objective = Sigmoid(scale=4.0, bias=-3.0)
    assert value(objective, clouds) == pytest.approx(-np.log(right).sum() / len(x), rel=1e-6)
    assert set(objective.loss().learned) == {"log_scale", "bias"}
