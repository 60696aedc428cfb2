import numpy as np
import pytest
from scipy.special import expit, log_softmax

from gapviz.analyses.training.objectives import InfoNCE, ModGap, Sigmoid
from gapviz.core.vectors import unit_rows


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


def modgap_by_hand(x, y, temperature, alignment, uniformity):
    """The formula over plain loops, centroids of the pairs scaled to length 1."""
    n = len(x)
    distance = np.mean([np.linalg.norm(x[i] - y[i]) ** 2 for i in range(n)])
    middles = [(x[i] + y[i]) / 2 for i in range(n)]
    centroids = [middle / np.linalg.norm(middle) for middle in middles]
    nearness = [
        np.exp(-2 * np.linalg.norm(centroids[i] - centroids[j]) ** 2)
        for i in range(n)
        for j in range(n)
        if i != j
    ]
    plain = cross_entropy(x @ y.T / temperature)
    return plain + alignment * distance + uniformity * np.log(np.mean(nearness))


@pytest.mark.parametrize("weights", [(2.0, 0.5), (0.0, 3.0), (3.0, 0.0)])
def test_modgap_adds_alignment_of_pairs_and_uniformity_of_their_centroids(clouds, weights):
    expected = modgap_by_hand(*clouds, 0.1, *weights)
    assert value(ModGap(0.1, *weights), clouds) == pytest.approx(expected, rel=1e-12)


def test_modgap_without_weights_is_info_nce(clouds):
    plain = value(InfoNCE(0.05), clouds)
    assert value(ModGap(0.05, alignment=0.0, uniformity=0.0), clouds) == pytest.approx(plain)


@pytest.mark.parametrize("weights", [(0.0, 1.0), (1.0, 0.0), (2.0, 3.0)])
def test_the_gradient_of_modgap_is_that_of_finite_differences(clouds, weights):
    import torch

    given = [torch.from_numpy(cloud[:4]).requires_grad_() for cloud in clouds]
    # Unit rows first, as the heads make them: the loss is of what is on the sphere.
    of = ModGap(0.2, *weights).loss().of
    assert torch.autograd.gradcheck(
        lambda *rows: of(*(torch.nn.functional.normalize(one, dim=1) for one in rows)), given
    )


def test_against_the_gradient_of_alignment_the_gap_closes_and_of_uniformity_pairs_spread(clouds):
    import torch

    apart = np.eye(5)[0]
    x, y = (
        unit_rows(cloud + sign * 2 * apart) for cloud, sign in zip(clouds, (1, -1), strict=True)
    )
    near = [unit_rows(cloud + 3 * apart) for cloud in clouds]

    def stepped(rows, weights):
        """Unit rows after a small step against the gradient of the two terms alone."""
        given = [torch.from_numpy(one.astype(float)).requires_grad_() for one in rows]
        of = ModGap(0.2, *weights).loss().of(*given) - InfoNCE(0.2).loss().of(*given)
        of.backward()
        return [unit_rows((one - 0.1 * one.grad).detach().numpy()) for one in given]

    def gap(rows):
        return np.linalg.norm(rows[0].mean(axis=0) - rows[1].mean(axis=0))

    def spread(rows):
        centroids = unit_rows(rows[0] + rows[1])
        return -(centroids @ centroids.T).mean()

    assert gap(stepped([x, y], (1.0, 0.0))) < gap([x, y])
    assert spread(stepped(near, (0.0, 1.0))) > spread(near)
