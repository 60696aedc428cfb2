"""Every generated file runs against the library that it is written for."""

from dataclasses import replace

import numpy as np
import pytest

from gapviz.core.modality_vectors import ModalityVectors
from gapviz.core.rows import corpus_rows
from gapviz.export.folder import load_exported
from gapviz.export.snippets import snippets_of
from gapviz.retrieval.exact_index import ExactIndex
from gapviz.retrieval.index import Query
from gapviz.strategies import STRATEGIES, StrategyOptions

LASTING = [name for name, card in STRATEGIES.items() if not card.transductive]
WEIGHTED = StrategyOptions("route", rrf_k=10, weights=(("text", 1.7),))
LAST = StrategyOptions("route", ties="other-first")
CHAINS = [
    StrategyOptions("composed", chain=chain)
    for chain in ("whitening,sinkhorn", "centre,znorm", "role-means,route:rrf_k=7", "centre,zscore")
]
PLANS = [*map(StrategyOptions, LASTING), WEIGHTED, LAST, *CHAINS]
ENGINE_PLANS = [
    StrategyOptions("raw"), StrategyOptions("centre"), StrategyOptions("ridge"),
    StrategyOptions("route"), StrategyOptions("znorm"), StrategyOptions("minmax"),
    StrategyOptions("items-rrf"), WEIGHTED,
]  # fmt: skip
CAPTIONS = 3
QUERIES = (("image", 3), ("text", 11), ("text", 40), ("image", 77))
K = 10


@pytest.fixture(scope="module")
def captioned(make_collection):
    """Items with one picture and three captions, all of them indexed."""
    made = make_collection(60, 16)
    text = made.modality("text").vectors
    noise = np.random.default_rng(1).standard_normal((CAPTIONS, *text.shape))
    several = ModalityVectors.of(
        (text + 0.2 * noise).transpose(1, 0, 2).reshape(-1, text.shape[1]),
        np.repeat(np.arange(60), CAPTIONS),
    )
    return replace(made, modalities={"image": made.modality("image"), "text": several})


def name_of(options):
    chain = dict(options.values).get("chain", "")
    marks = f"{'-weighted' * (options is WEIGHTED)}{'-last' * (options is LAST)}"
    return f"{options.name}{marks}{f'-{chain}' * (options in CHAINS)}"


def expected_hits(halves, strategy, modality, row):
    """gapviz' own list: the query is an indexed row, which may find itself."""
    corpus = corpus_rows(halves[1], strategy)
    query = halves[1].modality(modality).corpus.vectors[row]
    found = ExactIndex(corpus, strategy).search(Query(query, modality), K)
    by_item = strategy.fusion.ranks_items
    starts = {name: span.start for name, span in zip(corpus.names, corpus.spans, strict=True)}
    return query, [
        hit.item if by_item else (hit.modality, hit.row - starts[hit.modality])
        for hit in found.hits
    ]


def rows_of(halves, module):
    return {
        name: module.move(block.corpus.vectors, name)
        for name, block in halves[1].modalities.items()
    }


def owners_of(halves):
    return {name: block.corpus.item_index.tolist() for name, block in halves[1].modalities.items()}


@pytest.mark.parametrize("options", PLANS, ids=name_of)
def test_plain_numpy_moves_as_gapviz_does(take_home, halves, generated, options):
    folder, _, strategy = take_home(options)
    module = generated(folder, "in_numpy")
    for name, rows in rows_of(halves, module).items():
        vectors = halves[1].modality(name).corpus.vectors
        np.testing.assert_allclose(rows, strategy.transform(vectors, name), atol=6e-7)
        np.testing.assert_allclose(module.move(7 * vectors, name), rows, atol=6e-7)


@pytest.mark.parametrize("options", PLANS, ids=name_of)
def test_plain_numpy_ranks_as_gapviz_does(take_home, halves, generated, options):
    folder, card, strategy = take_home(options)
    module = generated(folder, "in_numpy")
    rows = rows_of(halves, module)
    more = [owners_of(halves)] if card.acts_on == "items" else []
    for modality, row in QUERIES:
        query, expected = expected_hits(halves, strategy, modality, row)
        found = [key for key, _ in module.search(query, modality, rows, *more, k=K)]
        assert found == expected


def numbered(halves, by_item):
    """(id, modality, row, vector) of every row; ids are of rows, or of items."""
    number, entries = 0, []
    for name, block in halves[1].modalities.items():
        pairs = zip(block.corpus.item_index, block.corpus.vectors, strict=True)
        for row, (item, vector) in enumerate(pairs):
            entries.append((int(item) if by_item else number, name, row, vector))
            number += 1
    return entries


def points_of(entries):
    """(id, {modality: vector})."""
    points = {}
    for key, name, _, vector in entries:
        points.setdefault(key, {})[name] = vector
    return list(points.items())


def ids_of(expected, entries, by_item):
    of_row = {(name, row): key for key, name, row, _ in entries}
    return expected if by_item else [of_row[hit] for hit in expected]


def levels_of(card, entries, ids, modality):
    """Fused lists tie at every rank; engines may order each tie as they like."""
    if (
        card.fusion is None
        or card.fusion["method"] != "rrf"
        or set(card.fusion["weights"].values()) - {1.0}
    ):
        return [[key] for key in ids]
    n = len(card.modalities)
    return [sorted(ids[start : start + n]) for start in range(0, len(ids), n)]


@pytest.mark.slow
@pytest.mark.parametrize("options", ENGINE_PLANS, ids=name_of)
def test_qdrant_ranks_as_gapviz_does(take_home, halves, generated, options):
    from qdrant_client import QdrantClient

    folder, card, strategy = take_home(options)
    module = generated(folder, "in_qdrant")
    by_item = card.acts_on == "items"
    entries = numbered(halves, by_item)
    client = QdrantClient(":memory:")
    mixed = card.acts_on in ("nothing", "vectors")
    module.store(
        client, [(key, name, v) for key, name, _, v in entries] if mixed else points_of(entries)
    )
    for modality, row in QUERIES:
        query, expected = expected_hits(halves, strategy, modality, row)
        found = [
            entry[0] if isinstance(entry, tuple) else entry.id
            for entry in module.search(client, query, modality, k=K)
        ]
        assert levels_of(card, entries, found, modality) == levels_of(
            card, entries, ids_of(expected, entries, by_item), modality
        )


@pytest.mark.slow
@pytest.mark.parametrize("name", ["items-rrf", "items-max"])
def test_qdrant_keeps_every_caption_of_an_item(take_home, captioned, generated, name):
    from qdrant_client import QdrantClient

    folder, _, strategy = take_home(StrategyOptions(name), captioned)
    module = generated(folder, "in_qdrant")
    held_out = captioned.split("evaluate")
    points = {}
    for modality, block in held_out.modalities.items():
        for item, vector in zip(block.item_index.tolist(), block.vectors, strict=True):
            points.setdefault(item, {}).setdefault(modality, []).append(vector)
    client = QdrantClient(":memory:")
    module.store(client, list(points.items()))
    index = ExactIndex(corpus_rows(held_out, strategy), strategy)
    for modality in ("image", "text"):
        for query in held_out.modality(modality).vectors[:12]:
            found = [
                entry[0] if isinstance(entry, tuple) else entry.id
                for entry in module.search(client, query, modality, k=K)
            ]
            assert found == [hit.item for hit in index.search(Query(query, modality), K).hits]


def test_qdrant_takes_cormacks_60_as_its_61(take_home):
    _, card, strategy = take_home(StrategyOptions("route"))
    (code,) = [one.code for one in snippets_of(card, strategy) if one.target == "Qdrant"]
    assert "models.RrfQuery(rrf=models.Rrf(k=61))" in code


@pytest.mark.slow
@pytest.mark.parametrize("options", ENGINE_PLANS, ids=name_of)
def test_lancedb_ranks_as_gapviz_does(take_home, halves, generated, tmp_path, options):
    import lancedb

    folder, card, strategy = take_home(options)
    module = generated(folder, "in_lancedb")
    by_item = card.acts_on == "items"
    entries = numbered(halves, by_item)
    table = module.store(lancedb.connect(tmp_path), [(key, name, v) for key, name, _, v in entries])
    for modality, row in QUERIES:
        query, expected = expected_hits(halves, strategy, modality, row)
        found = [
            entry[0] if isinstance(entry, tuple) else entry["id"]
            for entry in module.search(table, query, modality, k=K)
        ]
        assert levels_of(card, entries, found, modality) == levels_of(
            card, entries, ids_of(expected, entries, by_item), modality
        )


def fused_scores(halves, module, modality, row, by_item):
    """Scores of the plain numpy file, which the engine's own should equal."""
    owners = [owners_of(halves)] if by_item else []
    query = halves[1].modality(modality).corpus.vectors[row]
    return [score for _, score in module.search(query, modality, rows_of(halves, module), *owners)]


@pytest.fixture(scope="module")
def milvus(tmp_path_factory):
    from pymilvus import MilvusClient

    client = MilvusClient(str(tmp_path_factory.mktemp("milvus") / "lite.db"))
    yield client
    client.close()


@pytest.mark.slow
@pytest.mark.parametrize("options", ENGINE_PLANS, ids=name_of)
def test_milvus_ranks_as_gapviz_does(take_home, halves, generated, milvus, options):
    folder, card, strategy = take_home(options)
    module = generated(folder, "in_milvus")
    by_item = card.acts_on == "items"
    entries = numbered(halves, by_item)
    milvus.drop_collection(module.COLLECTION)
    module.store(milvus, [(key, name, v) for key, name, _, v in entries])
    for modality, row in QUERIES:
        query, expected = expected_hits(halves, strategy, modality, row)
        hits = module.search(milvus, query, modality, k=K)
        found = [hit[0] if isinstance(hit, tuple) else hit["entity"]["id"] for hit in hits]
        assert levels_of(card, entries, found, modality) == levels_of(
            card, entries, ids_of(expected, entries, by_item), modality
        )


@pytest.fixture(scope="module")
def table(postgres):
    import psycopg

    from gapviz.sources.stores.address import parsed_address

    address = parsed_address(postgres())
    with psycopg.connect(
        host=address.host, port=address.port, dbname=address.collection
    ) as connection:
        yield connection


@pytest.mark.slow
@pytest.mark.parametrize("options", ENGINE_PLANS, ids=name_of)
def test_postgresql_ranks_as_gapviz_does(take_home, halves, generated, table, options):
    folder, card, strategy = take_home(options)
    module = generated(folder, "in_pgvector")
    by_item = card.acts_on == "items"
    entries = numbered(halves, by_item)
    table.execute("DROP TABLE IF EXISTS gapviz")
    module.store(table, [(key, name, v) for key, name, _, v in entries])
    for modality, row in QUERIES:
        query, expected = expected_hits(halves, strategy, modality, row)
        hits = module.search(table, query, modality, k=K)
        found = [hit[0] for hit in hits]
        assert levels_of(card, entries, found, modality) == levels_of(
            card, entries, ids_of(expected, entries, by_item), modality
        )
        if card.serving == "ranks":
            plain = generated(folder, "in_numpy")
            assert [score for _, score in hits] == fused_scores(
                halves, plain, modality, row, by_item
            )


@pytest.mark.parametrize("options", PLANS, ids=name_of)
def test_every_place_has_code_or_says_why_not(take_home, options):
    _, card, strategy = take_home(options)
    snippets = snippets_of(card, strategy)
    assert [one.target for one in snippets] == [
        "Plain numpy", "Qdrant", "LanceDB", "Milvus", "PostgreSQL", "Elasticsearch", "OpenSearch",
        "Mixpeek",
    ]  # fmt: skip
    for one in snippets:
        assert one.note.endswith(".")
        if one.code:
            compile(one.code, one.file, "exec")
        else:
            assert one.note.startswith("No code: ")


def test_names_from_outside_stay_text(take_home, make_collection, generated):
    evil = "im'age\"\n{x}"
    made = make_collection(n=40, modalities=(evil, "text"))
    for options in (StrategyOptions("centre"), StrategyOptions("route"), StrategyOptions("znorm")):
        folder, card, strategy = take_home(options, made)
        module = generated(folder, "in_numpy")
        assert list(module.MODALITIES) == [evil, "text"]
        assert load_exported(folder).card == card
        for one in snippets_of(card, strategy):
            compile(one.code, one.file, "exec")


def test_a_chain_of_scores_is_read_back_though_it_has_no_code(take_home, halves):
    options = StrategyOptions("composed", chain="nnn:neighbours=3,znorm")
    folder, card, strategy = take_home(options)
    assert {one.code for one in snippets_of(card, strategy)} == {""}
    assert all("several steps" in one.note for one in snippets_of(card, strategy))
    back = load_exported(folder).strategy
    corpus = corpus_rows(halves[1], strategy)
    scores = corpus.vectors[:5] @ corpus.vectors.T
    one, other = (s.prepare(corpus, corpus).adjust(scores, "image") for s in (strategy, back))
    np.testing.assert_array_equal(one, other)
    assert back.label == strategy.label and back.warnings == strategy.warnings
