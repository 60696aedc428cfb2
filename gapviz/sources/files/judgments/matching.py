"""Judgments held against queries and items: which of them are known, and what of them counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from gapviz.core.errors import GapvizError
from gapviz.core.evaluation import Grades, Judgments
from gapviz.core.plain_text import one_line
from gapviz.core.vectors import Indices, Mask
from gapviz.core.wording import counted
from gapviz.sources.files.judgments.blocks import TextColumn
from gapviz.sources.files.judgments.format import JudgmentRows
from gapviz.sources.files.judgments.told import Told
from gapviz.sources.files.texts import shown
from gapviz.sources.images.decoding import is_image_name

if TYPE_CHECKING:
    import pyarrow as pa

MOST_ALIKE = 1000
"""Ids that are not known, of which it is said whether some are like others."""


def _last_part(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2]


def _stem(name: str) -> str:
    last = _last_part(name)
    return last.rpartition(".")[0] if is_image_name(last) else last


def _number(name: str) -> str:
    stem = _stem(name)
    return stem.lstrip("0") or "0" if stem.isdecimal() else stem


LIKENESSES: Mapping[str, Callable[[str], str]] = {
    "the folders before a name": _last_part,
    "folders and ending": _stem,
    "folders, ending and leading zeros": _number,
}
"""In what ids may differ that mean one item, and what they have in common then."""


def judgments_of(
    rows: JudgmentRows,
    query_position: Mapping[str, int],
    item_ids: Sequence[str],
    told: Told,
) -> tuple[Judgments, Indices]:
    """The judgments of known queries and items, and the query `(n_rows,)` of each row, or −1.

    Ids are compared as they stand. Where none is known so, and each is like the id of one item but
    for folders, an image's ending or leading zeros, that item is meant, and it is said.

    Args:
        rows: of one file.
        query_position: position of each query by its id, or by its text.
        item_ids: of `Collection.items`.
        told: gathers what does not count, and why.

    Raises:
        GapvizError: no query, or no item, of any row is known.
    """
    queries = _placed(rows.asking, _positions(rows.asking.texts, query_position))
    if rows.item.codes.size and not (queries >= 0).any():
        raise GapvizError(
            f"judges none of the queries (its first query: {rows.asking.text(0)[:80]!r}, the first "
            f"that is asked: {next(iter(query_position), '')[:80]!r})",
            where=rows.name,
            hint="give the queries that it was made for",
        )
    items = _items(rows, item_ids, told)
    # Spreadsheets leave lines of delimiters alone at their end.
    blank = (rows.asking.codes < 0) & (rows.item.codes < 0)
    grades = _grades(rows, blank, told)
    _tell_unknown(rows, (queries < 0) & ~blank, (items < 0) & ~blank, item_ids, told)
    counts = (queries >= 0) & (items >= 0) & ~np.isnan(grades)
    columns = queries[counts], items[counts], grades[counts]
    _tell_twice(rows.name, *columns, told)
    return Judgments.of(*columns), queries


def _positions(texts: pa.Array, known: Mapping[str, int]) -> Indices:
    """The position of each text, −1 where it is not known."""
    import pyarrow as pa
    import pyarrow.compute as pc

    names = pa.array(list(known), pa.string())
    places = pc.index_in(texts, value_set=names).fill_null(-1).to_numpy(zero_copy_only=False)
    positions = np.append(np.fromiter(known.values(), np.int64, len(known)), -1)
    found: Indices = positions[places]
    # Where ids and texts were read as such, they were put on one line.
    broken = pc.match_substring_regex(texts, r"\s\s|[^\S ]").to_numpy(zero_copy_only=False)
    for at in np.flatnonzero((found < 0) & broken).tolist():
        found[at] = known.get(one_line(texts[at].as_py()), -1)
    return found


def _placed(column: TextColumn, positions: Indices) -> Indices:
    """The position of each row."""
    placed: Indices = np.append(positions, -1)[column.codes]
    return placed


def _items(rows: JudgmentRows, item_ids: Sequence[str], told: Told) -> Indices:
    known = {one: place for place, one in enumerate(item_ids)}
    texts = rows.item.texts
    found = _positions(texts, known)
    used = np.zeros(len(texts), dtype=np.bool_)
    used[rows.item.codes[rows.item.codes >= 0]] = True
    if used.any() and not (found[used] >= 0).any():
        alike = _all_alike(texts, used, item_ids)
        if alike is None:
            examples = _alike_told(_unknown(texts, found, used), item_ids)
            raise GapvizError(
                f"judges none of the {len(item_ids):,} items (its first item: "
                f"{texts[int(np.flatnonzero(used)[0])].as_py()[:80]!r}, the first that there is: "
                f"{item_ids[0][:80]!r})",
                where=rows.name,
                hint=examples or "give the source that it was made for, or name its --id-column",
            )
        words, found = alike
        first = int(np.flatnonzero(used)[0])
        told.lost(
            rows.name,
            f"names items by ids that differ from theirs in {words} alone, and each was taken for "
            f"the one it fits ({shown(texts[first].as_py(), 60)} for "
            f"{shown(item_ids[int(found[first])], 60)})",
        )
    return _placed(rows.item, found)


def _all_alike(texts: pa.Array, used: Mask, item_ids: Sequence[str]) -> tuple[str, Indices] | None:
    """In what all ids differ from those of one item each, and the item of each; None where not."""
    wanted = texts.to_pylist()
    for words, common in LIKENESSES.items():
        items = _by(common, item_ids)
        found = np.array([items.get(common(one), -1) for one in wanted], dtype=np.int64)
        taken = found[used]
        if (taken >= 0).all() and np.unique(taken).size == taken.size:
            return words, np.where(used, found, -1)
    return None


def _by(common: Callable[[str], str], item_ids: Sequence[str]) -> dict[str, int]:
    """The position of each item by what it has in common; −1 where several have."""
    places: dict[str, int] = {}
    for place, one in enumerate(item_ids):
        key = common(one)
        places[key] = -1 if key in places else place
    return places


def _unknown(texts: pa.Array, found: Indices, used: Mask) -> list[str]:
    places = np.flatnonzero(used & (found < 0))[:MOST_ALIKE]
    return [str(texts[at].as_py()) for at in places.tolist()]


def _alike_told(unknown: Sequence[str], item_ids: Sequence[str]) -> str:
    """How many ids that are not known are like those of items, in a clause; nothing for none."""
    for words, common in LIKENESSES.items():
        items = _by(common, item_ids)
        alike = [(one, items.get(common(one), -1)) for one in unknown]
        fits = [(one, place) for one, place in alike if place >= 0]
        if fits:
            one, place = fits[0]
            n = f"at least {len(fits):,}" if len(unknown) == MOST_ALIKE else f"{len(fits):,}"
            return (
                f"{n} of these ids differ from an item's in {words} alone "
                f"({shown(one, 60)}, {shown(item_ids[place], 60)}): write them as the source does"
            )
    return ""


def _grades(rows: JudgmentRows, blank: Mask, told: Told) -> Grades:
    """`(n_rows,)`: NaN where the grade is no number, which is told of rows that are not blank."""
    n = rows.item.codes.size
    if rows.grade is None:
        return np.ones(n, dtype=np.float32)
    grades = np.append(_numbers(rows.grade.texts), np.float32(np.nan))[rows.grade.codes]
    flawed = np.flatnonzero(np.isnan(grades) & ~blank)
    if flawed.size:
        first = rows.grade.text(int(flawed[0])) or "nothing"
        told.lost(
            rows.name,
            f"holds {counted(flawed.size, 'judgment')} with a grade that is no number "
            f"(the first: {shown(first, 60)})",
        )
    below = int((grades < 0).sum())
    if below:
        told.open.append(
            f"{rows.name} holds {counted(below, 'judgment')} with a grade below 0, which counts "
            "as judged not relevant."
        )
    return grades


def _numbers(texts: pa.Array) -> Grades:
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        numbers = pc.cast(texts, pa.float64()).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:
        numbers = np.array([_number_in(one) for one in texts.to_pylist()], dtype=np.float64)
    with np.errstate(over="ignore"):
        small: npt.NDArray[np.float32] = numbers.astype(np.float32)
    return np.where(np.isfinite(small), small, np.float32(np.nan))


def _number_in(text: str) -> float:
    try:
        return float("nan") if "_" in text else float(text)
    except ValueError:
        return float("nan")


def _tell_unknown(
    rows: JudgmentRows, no_query: Mask, no_item: Mask, item_ids: Sequence[str], told: Told
) -> None:
    """Say which rows name a query, and which an item, that is not there."""
    asked = np.flatnonzero(no_query)
    if asked.size:
        told.lost(
            rows.name,
            f"holds {counted(asked.size, 'judgment')} of queries that are not there "
            f"(the first: {shown(rows.asking.text(int(asked[0])), 60)!r})",
        )
    missing = np.flatnonzero(no_item)
    if missing.size:
        codes = np.unique(rows.item.codes[missing])[:MOST_ALIKE].tolist()
        unknown = [str(rows.item.texts[code].as_py()) for code in codes if code >= 0]
        alike = _alike_told(unknown, item_ids)
        told.lost(
            rows.name,
            f"holds {counted(missing.size, 'judgment')} of items that are not there "
            f"(the first: {shown(rows.item.text(int(missing[0])), 60)!r})"
            + (f"; {alike}" if alike else ""),
        )


def _tell_twice(name: str, queries: Indices, items: Indices, grades: Grades, told: Told) -> None:
    """Say which pairs are judged more than once."""
    pairs = queries * (int(items.max(initial=0)) + 1) + items
    ordered = np.sort(pairs)
    repeated = ordered[1:][ordered[1:] == ordered[:-1]]
    if not repeated.size:
        return
    several = np.isin(pairs, repeated)
    pairs, grades = pairs[several], grades[several]
    order = np.lexsort((grades, pairs))
    again = pairs[order][1:] == pairs[order][:-1]
    same = int((again & (grades[order][1:] == grades[order][:-1])).sum())
    other = int(again.sum()) - same
    if same:
        told.lost(name, f"holds {counted(same, 'judgment')} that repeat another with its grade")
    if other:
        told.lost(
            name,
            f"holds {counted(other, 'judgment')} of a query and an item that have another grade "
            "too, of which the highest counts",
        )
