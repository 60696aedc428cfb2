"""What a mixed index gives to queries of each modality."""

from __future__ import annotations

from dataclasses import replace

from gapviz.core.wording import sentence
from gapviz.measures.described import BY_PAIR, Rules
from gapviz.measures.diagnostics.diagnostic import Diagnostic
from gapviz.measures.retrieval.intervals import ESTIMAND, INTERVAL_RULES
from gapviz.measures.retrieval.mixed import MAX_QUERIES
from gapviz.strategies.fusion.ties import TIE_RULE

PLACE = 2
"""Of the family in tables."""

RETRIEVAL = Rules(
    estimand=sentence(ESTIMAND),
    ties=sentence(TIE_RULE),
    interval=f"{sentence(INTERVAL_RULES['all'])} Of a share by Wilson's formula.",
    left_out="The query's own rows, in its own modality; of more than "
    f"{MAX_QUERIES:,} queries a modality, all but a seeded sample.",
)
OF_THE_MATCH = replace(
    RETRIEVAL,
    left_out=f"{RETRIEVAL.left_out} Queries whose item has no row in another modality.",
)
"""Of figures of the match's rank."""

DIAGNOSTICS = (
    Diagnostic(
        name="bias",
        rules=RETRIEVAL,
        short="bias rate",
        key="bias_at_10",
        title="Bias rate",
        formula=r"\frac{|\{\text{top 10 entries of the query's modality}\}|}{10}",
        reading=(
            "Share of the first 10 results that have the query's own modality, 0 to 1; that "
            "modality's share of the index is neutral, 1 means that only one modality is ever "
            "found. The query's own entry is left out. Written bias@10."
        ),
        source="Share over corpus share = lift",
        better="nearer the corpus share",
        by_modality=True,
        read=lambda m: m.bias,
    ),
    Diagnostic(
        name="lift",
        rules=replace(RETRIEVAL, interval=sentence(INTERVAL_RULES["all"])),
        short="lift",
        key="bias_lift_at_10",
        title="Lift of the bias rate",
        formula=r"\text{bias@10}\Big/\frac{N_\text{own}-1}{N-1}",
        reading=(
            "Bias rate over its neutral value, the share of the index: 1 is neutral, one over that "
            "share the most. Of two equal halves that is a little over 2, since the query's own "
            "entry is left out."
        ),
        source="Share over corpus share = lift",
        better="nearer 1",
        by_modality=True,
        read=lambda m: m.lift,
    ),
    Diagnostic(
        name="ndcg",
        rules=OF_THE_MATCH,
        needs=BY_PAIR,
        short="NDCG@10",
        key="mixed_ndcg_at_10",
        title="Mixed-index NDCG@10",
        formula=r"\frac{\sum_{r\le10}\mathrm{rel}_r/\log_2(1+r)}{\text{the same, ideally ordered}}",
        reading=(
            "How high the true match of the other modality ranks in one mixed index, 0 to 1; "
            "higher is better. The guard on bias: bias can fall while answers get worse."
        ),
        source="Järvelin & Kekäläinen 2002; MixBench 2025",
        better="higher",
        by_modality=True,
        read=lambda m: m.ndcg,
    ),
    Diagnostic(
        name="mrr",
        rules=OF_THE_MATCH,
        needs=BY_PAIR,
        short="MRR",
        key="mixed_mrr",
        title="Mixed-index MRR",
        formula=r"\overline{1/\text{rank of the match}}",
        reading=(
            "Mean reciprocal rank of the true match in the mixed index, 0 to 1; higher is better."
        ),
        source="MixBench 2025",
        better="higher",
        by_modality=True,
        read=lambda m: m.mrr,
    ),
)
