"""Data frames of any library as columns by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gapviz.core.errors import GapvizError
from gapviz.core.in_memory.values import is_arrow, kind_of, of_library, plain_values, unread
from gapviz.core.nearest import choose

WHERE = "the frame"


@dataclass(frozen=True, eq=False)
class Frame:
    """Columns by name, as whatever library they come from holds them."""

    names: tuple[str, ...]
    read: Callable[[str], Any]
    """Gives one of the columns."""
    n_rows: int
    class_names: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Of columns whose whole numbers stand for names, as those of Hugging Face."""

    def column(self, name: str, purpose: str) -> Any:
        """One column.

        Args:
            name: of the column.
            purpose: what it was named for, as the argument is called.

        Raises:
            GapvizError: there is none of that name.
        """
        name = str(name)  # a frame of lists numbers its columns
        if name not in self.names:
            raise GapvizError(
                f"there is no column {name[:80]!r} in the frame",
                where=purpose,
                hint=choose(name, self.names),
            )
        try:
            return self.read(name)
        except Exception as error:  # whatever a foreign object raises
            raise unread(name, error, where=purpose) from error

    def values(self, name: str, purpose: str) -> list[Any]:
        """The values of one column, one a row; None where one is missing.

        Raises:
            GapvizError: there is none of that name, or one of another length.
        """
        found = plain_values(self.column(name, purpose), where=f"{purpose}, column {name}")
        if len(found) != self.n_rows:
            raise GapvizError(
                f"has {len(found):,} values for {self.n_rows:,} rows",
                where=f"{purpose}, column {name}",
                hint="give one a row",
            )
        classes = self.class_names.get(str(name), ())
        return [
            classes[one] if isinstance(one, int) and 0 <= one < len(classes) else one
            for one in found
        ]


def frame_of(frame: Any) -> Frame:
    """Any data frame: of pandas, Arrow, polars, a `Dataset` of Hugging Face, columns by name, a
    list of records, or a structured array.

    Raises:
        GapvizError: something else, or no rows.
    """
    try:
        found = _frame_of(frame)
    except Exception as error:  # whatever a foreign object raises
        raise unread(frame, error, where=WHERE) from error
    if found is None:
        raise GapvizError(
            f"is {kind_of(frame)} instead of a data frame",
            where=WHERE,
            hint="give a frame of pandas, polars or Arrow, a Dataset of Hugging Face, or a mapping "
            "of columns",
        )
    if not found.n_rows or not found.names:
        raise GapvizError("is empty", where=WHERE, hint="give at least one row")
    return found


def _frame_of(frame: Any) -> Frame | None:
    if hasattr(frame, "with_format") and hasattr(frame, "column_names"):
        return _of_dataset(frame)
    if hasattr(frame, "collect") and hasattr(frame, "lazy"):
        raise GapvizError("is not read yet", where=WHERE, hint="call its collect() first")
    if of_library(frame, "pandas") and hasattr(frame, "columns"):
        names = [str(name) for name in frame.columns]
        _refuse_twice(names)
        places = {name: place for place, name in enumerate(names)}
        return Frame(tuple(names), lambda name: frame.iloc[:, places[name]], len(frame))
    if is_arrow(frame):
        return _of_arrow(frame)
    return _of_python(frame)


def _of_python(frame: Any) -> Frame | None:
    """Columns by name, records, or a structured array."""
    if isinstance(frame, Mapping):
        return _of_columns(frame)
    if isinstance(frame, np.ndarray) and frame.dtype.names:
        return Frame(tuple(frame.dtype.names), lambda name: frame[name], len(frame))
    if isinstance(frame, list | tuple) and all(isinstance(one, Mapping) for one in frame):
        keys = {str(name): name for one in frame for name in one}
        return Frame(tuple(keys), lambda name: [one.get(keys[name]) for one in frame], len(frame))
    return None


def _of_columns(columns: Mapping[Any, Any]) -> Frame:
    if columns and all(hasattr(one, "with_format") for one in columns.values()):
        raise GapvizError(
            "holds several data sets",
            where=WHERE,
            hint=f"give one of them: {', '.join(map(str, columns))}",
        )
    lengths = {str(name): len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        listing = ", ".join(f"{name} {length:,}" for name, length in lengths.items())
        raise GapvizError(
            f"has columns of differing length ({listing})", where=WHERE, hint="give one value a row"
        )
    named = {str(name): column for name, column in columns.items()}
    return Frame(tuple(named), named.__getitem__, next(iter(lengths.values()), 0))


def _of_arrow(frame: Any) -> Frame:
    import pyarrow as pa

    table = pa.table(frame)
    _refuse_twice(table.column_names)
    return Frame(tuple(table.column_names), table.column, table.num_rows)


def _of_dataset(dataset: Any) -> Frame:
    """A `Dataset` of Hugging Face, in whatever format it gives its rows."""
    if not hasattr(dataset, "__getitem__") or not hasattr(dataset, "__len__"):
        raise GapvizError(
            "is a stream, of which the rows are not known yet",
            where=WHERE,
            hint="take some: Dataset.from_list(list(stream.take(10_000)))",
        )
    if isinstance(dataset, Mapping):
        return _of_columns(dataset)
    table = dataset.with_format("arrow")[:]
    features = getattr(dataset, "features", None) or {}
    classes = {
        name: list(names)
        for name, feature in features.items()
        if (names := getattr(feature, "names", None))
    }
    return Frame(tuple(table.column_names), table.column, table.num_rows, classes)


def _refuse_twice(names: Sequence[str]) -> None:
    twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
    if twice is not None:
        raise GapvizError(
            f"has two columns of the name {twice[:80]!r}", where=WHERE, hint="rename one of them"
        )
