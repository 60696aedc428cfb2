"""The files that an analysis can write, by the ending of their name."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from gapviz.analyses.cones import Cones

if TYPE_CHECKING:
    import pandas as pd


def _table(drawn: Cones) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(drawn.columns())


def _csv(drawn: Cones) -> bytes:
    return _table(drawn).to_csv(index=False, lineterminator="\n").encode(errors="backslashreplace")


def _parquet(drawn: Cones) -> bytes:
    content: bytes = _table(drawn).to_parquet(None, index=False)
    return content


def _npz(drawn: Cones) -> bytes:
    """Words as Unicode arrays, empty where there is none, so that no pickle is needed."""
    arrays = {
        name: np.array(["" if word is None else word for word in column], dtype=np.str_)
        if column.dtype == object
        else column
        for name, column in drawn.columns().items()
    }
    content = io.BytesIO()
    np.savez_compressed(content, allow_pickle=False, **arrays)
    return content.getvalue()


def _html(drawn: Cones) -> bytes:
    from gapviz.figures.cones_page import cones_page

    return cones_page(drawn).encode(errors="backslashreplace")


WRITERS: Mapping[str, Mapping[str, Callable[[Any], bytes]]] = {
    "cones": {".csv": _csv, ".parquet": _parquet, ".npz": _npz, ".html": _html}
}
"""Analysis → ending → the bytes that its result is written as."""
