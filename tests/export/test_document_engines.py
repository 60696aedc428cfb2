"""What clients of document engines, and of Mixpeek, are given by generated files."""

import json

import numpy as np
import pytest

from gapviz.strategies import StrategyOptions

WEIGHTED = StrategyOptions("route", rrf_k=10, weights=(("text", 1.7),))
K = 10


def name_of(options):
    return f"{options.name}{'-weighted' * (options is WEIGHTED)}"


class Recorder:
    """Stands for the server: keeps what the client sends, and answers that all is well."""

    def __init__(self):
        self.sent = []

    def note(self, method, url, body):
        text = body.decode() if isinstance(body, bytes) else body
        lines = [json.loads(line) for line in (text or "").splitlines() if line]
        self.sent.append((method, url, lines))
        if "_bulk" in url:
            return {"errors": False, "items": [{"index": {"status": 201}}] * (len(lines) // 2)}
        return {"hits": {"hits": []}, "acknowledged": True}


@pytest.fixture
def elasticsearch(monkeypatch):
    from elastic_transport import HttpHeaders, Urllib3HttpNode
    from elastic_transport._models import ApiResponseMeta
    from elasticsearch import Elasticsearch

    recorder = Recorder()

    def perform(node, method, target, body=None, headers=None, request_timeout=None):
        answer = recorder.note(method, target, body)
        told = HttpHeaders(
            {
                "x-elastic-product": "Elasticsearch",
                "content-type": "application/vnd.elasticsearch+json;compatible-with=9",
            }
        )
        meta = ApiResponseMeta(200, "1.1", told, 0.0, node.config)
        return type("Answer", (), {"meta": meta, "body": json.dumps(answer).encode()})()

    monkeypatch.setattr(Urllib3HttpNode, "perform_request", perform)
    return Elasticsearch("http://localhost:9200"), recorder


def one_document(halves, mixed=False):
    vectors = {name: block.corpus.vectors[0] for name, block in halves[1].modalities.items()}
    return [(0, "text", vectors["text"]) if mixed else (0, vectors)]


@pytest.mark.parametrize("options", [StrategyOptions("route"), WEIGHTED], ids=name_of)
def test_elasticsearch_gets_a_rank_fusion_retriever(
    take_home, halves, generated, elasticsearch, options
):
    client, recorder = elasticsearch
    folder, _, _ = take_home(options)
    module = generated(folder, "in_elasticsearch")
    query = halves[1].modality("text").corpus.vectors[0]
    module.store(client, one_document(halves))
    module.search(client, query, "text", k=K)
    (create, bulk, asked) = recorder.sent
    assert create[2][0]["mappings"]["properties"]["image"]["dims"] == 256
    assert len(bulk[2][1]["text"]) == 256
    body = asked[2][0]
    fused = body["retriever"]["rrf"]
    assert body["size"] == K
    assert fused["rank_constant"] == int(options.value("rrf_k"))
    lists = [one.get("retriever", one)["knn"] for one in fused["retrievers"]]
    assert {one["field"] for one in lists} == {"image", "text"}
    assert all(one["k"] == fused["rank_window_size"] >= K for one in lists)
    np.testing.assert_allclose(lists[0]["query_vector"], query, atol=1e-6)
    if options is WEIGHTED:
        assert {one["retriever"]["knn"]["field"]: one["weight"] for one in fused["retrievers"]} == {
            "image": 1.0, "text": 1.7,
        }  # fmt: skip


def test_elasticsearch_gets_one_knn_retriever_for_a_mixed_index(
    take_home, halves, generated, elasticsearch
):
    client, recorder = elasticsearch
    folder, _, strategy = take_home()
    module = generated(folder, "in_elasticsearch")
    query = halves[1].modality("text").corpus.vectors[0]
    module.store(client, one_document(halves, mixed=True))
    module.search(client, query, "text", k=K)
    knn = recorder.sent[-1][2][0]["retriever"]["knn"]
    moved = strategy.transform(query[None], "text")[0]
    np.testing.assert_allclose(knn["query_vector"], moved, atol=1e-6)
    assert recorder.sent[1][2][1]["modality"] == "text"


def items_with_captions(halves):
    """One item with a picture and three captions."""
    vectors = {name: block.corpus.vectors[0] for name, block in halves[1].modalities.items()}
    return [(0, vectors | {"text": halves[1].modality("text").corpus.vectors[:3]})]


def nested_lists(queries):
    """Field → knn of nested queries, each of which takes the best vector of a document."""
    assert {one["nested"]["score_mode"] for one in queries} == {"max"}
    return {one["nested"]["path"]: one["nested"]["query"]["knn"] for one in queries}


@pytest.mark.parametrize("name", ["items-rrf", "items-max"])
def test_elasticsearch_keeps_every_caption_of_an_item(
    take_home, halves, generated, elasticsearch, name
):
    client, recorder = elasticsearch
    folder, _, _ = take_home(StrategyOptions(name))
    module = generated(folder, "in_elasticsearch")
    module.store(client, items_with_captions(halves))
    module.search(client, halves[1].modality("text").corpus.vectors[0], "text", k=K)
    create, bulk, asked = recorder.sent
    mapped = create[2][0]["mappings"]["properties"]["text"]
    assert mapped["type"] == "nested" and mapped["properties"]["vector"]["dims"] == 256
    assert [len(bulk[2][1][one]) for one in ("image", "text")] == [1, 3]
    retriever = asked[2][0]["retriever"]
    if name == "items-max":
        queries = retriever["standard"]["query"]["dis_max"]["queries"]
    else:
        queries = [one["standard"]["query"] for one in retriever["rrf"]["retrievers"]]
    lists = nested_lists(queries)
    assert {name: knn["field"] for name, knn in lists.items()} == {
        "image": "image.vector", "text": "text.vector",
    }  # fmt: skip
    assert all(knn["num_candidates"] <= 10_000 for knn in lists.values())


@pytest.mark.parametrize("name", ["centre", "route", "items-rrf", "items-max"])
def test_elasticsearch_is_asked_for_no_more_candidates_than_it_takes(
    take_home, generated, halves, name
):
    folder, _, _ = take_home(StrategyOptions(name))
    module = generated(folder, "in_elasticsearch")
    query = halves[1].modality("text").corpus.vectors[0]
    told = json.dumps(module.retriever(query, "text", k=5_000))
    assert '"num_candidates": 10000' in told and '"num_candidates": 50000' not in told


@pytest.fixture
def opensearch(monkeypatch):
    from opensearchpy import OpenSearch, Urllib3HttpConnection

    recorder = Recorder()

    def perform(connection, method, url, params=None, body=None, **rest):
        answer = recorder.note(method, url + (f"?{params}" if params else ""), body)
        return 200, {"content-type": "application/json"}, json.dumps(answer)

    monkeypatch.setattr(Urllib3HttpConnection, "perform_request", perform)
    return OpenSearch("http://localhost:9200"), recorder


@pytest.mark.parametrize("options", [StrategyOptions("route"), WEIGHTED], ids=name_of)
def test_opensearch_gets_a_hybrid_query_behind_rank_fusion(
    take_home, halves, generated, opensearch, options
):
    client, recorder = opensearch
    folder, _, _ = take_home(options)
    module = generated(folder, "in_opensearch")
    query = halves[1].modality("text").corpus.vectors[0]
    module.store(client, one_document(halves))
    module.create_pipeline(client)
    module.search(client, query, "text", k=K)
    create, _, pipeline, asked = recorder.sent
    assert create[2][0]["mappings"]["properties"]["text"]["dimension"] == 256
    (ranker,) = pipeline[2][0]["phase_results_processors"]
    combination = ranker["score-ranker-processor"]["combination"]
    assert combination["technique"] == "rrf"
    assert combination["rank_constant"] == int(options.value("rrf_k"))
    if options is WEIGHTED:
        weights = combination["parameters"]["weights"]
        assert sum(weights) == pytest.approx(1)
        assert weights[1] / weights[0] == pytest.approx(1.7)
    lists = asked[2][0]["query"]["hybrid"]["queries"]
    assert [list(one["knn"]) for one in lists] == [["image"], ["text"]]
    assert "gapviz-rank-fusion" in pipeline[1] and "gapviz-rank-fusion" in asked[1]


@pytest.mark.parametrize("name", ["items-rrf", "items-max"])
def test_opensearch_keeps_every_caption_of_an_item(take_home, halves, generated, opensearch, name):
    client, recorder = opensearch
    folder, _, _ = take_home(StrategyOptions(name))
    module = generated(folder, "in_opensearch")
    module.store(client, items_with_captions(halves))
    module.search(client, halves[1].modality("text").corpus.vectors[0], "text", k=K)
    create, bulk, asked = recorder.sent
    mapped = create[2][0]["mappings"]["properties"]["text"]
    assert mapped["type"] == "nested" and mapped["properties"]["vector"]["dimension"] == 256
    assert [len(bulk[2][1][one]) for one in ("image", "text")] == [1, 3]
    kind = "dis_max" if name == "items-max" else "hybrid"
    lists = nested_lists(asked[2][0]["query"][kind]["queries"])
    assert {name: list(knn) for name, knn in lists.items()} == {
        "image": ["image.vector"], "text": ["text.vector"],
    }  # fmt: skip


def test_opensearch_gets_one_knn_query_for_a_mixed_index(take_home, halves, generated, opensearch):
    client, recorder = opensearch
    folder, _, _ = take_home()
    module = generated(folder, "in_opensearch")
    module.store(client, one_document(halves, mixed=True))
    module.search(client, halves[1].modality("text").corpus.vectors[0], "text", k=K)
    assert recorder.sent[-1][2][0]["query"]["knn"]["vector"]["k"] == K


@pytest.mark.slow
@pytest.mark.parametrize(
    "options", [StrategyOptions("centre"), StrategyOptions("route"), WEIGHTED], ids=name_of
)
def test_mixpeeks_models_take_the_retriever(take_home, halves, generated, options):
    from mixpeek.models.stage_defs_feature_search_config import StageDefsFeatureSearchConfig
    from mixpeek.models.stage_params_feature_search import StageParamsFeatureSearch

    folder, _, _ = take_home(options)
    module = generated(folder, "in_mixpeek")
    request = module.retriever("drawings", k=K)
    (stage,) = request.stages
    told = stage.config["parameters"]
    searches = [StageDefsFeatureSearchConfig.from_dict(one) for one in told["searches"]]
    parameters = StageParamsFeatureSearch.model_validate(told | {"searches": searches})
    assert parameters.final_top_k == K
    if options.name == "centre":
        assert len(parameters.searches) == 1 and parameters.fusion is None
    else:
        assert [one.feature_uri.rpartition("/")[2] for one in parameters.searches] == [
            "image", "text",
        ]  # fmt: skip
        assert parameters.fusion.value == "rrf"
        assert all(0 <= one.weight <= 1 for one in parameters.searches)
    query = halves[1].modality("text").corpus.vectors[0]
    assert len(module.query_input(query, "text")["vector"]) == 256
