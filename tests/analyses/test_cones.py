import numpy as np
import pytest

from gapviz.analyses.cones import cones
from gapviz.dashboard.caches import layout_request
from gapviz.dashboard.catalogue import View
from gapviz.sources.builtin import builtin_collection
from gapviz.strategies import StrategyOptions

PAIR = ("image", "text")


@pytest.mark.parametrize("method", ["umap", "pca", "gap_axis"])
def test_the_points_are_those_of_the_page(method):
    options = StrategyOptions("centre")
    columns = cones(builtin_collection(), options, method=method).columns()
    for chosen, x, y in ((StrategyOptions(), "x_raw", "y_raw"), (options, "x", "y")):
        page = layout_request(View("builtin", "builtin"), chosen, method, 42, PAIR).get()
        np.testing.assert_array_equal(np.column_stack([columns[x], columns[y]]), page.points)


def test_a_row_names_the_item_of_its_vector(mixed_up_collection):
    collection = mixed_up_collection()
    columns = cones(collection, method="pca", fit="all", pair=PAIR).columns()
    for name, block in collection.modalities.items():
        here = columns["modality"] == name
        owners = block.corpus.item_index[columns["row"][here].astype(int)]
        assert [collection.items[owner].id for owner in owners] == list(columns["item"][here])
        assert here.sum() == block.corpus.n_rows


def test_raw_alone_stands_in_both_pairs_of_columns(make_collection):
    drawn = cones(make_collection(24), method="pca")
    columns = drawn.columns()
    assert drawn.moved is None
    np.testing.assert_array_equal(columns["x"], columns["x_raw"])


def test_a_fit_on_all_rows_has_a_key_of_its_own(make_collection):
    keys = {
        cones(make_collection(24), StrategyOptions("centre"), method="pca", fit=fit)
        .moved.request.key
        for fit in ("split", "all")
    }  # fmt: skip
    assert len(keys) == 2


def test_the_shares_of_variance_are_those_of_the_axis_titles(make_collection):
    layout = cones(make_collection(40), method="pca").raw.layout
    for share, title in zip(layout.variance_shares, layout.axis_titles, strict=True):
        assert f"({share:.0%} of variance)" in title
