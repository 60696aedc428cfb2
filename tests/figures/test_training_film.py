import base64

import numpy as np
import pytest

from gapviz.analyses.training.record import recorded
from gapviz.figures.training_film import training_film


@pytest.fixture(scope="module")
def steps():
    rng = np.random.default_rng(0)
    records = []
    for step in (0, 3, 6):
        vectors = {}
        for name, side in (("image", 1.0), ("text", -1.0)):
            rows = rng.standard_normal((20, 6)) + side
            vectors[name] = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
        before = records[-1] if records else None
        records.append(recorded(step, 1.0, vectors, scale=100.0, before=before))
    return records


def test_a_film_holds_every_point_of_every_record(steps):
    film = training_film(steps)
    drawn = np.frombuffer(base64.b64decode(film["points"]), dtype="<i2").reshape(3, 40, 2)
    for place, step in enumerate(steps):
        np.testing.assert_allclose(
            drawn[place] * film["scale"], step.layout.points, atol=film["scale"]
        )
    assert np.abs(drawn).max() == 32_767
    furthest = max(float(np.abs(step.layout.points[:, 0]).max()) for step in steps)
    assert film["reach"][0] == pytest.approx(furthest)


def test_a_film_tells_the_figures_of_each_record_and_the_looks(steps):
    film = training_film(steps)
    assert [one["step"] for one in film["records"]] == [0, 3, 6]
    assert [one["gap"] for one in film["records"]] == [step.gap for step in steps]
    looks = [(one["name"], one["symbol"], one["count"]) for one in film["modalities"]]
    assert looks == [("image", "diamond", 20), ("text", "circle", 20)]
