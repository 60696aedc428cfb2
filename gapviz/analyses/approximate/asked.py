"""What can be asked of approximate indexes, and the rules that all their figures share."""

from __future__ import annotations

from gapviz.analyses.analysis import Request
from gapviz.analyses.approximate.found import SampleSize
from gapviz.analyses.judged import has_judgments
from gapviz.core.parameter import Parameter
from gapviz.measures.experiment import Experiment
from gapviz.measures.retrieval.approximate_recall import DEPTH, SHARE_ASKING
from gapviz.retrieval.approximate import STORAGES, Hnsw, Ivf
from gapviz.strategies import STRATEGIES, StrategyOptions
from gapviz.strategies.fusion.ties import TOLERANCE

RECALL_RULE = (
    f"Recall@{DEPTH}: share of the exact first {DEPTH}, by cosine of the same vectors, that the "
    f"index finds; an entry within {TOLERANCE:g} of the cosine of the last counts as one of them."
)
INTERVAL_RULE = (
    "Intervals: 95 %, the items that ask vary; the index is built once and held, and so is the fit."
)
SAMPLE_RULE = (
    "Items of the evaluate split ask, each with one of its modalities; the rows of that "
    "modality of it are not indexed, those of the other are. All other items are indexed, "
    "calibrate or not, as an index in use holds them. Strategies are fitted on the calibrate "
    "split and move rows and queries; exact search is under the same vectors."
)
"""What asks and what is indexed."""

INDEX = Parameter(
    "index_kind",
    "Index",
    "choice",
    "hnsw",
    "a graph, whose effort is ef, or inverted lists, whose effort is nprobe",
    choices={"hnsw": "HNSW", "ivf": "IVF"},
    flag="--index",
)
STORAGE = Parameter(
    "storage",
    "Vectors as",
    "choice",
    "float32",
    "how the vectors of the index are stored, while its effort grows",
    choices={str(name): title for name, title in STORAGES.items()},
)
LINKS = Parameter(
    "links",
    "Links",
    "count",
    Hnsw().m,
    "links of an entry of HNSW on each level",
    symbol="M",
    low=2,
    high=128,
)
CONSTRUCTION = Parameter(
    "ef_construction",
    "ef while building",
    "count",
    Hnsw().ef_construction,
    "entries that HNSW keeps in view while the graph is built",
    low=4,
    high=2_000,
)
LISTS = Parameter(
    "lists",
    "Lists",
    "count",
    0,
    "lists of IVF; 0 for the square root of the number of rows",
    low=0,
    high=100_000,
)
RANKED_AGAIN = Parameter(
    "overfetched",
    "Fetched for each place",
    "count",
    1,
    "entries that are fetched for each place of the list and ranked again by whole vectors; "
    "with 1 the list stays as it comes",
    low=1,
    high=100,
)
BESIDE = Parameter(
    "beside",
    "Beside",
    "names",
    ("centre",),
    "which strategies: those that move vectors, shown beside raw and the one chosen",
    flag="--strategies",
    choices={name: spec.title for name, spec in STRATEGIES.items() if spec.moves_vectors},
)
QUERIES = Parameter(
    "asking",
    "Queries",
    "count",
    200,
    f"most queries that ask with each modality; never more than one of {SHARE_ASKING} held out",
    low=1,
    high=100_000,
    flag="--most-queries",
)
ROWS = Parameter(
    "rows",
    "Rows",
    "count",
    20_000,
    "most rows of the mixed index; of a larger collection, items are drawn by chance",
    low=20,
    high=10_000_000,
)

OF_INDEX = (INDEX, LINKS, CONSTRUCTION, LISTS, STORAGE, RANKED_AGAIN)
OF_SAMPLE = (BESIDE, QUERIES, ROWS)


def shown_strategies(request: Request) -> tuple[list[StrategyOptions], list[str]]:
    """Raw, those beside it and the one chosen, where they move vectors; and why one is left out."""
    names = ["raw", *request[BESIDE.name]]
    asked = [request.strategy_named(name) for name in names]
    notes: list[str] = []
    if has_judgments(request.collection):
        notes.append(
            "Judged queries play no part here: items of the evaluate split ask, and recall is of "
            "what exact search finds."
        )
    experiment = Experiment(request.collection, pair=request.pair, seed=request.seed)
    chosen = request.strategy
    if chosen.spec.moves_vectors:
        asked = [one for one in asked if one.name != chosen.name] + [chosen]
    elif chosen.name != "raw":
        notes.append(
            f"{chosen.spec.title} moves no vector: an index under it is the raw one, and what it "
            "does comes behind the search."
        )
    known = []
    for one in asked:
        why = experiment.undefined(one, everywhere=True)
        if why is None:
            known.append(one)
        else:
            notes.append(f"{one.spec.title} is left out. {why}")
    return known, notes


def index_of(request: Request) -> Hnsw | Ivf:
    """The kind of index that is asked for."""
    if request[INDEX.name] == "ivf":
        return Ivf(request[LISTS.name])
    return Hnsw(request[LINKS.name], request[CONSTRUCTION.name])


def size_of(request: Request) -> SampleSize:
    """How much is looked at."""
    return SampleSize(request[QUERIES.name], request[ROWS.name])
