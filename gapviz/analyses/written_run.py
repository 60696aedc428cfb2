"""The lists of all queries under one strategy, to be written as a run."""

from __future__ import annotations

from dataclasses import dataclass

from gapviz.analyses.analysis import Finding, Request
from gapviz.core.collection import Collection
from gapviz.core.evaluation import Evaluation
from gapviz.core.paired_evaluation import paired_evaluation
from gapviz.core.parameter import Parameter
from gapviz.core.progress import Progress
from gapviz.core.wording import counted
from gapviz.measures.experiment import Experiment, judged_queries
from gapviz.retrieval.exact_index import ExactIndex
from gapviz.retrieval.run import Run, ranked_lists
from gapviz.retrieval.run_text import ENDINGS, run_text

RUN = Parameter(
    "run_file",
    "Run",
    "text",
    None,
    "where to write: the lists of all queries, a file that ends in "
    f"{', '.join(ENDINGS)}; no query is given then",
    flag="--out",
)


@dataclass(frozen=True, eq=False)
class WrittenRun:
    """Lists, with what their entries and queries are called."""

    run: Run
    evaluation: Evaluation
    collection: Collection

    def text(self, ending: str) -> bytes:
        """As a file of that ending; see `run_text`."""
        return run_text(self.run, self.evaluation, self.collection, ending)


def written_run(experiment: Experiment, progress: Progress) -> WrittenRun:
    """What every query that evaluates gets under the strategy of an experiment.

    The collection's own judged queries ask, over the whole of it; where it has none, the rows of
    the evaluate split, over that split: see `gapviz.core.paired_evaluation`.

    Raises:
        GapvizError: as `Experiment.judged` and `Experiment.evaluated`.
    """
    collection, strategy = experiment.collection, experiment.strategy
    whole = collection.evaluation
    if whole is None or not whole.judgments.size:
        searched = experiment.evaluated.of_modalities(strategy.modalities_)
        queries = paired_evaluation(searched)
    else:
        searched = collection
        queries = judged_queries(collection, strategy, experiment.seed, most=whole.n_queries)
    run = ranked_lists(ExactIndex.of(searched, strategy), queries, progress=progress)
    return WrittenRun(run, queries, searched)


def written_finding(request: Request, progress: Progress) -> Finding:
    """The lists of all queries, and how many there are."""
    experiment = Experiment(request.collection, request.strategy, request.fit)
    written = written_run(experiment, progress)
    run, queries, strategy = written.run, written.evaluation, experiment.strategy
    judged = written.collection is request.collection
    asking = "judged queries" if judged else "queries that are rows of the evaluate split"
    return Finding(
        title=f"{request.collection.name}, encoder {request.collection.encoder}: {strategy.label}",
        warnings=list(strategy.warnings),
        readings=[
            f"{counted(run.item.size, 'result')} of {queries.n_queries:,} {asking}; "
            f"{queries.unit} are listed, the first {run.depth}. Equal scores are written equal."
        ],
        figures={
            "collection": request.collection.name,
            "encoder": request.collection.encoder,
            "strategy": strategy.spec.name,
            "n_queries": queries.n_queries,
            "n_results": run.item.size,
            "unit": queries.unit,
            "depth": run.depth,
            "protocol": "judged" if judged else "paired",
        },
        result=written,
    )
