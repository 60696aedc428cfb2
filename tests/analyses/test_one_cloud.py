"""One modality's cloud alone: the figures of the library, and words for degenerate ones."""

import json
from dataclasses import replace

import numpy as np
import pytest

from gapviz import ModalityVectors
from gapviz.analyses.one_cloud import cloud_reading, study_cloud
from gapviz.measures.experiment import measure


def test_its_cone_is_that_of_the_same_modality_beside_another(make_collection):
    both = make_collection()
    alone = replace(both, modalities={"image": both.modality("image")})
    one, geometry = study_cloud(alone, "image"), measure(both).geometry
    assert one.cloud.cone == geometry.x.cone
    assert one.cloud.mean_norm == geometry.x.mean_norm
    assert one.n_items == 20


def test_without_an_evaluate_split_every_item_counts(make_collection):
    assert study_cloud(replace(make_collection(), splits={}), "text").n_items == 40


@pytest.mark.parametrize(
    ("rows", "words"),
    [(np.ones((1, 3)), "a single item"), (np.ones((4, 3)), "without any spread")],
)
def test_a_point_is_told_in_words_and_strict_json(make_collection, rows, words):
    made = make_collection(len(rows))
    same = replace(made, modalities={"image": ModalityVectors.of(rows)}, splits={})
    one = study_cloud(same, "image")
    assert words in cloud_reading(one) and "nan" not in cloud_reading(one)
    assert json.dumps(one.to_json(), allow_nan=False)
