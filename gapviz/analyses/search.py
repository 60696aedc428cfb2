"""Search: one query over a collection, all modalities mixed, under one strategy."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, cast

from PIL.Image import Image

from gapviz.analyses.analysis import (
    QUERY_MODALITY,
    Analysis,
    Finding,
    Request,
    results_parameter,
)
from gapviz.analyses.judged_answer import (
    LONGEST_WORDS,
    evaluation_of,
    judged_answer,
    query_of_evaluation,
    run_answer,
    share_reading,
)
from gapviz.analyses.listed import LISTED
from gapviz.analyses.scoreboard.given_runs import judged_run, with_own_name
from gapviz.analyses.stored_search import ON, refuse_on, stored_answer
from gapviz.analyses.thresholds.match_study import match_calibration
from gapviz.analyses.written_run import RUN, written_finding
from gapviz.core.collection import Collection
from gapviz.core.errors import GapvizError
from gapviz.core.parameter import Parameter
from gapviz.core.progress import Progress
from gapviz.core.table import Column, Table
from gapviz.core.vectors import Float32
from gapviz.encoders.base import ImageEncoder, TextEncoder
from gapviz.encoders.registry import is_dual_encoder, query_encoder
from gapviz.measures.experiment import Experiment
from gapviz.measures.match_probability.answers import PRECISION
from gapviz.measures.match_probability.matched_list import MatchedList, match_list
from gapviz.measures.match_probability.model import METHOD, PRIOR
from gapviz.measures.retrieval.judged import Judged
from gapviz.retrieval.index import Query, ResultList
from gapviz.retrieval.queries import (
    asks_differently,
    caption_query,
    item_query,
    picture_query,
)
from gapviz.sources.images.decoding import decode_image
from gapviz.storage.files import unreadable

ACCEPTED = " ✓"
"""Beside a probability whose score reaches the threshold."""
QUERIES = ("text", "item", "image", "query_id")
"""Parameters that each name one query."""

MATCH_COLUMN = Column("match", "match", text=True)
HIT_COLUMNS = (
    Column("rank", "rank"),
    Column("modality", "modality", text=True),
    Column("score", "score", decimals=4),
    Column("item", "item", text=True),
    Column("caption", "caption", text=True),
)


def text_query(collection: Collection, text: str) -> Query:
    """A typed text as a query; a caption of the collection knows its own item.

    Raises:
        GapvizError: no texts in the collection, or the encoder of its vectors is not known.
    """
    collection.modality("text")
    known, live = caption_query(collection, text), _is_live(collection)
    if known is not None and not (live and asks_differently(collection, text)):
        return known
    if not live:
        raise GapvizError(
            f"was encoded by {collection.encoder[:80]!r}, which cannot encode a text here",
            where=collection.name,
            hint="name their model in --encoder, or search with --item ID",
        )
    encoder = query_encoder(collection.encoder, collection.encoder_record, "text")
    vector = cast(TextEncoder, encoder).encode_texts([text])[0]
    return Query(vector, "text") if known is None else replace(known, vector=vector)


def image_query(collection: Collection, path: Path) -> Query:
    """The picture of a file as a query; one of the collection's own knows its item.

    Raises:
        GapvizError: no images in the collection, a file that is no whole image or cannot be
            read, or the encoder of its vectors is not known.
    """
    collection.modality("image")
    if not _is_live(collection):
        raise GapvizError(
            f"was encoded by {collection.encoder[:80]!r}, which cannot encode a picture here",
            where=collection.name,
            hint="name their model in --encoder, or search with --item ID",
        )
    try:
        content = path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from error
    picture = decode_image(content, where=str(path))
    return picture_query(collection, picture, _picture_vector(collection, picture))


def _picture_vector(collection: Collection, picture: Image) -> Float32:
    encoder = query_encoder(collection.encoder, collection.encoder_record, "image")
    vector: Float32 = cast(ImageEncoder, encoder).encode_images([picture])[0]
    return vector


def _is_live(collection: Collection) -> bool:
    """Whether the encoder of a collection may encode what is typed or dropped."""
    return is_dual_encoder(collection.encoder_record.loads_as or collection.encoder)


def hits_json(
    collection: Collection, found: ResultList, matched: MatchedList | None = None
) -> list[dict[str, Any]]:
    """Each hit with its item's id, first caption and image, and how likely it matches."""
    told = []
    for place, hit in enumerate(found.hits):
        item = collection.items[hit.item]
        told.append(
            {
                "rank": hit.rank,
                "item": item.id,
                "modality": hit.modality,
                "score": hit.score,
                "cosine": hit.cosine,
                "caption": next(iter(item.captions), None),
                "image": item.picture(hit.modality),
            }
        )
        if matched is not None:
            told[-1]["match"] = matched.hits[place]
    return told


def hits_table(
    collection: Collection, found: ResultList, title: str = "", matched: MatchedList | None = None
) -> Table:
    """Rank, modality, score, id and first caption of each hit, and how likely it matches."""
    rows: list[list[Any]] = []
    for hit in found.hits:
        item = collection.items[hit.item]
        caption = item.captions[0] if item.captions else ""
        rows.append(
            [hit.rank, hit.modality, hit.score, item.id[:LONGEST_WORDS], caption[:LONGEST_WORDS]]
        )
    if matched is None or not any(matched.hits):
        return Table(title, HIT_COLUMNS, rows)
    columns = [*HIT_COLUMNS[:3], MATCH_COLUMN, *HIT_COLUMNS[3:]]
    for row, one in zip(rows, matched.hits, strict=True):
        row.insert(3, "" if one is None else f"{one.words}{ACCEPTED * bool(one.accepted)}")
    return Table(title, columns, rows)


def list_reading(found: ResultList, modality: str) -> str:
    """How much of a list has the query's modality, and where the match stands."""
    words = share_reading(found, modality)
    if found.match_rank is None:
        return words
    return f"{words} The match stands at rank {found.match_rank:,}."


def find_answer(request: Request, progress: Progress) -> Finding:
    """What one query finds."""
    if request["on"] is not None:
        refuse_on(judged=request["query_id"] is not None, run=request["run_file"] is not None)
    if request["run_file"] is not None:
        if any(request[name] is not None for name in QUERIES):
            raise GapvizError(
                "--out writes the lists of all queries", hint="give no query of your own"
            )
        return written_finding(request, progress)
    collection, k = request.collection, request["results"]
    query = _asked(request)
    experiment = Experiment(collection, request.strategy, request.fit)
    strategy = experiment.strategy
    if query.judged is None:
        answer = _answer(request, experiment, query, progress)
    else:
        answer = judged_answer(collection, experiment.index, query, k)
        answer = replace(answer, parts={**answer.parts, **_beside(request, query)})
    if request["beside"] and query.judged is None:
        raise GapvizError(
            "--run shows what another system found for a judged query", hint="give --query-id ID"
        )
    lacking = request.not_measured.items()
    unseen = {
        name: why
        for name, why in lacking
        if name in collection.modalities and name not in strategy.modalities_
    }
    return replace(
        answer,
        title=f"{collection.name}, encoder {collection.encoder}: {strategy.label}",
        warnings=[
            *(f"{name} is not searched. {why}" for name, why in unseen.items()),
            *strategy.warnings,
        ],
        figures={
            "collection": collection.name,
            "encoder": collection.encoder,
            "strategy": strategy.spec.name,
            "query_modality": query.modality,
            "not_searched": unseen,
            **answer.figures,
        },
    )


def _beside(request: Request, query: Query) -> dict[str, Finding]:
    """What runs of other systems have for a judged query, by the name of the run."""
    collection, runs = request.collection, list[Judged]()
    for path in request["beside"]:
        one = judged_run(Path(path), collection, seed=request.seed)
        runs.append(with_own_name(one, {"not_shown", *(other.run.name for other in runs)}))
    asked = evaluation_of(collection).queries[query.judged or 0]
    return {one.run.name: run_answer(one, asked, collection, request["results"]) for one in runs}


def _asked(request: Request) -> Query:
    """The one query that was given.

    Raises:
        GapvizError: none, or several.
    """
    collection = request.collection
    given = {name: request[name] for name in QUERIES}
    named = [name for name, value in given.items() if value is not None]
    if len(named) != 1:
        raise GapvizError(
            "a search needs one query",
            hint="give a text, --item ID, --image FILE or --query-id ID; or --out FILE for all",
        )
    value = given[named[0]]
    if named == ["query_id"]:
        return query_of_evaluation(
            collection,
            value,
            lambda words: text_query(collection, words).vector,
            partial(_picture_vector, collection) if _is_live(collection) else None,
        )
    if named == ["item"]:
        return item_query(collection, request.item(value), request.query_modality)
    return (
        image_query(collection, Path(value))
        if named == ["image"]
        else text_query(collection, value)
    )


def _answer(request: Request, experiment: Experiment, query: Query, progress: Progress) -> Finding:
    collection, on = request.collection, request["on"]
    how: tuple[str, ...] = ()
    if on is None:
        found = experiment.index.search(query, request["results"])
    else:
        stored = stored_answer(on, experiment, query, request["results"])
        found, how = stored.found, stored.readings
    matched = matched_hits(request, experiment, query, found, progress)
    nothing = matched.nothing_reading
    return Finding(
        readings=[
            list_reading(found, query.modality),
            *how,
            *filter(None, [nothing]),
            *matched.readings,
        ],
        tables=[hits_table(collection, found, matched=matched)],
        figures={
            "bias": found.bias,
            "corpus_share": found.corpus_share,
            "match_rank": found.match_rank,
            **({} if on is None else {"searched_by": on}),
            "nothing_matches": matched.nothing_matches,
            "precision": matched.precision,
            "not_matched": matched.lacking,
            "hits": hits_json(collection, found, matched),
        },
        result=found,
    )


def matched_hits(
    request: Request,
    experiment: Experiment,
    query: Query,
    found: ResultList,
    progress: Progress,
) -> MatchedList:
    """How likely each answer matches; nothing of any where the collection has no calibration.

    Raises:
        GapvizError: a prior or a precision that is not between 0 and 1.
    """
    precision, prior = request["precision"], request["prior"]
    try:
        calibration = match_calibration(
            request.collection, request.strategy, method=request["method"], fit=request.fit
        ).compute(progress)
    except GapvizError as error:
        return MatchedList((None,) * len(found.hits), precision, (), (error.sentence,))
    index = experiment.index
    return match_list(calibration, index, query, found, precision=precision, prior=prior)


ANALYSIS = Analysis(
    "search",
    LISTED["search"].help,
    "Search every vector of a collection, all modalities mixed, with a text, with the picture of "
    "a file, with one of its items or with one of its judged queries. A text that is a caption of "
    "the collection knows its own item, and so has a match; so does a picture of the collection. "
    "With --out, write the lists of all judged queries that evaluate; where there are none, of the "
    "held-out items, each of which asks.",
    find_answer,
    parameters=(
        Parameter(
            "text",
            "Text",
            "text",
            None,
            "what to search for, or - for a query a line of standard input; or give --item",
            flag="text",
        ),
        Parameter(
            "item", "Item", "text", None, "search with this item: its id, picture or caption"
        ),
        Parameter("image", "Image", "text", None, "search with the picture of this file"),
        Parameter(
            "query_id",
            "Judged query",
            "text",
            None,
            "search with the query of this id, and mark what its judgments say",
        ),
        QUERY_MODALITY,
        RUN,
        ON,
        Parameter(
            "beside",
            "Runs beside",
            "files",
            (),
            "a ranking that another system made: with --query-id, its list for that query beside "
            "ours; may be given again",
            flag="--run",
        ),
        results_parameter(10),
        METHOD,
        replace(
            PRIOR,
            default=None,
            help="the share of pairs that match: of the query and a row (default: that of one "
            "match among the rows of the row's modality)",
        ),
        PRECISION,
    ),
    shared=("strategy", "fit"),
)
