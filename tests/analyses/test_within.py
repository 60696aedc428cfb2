from dataclasses import replace

import numpy as np
import pytest

from gapviz import Collection, GapvizError, Item, ModalityVectors
from gapviz.analyses.within import (
    FEW_ITEMS,
    compare_modality,
    delta_reading,
    item_rows,
    label_names,
    shared,
)
from gapviz.core.estimate import Estimate
from gapviz.core.splits import alternate_splits
from gapviz.figures.label_deltas import label_delta_alt_text, label_delta_figure
from gapviz.measures.retrieval.within import evaluate_within, recall_delta

LABELS = ("cat", "dog", "a <b>label</b> of a name that is far too long to be shown", None)


@pytest.fixture(scope="module")
def collections():
    """The same 40 items through two encoders; items 0 and 1 lack a vector in one of them."""
    rng = np.random.default_rng(0)
    labels = [LABELS[(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 0, 0, 0, 3)[index % 14]] for index in range(40)]
    items = tuple(Item(str(index), label) for index, label in enumerate(labels))
    meaning = np.array([np.eye(5)[LABELS.index(label)] for label in labels])

    def encoded(noise, owners, dim):
        rows = meaning[owners] @ np.eye(5, dim) + noise * rng.standard_normal((len(owners), dim))
        blocks = {"image": ModalityVectors.of(rows, owners)}
        return Collection("made", items, blocks, alternate_splits(40))

    joint = encoded(1.0, [0, 0, *range(2, 40), 3, 3], 6)
    return joint, encoded(0.3, list(range(1, 40)), 9)


@pytest.fixture(scope="module")
def comparison(collections):
    joint, dedicated = collections
    return compare_modality(joint, item_rows(joint, "image"), item_rows(dedicated, "image"))


def test_an_item_of_several_rows_is_asked_for_by_its_first(collections):
    joint, _ = collections
    rows = item_rows(joint, "image")
    assert rows.items.tolist() == [0, *range(2, 40)]
    assert np.array_equal(rows.vectors[0], joint.modality("image").vectors[0])
    assert np.array_equal(rows.vectors[2], joint.modality("image").vectors[3])
    assert 1 not in rows.items
    assert rows.items[38] == 39


def test_only_items_of_both_encoders_are_compared(collections):
    ours, theirs = shared(*(item_rows(each, "image") for each in collections))
    assert ours.items.tolist() == theirs.items.tolist() == list(range(2, 40))
    assert (ours.vectors.shape[1], theirs.vectors.shape[1]) == (6, 9)


def test_the_comparison_is_that_of_the_held_out_items(collections, comparison):
    joint, dedicated = collections
    held = np.arange(3, 40, 2)
    ours = item_rows(joint, "image").of(held).vectors
    theirs = item_rows(dedicated, "image").of(held).vectors
    labels = joint.labels[held]
    assert comparison.n_items == held.size
    outcomes = evaluate_within(ours, labels), evaluate_within(theirs, labels)
    assert comparison.delta == recall_delta(*outcomes)
    for part in comparison.by_label:
        assert part.delta == recall_delta(*outcomes, queries=np.flatnonzero(labels == part.label))
    gain = (
        comparison.dedicated.mean_average_precision.value
        - comparison.joint.mean_average_precision.value
    )
    assert comparison.delta.mean_average_precision.value == pytest.approx(gain)
    assert comparison.joint.recall[5].low <= comparison.joint.recall[5].value


def test_nothing_in_common_is_told_in_a_sentence(collections):
    joint, dedicated = (item_rows(each, "image") for each in collections)
    with pytest.raises(GapvizError, match="encode the same items"):
        compare_modality(collections[0], joint.of(np.array([0])), dedicated.of(np.array([1])))
    with pytest.raises(GapvizError, match="evaluate split"):
        compare_modality(replace(collections[0], splits={}), joint, dedicated)


def test_labels_have_their_names(collections):
    names = label_names(collections[0])
    assert set(names.values()) == set(LABELS) - {None}
    assert all(
        collections[0].labels[3] == code
        for code, name in names.items()
        if name == collections[0].items[3].label
    )


@pytest.mark.parametrize(
    ("delta", "words"),
    [
        (Estimate(0.2, 0.1, 0.3), "higher by 0.200 (95 % interval 0.100 to 0.300): inside this"),
        (Estimate(-0.2, -0.3, -0.1), "joint tower's mAP is higher by 0.200 (95 % interval 0.100"),
        (
            Estimate(-0.1, -0.3, 0.1),
            "by −0.100 (95 % interval −0.300 to 0.100): nothing these",
        ),
    ],
)
def test_a_difference_is_read_by_its_interval(delta, words):
    assert words in delta_reading(delta, "mAP")


def test_every_label_is_a_dot_and_the_largest_gain_stands_on_top(collections, comparison):
    names = label_names(collections[0])
    figure = label_delta_figure(comparison.by_label, names, "r5")
    dots = sorted((y, x) for trace in figure.data for y, x in zip(trace.y, trace.x, strict=True))
    gains = [x for _, x in dots]
    assert len(gains) == len(comparison.by_label)
    assert gains == sorted(gains, reverse=True)
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1]
    assert "&lt;b&gt;" in "".join(figure.layout.yaxis.ticktext)
    assert str(len(gains)) in label_delta_alt_text(comparison.by_label, names, "r5")


def test_labels_of_few_items_are_hollow(collections, comparison):
    figure = label_delta_figure(comparison.by_label, label_names(collections[0]))
    hollow = [s for trace in figure.data for s in trace.marker.symbol if s == "circle-open"]
    few = [part for part in comparison.by_label if part.n_items < FEW_ITEMS]
    assert len(hollow) == len(few) > 0


def test_the_two_ends_stand_for_many_labels(collections, comparison):
    part = comparison.by_label[0]
    many = [
        replace(
            part,
            label=code,
            delta=replace(
                part.delta, mean_average_precision=Estimate(code / 100, code / 100, code / 100)
            ),
        )
        for code in range(-20, 20)
    ]
    figure = label_delta_figure(many, {}, most=6)
    values = sorted(x for trace in figure.data for x in trace.x)
    assert values == pytest.approx([-0.2, -0.19, -0.18, 0.17, 0.18, 0.19])
