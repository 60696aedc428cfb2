"""The words of the field, each with a short plain hint: the one home of what pages, help and
`gapviz explain` say of a word.

How a figure is measured, to the letter, is said by `gapviz.measures.diagnostics` and on the page
Protocol; a hint here says what a word means to somebody who meets it for the first time.
"""

from __future__ import annotations

from collections.abc import Iterable

from gapviz.core.errors import GapvizError
from gapviz.core.nearest import nearest
from gapviz.core.term import Term


def _t(name: str, hint: str, *also: str, figure: str = "") -> Term:
    return Term(name, hint, also, figure)


TERMS: tuple[Term, ...] = (
    # What is looked at.
    _t(
        "modality gap",
        "The vectors of pictures and those of texts lie in two separate places, though they mean "
        "the same things. The gap is the distance between the two centres: 0 is none.",
        "gap",
        "Gap ‖Δ‖",
        figure="gap",
    ),
    _t(
        "modality",
        "A kind of content: picture, text, sound.",
        "modalities",
        "cross-modal",
        "within-modal",
    ),
    _t(
        "cone",
        "All vectors of one kind point in nearly the same direction, so that together they fill a "
        "narrow cone.",
    ),
    _t("centroid", "The centre of a cloud of vectors: their mean.", "centre of each", figure="gap"),
    _t(
        "encoder",
        "A network that turns a picture or a text into a vector. A dual encoder is two of them, "
        "trained together so that a picture and its caption get similar vectors.",
        "dual encoder",
        "joint model",
    ),
    _t(
        "cosine",
        "How alike two vectors are, −1 to 1: 1 is the same direction, 0 is unrelated.",
        "cosine similarity",
    ),
    _t(
        "raw",
        "The vectors as the encoder made them, compared by cosine: what every strategy is held "
        "against.",
        "raw cosine",
    ),
    _t(
        "mixed index",
        "One list of vectors that holds pictures and texts together, so that a query can find "
        "either kind.",
        "mixed indexes",
    ),
    _t(
        "match",
        "The right answer to a query: the other half of its own pair, such as the picture that a "
        "caption belongs to.",
        "true match",
        "matched pair",
    ),
    # Figures of the gap.
    _t(
        "cloud separation",
        "The gap, measured in widths of a cloud: above 1 the two clouds stand apart more than they "
        "are wide.",
        "separation",
        figure="separation",
    ),
    _t(
        "noise floor",
        "The gap that so few items would show by accident, even if there were none. A gap near it "
        "says nothing.",
        figure="noise_floor",
    ),
    _t(
        "constancy",
        "How much of the gap is one shift, the same for every pair: 1 is all of it, and then "
        "subtracting an offset can close it.",
        figure="constancy",
    ),
    _t(
        "relative modality gap",
        "The gap between the halves of a pair against the distance of any two items of one kind: "
        "0 is perfect, 0.5 is as far as strangers.",
        "RMG",
        figure="rmg",
    ),
    _t(
        "effective rank",
        "How many directions a cloud really uses, out of all that its vectors have.",
        figure="spectrum_effective_rank",
    ),
    _t(
        "alignment and uniformity",
        "Two parts of the training loss: matching pairs should be near each other (alignment), and "
        "all vectors spread out (uniformity).",
        "alignment",
        "uniformity",
    ),
    _t(
        "hub",
        "A vector that stands in the answers to very many queries, whatever they ask. An anti-hub "
        "stands in none.",
        "hubness",
        "anti-hub",
        figure="hubs_largest_share",
    ),
    _t("skew", "Of hubs: how uneven it is who gets found; 0 is even.", figure="hubs_skew"),
    # Figures of search.
    _t(
        "bias rate",
        "How many of the first 10 answers are of the same kind as the query, as a share: 1.0 means "
        "10 of 10. Written bias@10.",
        "bias@10",
        "bias",
        figure="bias",
    ),
    _t(
        "neutral",
        "The bias rate of a search that favours no kind: the share that this kind has of the whole "
        "index, so 0.5 where half of it is of this kind.",
        figure="bias",
    ),
    _t(
        "lift",
        "The bias rate divided by its neutral value: 1 is neutral, 2 is twice as many of the own "
        "kind as there should be.",
        "bias lift",
        figure="lift",
    ),
    _t(
        "imbalance",
        "How far the lift is from 1, as a mean over the kinds of query: 0 favours no kind.",
        "Imbalance@10",
        figure="imbalance",
    ),
    _t(
        "NDCG@10",
        "How high the right answer ranks among the first 10: 1 is always at the top, 0 is never "
        "among them.",
        "NDCG",
        figure="ndcg",
    ),
    _t(
        "R@10",
        "Recall: for how many queries the right answer is among the first 10 (R@1: at the top, "
        "R@5: among five), searching one kind alone.",
        "R@1",
        "R@5",
        "R@100",
        "recall",
        figure="cross_recall@10",
    ),
    _t(
        "MRR",
        "Mean reciprocal rank: 1 if the right answer is at the top, ½ at place two, ⅓ at three, "
        "then the mean over all queries.",
        figure="mrr",
    ),
    _t(
        "mAP",
        "Mean average precision: where several answers are right, how near the top they all are; "
        "1 is best.",
        "MAP",
        figure="within_map",
    ),
    _t("rank", "The place of an answer in the list of answers; 1 is the top.", "match rank"),
    # How it is measured.
    _t(
        "held-out",
        "Items that neither trained the encoder's heads nor taught a strategy: only they are "
        "measured.",
        "held out",
    ),
    _t(
        "evaluate split",
        "The half of the items on which every figure is measured.",
        "evaluate",
    ),
    _t(
        "calibrate split",
        "The other half, from which a strategy learns (its offset, its scale). No figure is "
        "measured on it.",
        "calibrate",
    ),
    _t(
        "95 % interval",
        "The range in which the true figure lies, as far as so few items can tell: other items "
        "like these would give a figure in it 19 times out of 20.",
        "interval",
        "95 % intervals",
    ),
    _t(
        "chance",
        "What a search would find that orders everything at random. A change within chance is one "
        "whose 95 % interval holds 0: it may be no change at all.",
    ),
    _t(
        "ties",
        "Equal scores, whose order is arbitrary. Figures are the mean over all their orders.",
        "tie",
        "tied",
    ),
    _t(
        "judgments",
        "Somebody's word on which items answer a query, and how well.",
        "judged",
        "judgment",
    ),
    _t("lambda", "λ: how much of an offset is subtracted; 0 is nothing, 1 is all of it.", "λ"),
    # How clouds are drawn.
    _t(
        "UMAP",
        "A way to draw vectors of many dimensions as dots on a plane: neighbours stay neighbours, "
        "but distances between groups mean little.",
    ),
    _t(
        "PCA",
        "A way to draw vectors of many dimensions as dots on a plane: the view that shows most of "
        "their spread.",
        "principal component",
    ),
    _t("gap axis", "The straight line from one centre to the other, seen from the side."),
    # What can be done.
    _t(
        "strategy",
        "A way to search in spite of the gap: it moves vectors, adjusts scores, or searches each "
        "kind on its own.",
        "strategies",
    ),
    _t(
        "offset",
        "A fixed shift that is subtracted from every vector of one kind, so that the two centres "
        "meet.",
        "centre both",
    ),
    _t(
        "z-norm",
        "Every score less the mean of such scores, over their spread: scores of pictures and of "
        "texts can then be compared.",
        "score z-norm",
        "znorm",
        "z-score",
    ),
    _t(
        "RRF",
        "Reciprocal rank fusion: search each kind on its own, then merge the lists by place, not "
        "by score.",
        "route and fuse",
        "rank fusion",
        "routing",
        "fused",
    ),
    _t(
        "DBSF",
        "Distribution-based score fusion: each list's scores are put on one scale by their mean "
        "and spread, then merged.",
    ),
    _t("min-max", "Each list's scores are stretched to run from 0 to 1, then merged."),
    _t(
        "CSLS",
        "A score that is lowered for vectors that are near to everything, so that hubs are found "
        "less often.",
    ),
    _t(
        "NNN",
        "Every score less what the same vector gets from a bank of other queries, so that hubs are "
        "found less often.",
        "query bank",
    ),
    _t(
        "inverted softmax",
        "The scores of a vector are shared out among the queries: who is found by all counts less.",
    ),
    _t(
        "Procrustes",
        "The best rotation of one cloud onto the other, learned from matching pairs.",
    ),
    _t("whitening", "The cloud is stretched so that it is equally wide in every direction."),
    _t(
        "Sinkhorn",
        "Scores are balanced so that every item is found about equally often (optimal transport).",
        "optimal transport",
    ),
    _t(
        "transductive",
        "It needs many queries at once, and so cannot answer a single one as it comes.",
    ),
    _t(
        "Pareto front",
        "The ways that no other way beats in both figures at once.",
        "the front",
    ),
    # Scores and indexes.
    _t(
        "threshold",
        "The score from which on an answer counts as a match.",
    ),
    _t(
        "AUC",
        "How well scores tell matches from others: 1 is perfectly, 0.5 not at all.",
        "ROC",
        figure="auc_matched",
    ),
    _t(
        "precision",
        "Of what is accepted as a match, how much is one.",
        figure="answer_precision",
    ),
    _t(
        "temperature",
        "τ: how strictly training tells pairs apart; the smaller, the stricter.",
        "τ",
    ),
    _t(
        "contrastive loss",
        "What training makes small: matching pairs together, all others apart.",
        "InfoNCE",
        "contrastive",
    ),
    _t(
        "approximate index",
        "A search that looks at a part of the vectors alone: fast, and it may miss some answers "
        "(HNSW, IVF).",
        "HNSW",
        "IVF",
    ),
    _t(
        "quantised",
        "Vectors that are stored with fewer bits: smaller, and a little less exact.",
        "quantisation",
        "int8",
        "Matryoshka",
    ),
    _t(
        "V-measure",
        "How well groups found in the vectors agree with labels: 1 is fully, 0 not at all.",
        "k-means",
        figure="v_measure_labels",
    ),
)
"""Every term, in the order in which it is explained best."""


def terms_in(texts: str | Iterable[str]) -> tuple[Term, ...]:
    """The terms that some text uses, in the order of `TERMS`.

    >>> [one.name for one in terms_in("The gap closes, yet bias@10 stays.")]
    ['modality gap', 'bias rate']
    """
    text = texts if isinstance(texts, str) else "\n".join(texts)
    return tuple(one for one in TERMS if one.stands_in(text))


def term(word: str) -> Term:
    """The term of a word, however it is written.

    Raises:
        GapvizError: no such term.

    >>> term("recall").name
    'R@10'
    """
    asked = word.strip().casefold()
    known = {way.casefold(): one for one in reversed(TERMS) for way in reversed(one.written)}
    found = known.get(asked) or known.get(asked.removesuffix("s"))
    if found is None:
        near = nearest(asked, known, cutoff=0.5)
        names = ", ".join(dict.fromkeys(known[one].name for one in near))
        raise GapvizError(
            "no term of this name",
            where=word[:60],
            hint=f"perhaps {names}" if names else "gapviz explain lists all terms",
        )
    return found
