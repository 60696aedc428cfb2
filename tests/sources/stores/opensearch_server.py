"""A small server that answers as the documentation of OpenSearch says, with numpy behind it.

It knows the endpoints that a store of gapviz asks for, refuses every request of another shape with
the documented error, and keeps what it was asked. No OpenSearch can be had where these tests run.
"""

import base64
import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit

import numpy as np

PIPELINE = ("phase_results_processors", 0, "score-ranker-processor", "combination")


class RefusedError(Exception):
    """A request that OpenSearch would refuse."""

    def __init__(self, status, kind, reason):
        super().__init__(reason)
        self.status = status
        cause = {"type": kind, "reason": reason}
        self.body = {"error": {"root_cause": [cause], **cause}, "status": status}


@dataclass
class Cluster:
    """Indexes of documents, and what a server of a version makes of them."""

    version: str = "3.1.0"
    user: str = ""
    indexes: dict = field(default_factory=dict)
    """Name → mapping, settings, and documents by id."""
    asked: list = field(default_factory=list)
    """Method, path and body of every request."""
    points: dict = field(default_factory=dict)
    """Open points in time."""

    def create(self, name, properties, documents, settings=None):
        settings = {"knn": "true"} if settings is None else settings
        self.indexes[name] = {
            "mappings": {"properties": properties}, "settings": {"index": settings},
            "documents": documents,
        }  # fmt: skip

    def answer(self, method, path, parameters, body):
        whole = {
            "GET /": lambda: {"version": {"distribution": "opensearch", "number": self.version}},
            "GET /_cat/indices": lambda: [{"index": name} for name in [*self.indexes, ".system"]],
            "POST /_search": lambda: self.page(body),
            "DELETE /_search/point_in_time": lambda: self.forget(body["pit_id"]),
        }
        if f"{method} {path}" in whole:
            return whole[f"{method} {path}"]()
        name, _, rest = path[1:].partition("/")
        if name not in self.indexes:
            raise RefusedError(404, "index_not_found_exception", f"no such index [{name}]")
        index = self.indexes[name]
        of_index = {
            "HEAD ": lambda: {},
            "GET _mapping": lambda: {name: {"mappings": index["mappings"]}},
            "GET _settings": lambda: {name: {"settings": index["settings"]}},
            "POST _count": lambda: {"count": len(index["documents"])},
            "POST _search/point_in_time": lambda: self.remember(index, **parameters),
            "POST _mget": lambda: {"docs": [self.got(index, **one) for one in body["docs"]]},
            "POST _msearch": lambda: {
                "responses": [self.one_of_many(index, one) for one in body[1::2]]
            },
            "POST _search": lambda: Search(self, index).answer(**body),
        }
        if f"{method} {rest}" not in of_index:
            raise RefusedError(400, "illegal_argument_exception", f"no handler for {method} {path}")
        return of_index[f"{method} {rest}"]()

    def remember(self, index, keep_alive):
        assert keep_alive.endswith("m")
        name = f"point {len(self.points)}"
        self.points[name] = dict(index["documents"])
        return {"pit_id": name}

    def forget(self, points):
        for one in points:
            del self.points[one]
        return {"pits": [{"pit_id": one, "successful": True} for one in points]}

    def page(self, body):
        """A page of a point in time, by rising id."""
        held = {"size", "pit", "query", "sort", "_source", "track_total_hits"}
        assert held <= set(body) <= held | {"search_after"}
        assert body["query"] == {"match_all": {}} and body["sort"] == [{"_id": "asc"}]
        (after,) = body.get("search_after", [""])
        documents = self.points[body["pit"]["id"]]
        ids = [one for one in sorted(documents) if one > after][: body["size"]]
        hits = [
            {"_id": one, "sort": [one], **sourced(documents[one], body["_source"])} for one in ids
        ]
        return {"pit_id": body["pit"]["id"], "hits": {"hits": hits}}

    def got(self, index, _id, _source):
        if _id not in index["documents"]:
            return {"_id": _id, "found": False}
        return {"_id": _id, "found": True, **sourced(index["documents"][_id], _source)}

    def one_of_many(self, index, body):
        try:
            return {**Search(self, index).answer(**body), "status": 200}
        except RefusedError as refused:
            return refused.body


@dataclass
class Search:
    """One search in one index."""

    cluster: Cluster
    index: dict

    def answer(self, size, query, _source=True, search_pipeline=None):
        if "hybrid" in query:
            scores = self.fused(query["hybrid"]["queries"], size, search_pipeline)
        else:
            assert search_pipeline is None
            scores = self.scores(query)
        best = sorted(scores.items(), key=lambda one: (-one[1], one[0]))[:size]
        documents = self.index["documents"]
        hits = [
            {"_id": one, "_score": float(np.float32(score)), **sourced(documents[one], _source)}
            for one, score in best
        ]
        return {"hits": {"hits": hits}}

    def fused(self, queries, size, pipeline):
        combination = pipeline
        for step in PIPELINE:
            combination = combination[step]
        assert combination["technique"] == "rrf"
        constant = combination["rank_constant"]
        if len(queries) > 5:
            raise RefusedError(400, "parsing_exception", "Number of sub-queries exceeds maximum")
        if self.cluster.version.startswith("2."):
            constant = 60
        total = {}
        for query in queries:
            ranked = sorted(self.scores(query).items(), key=lambda one: (-one[1], one[0]))
            for rank, (one, _) in enumerate(ranked[:size], 1):
                total[one] = total.get(one, 0.0) + 1 / (constant + rank)
        return total

    def scores(self, query):
        """Score by id of every document that a query finds."""
        ((kind, told),) = query.items()
        if kind == "nested":
            assert told["score_mode"] == "max"
            return self.scores(told["query"])
        if kind == "script_score":
            return self.by_script(**told)
        assert kind == "knn"
        ((name, asked),) = told.items()
        assert set(asked) <= {"vector", "k", "filter", "method_parameters"}
        if not 1 <= asked["k"] <= 10_000:
            raise RefusedError(400, "illegal_argument_exception", "[knn] requires k <= 10000")
        mapped = self.mapped(name)
        if len(asked["vector"]) != mapped["dimension"]:
            raise RefusedError(400, "query_shard_exception", "Query vector has invalid dimension")
        method = mapped.get("method", {})
        if "filter" in asked and method.get("engine") == "nmslib":
            raise RefusedError(
                400, "illegal_argument_exception", "Engine [NMSLIB] does not support filters"
            )
        for parameter in asked.get("method_parameters", {}):
            assert parameter == {"hnsw": "ef_search", "ivf": "nprobes"}[method.get("name", "hnsw")]
        space = mapped.get("space_type") or method.get("space_type", "l2")
        scored = {}
        for one, vectors in self.vectors(name).items():
            if self.passes(one, asked.get("filter")):
                told = [scored_by(space, method.get("engine"), asked["vector"], v) for v in vectors]
                scored[one] = max(told)
        return dict(sorted(scored.items(), key=lambda one: -one[1])[: asked["k"]])

    def by_script(self, query, script):
        assert script["lang"] == "painless"
        name, asked = script["params"]["field"], np.array(script["params"]["query"])
        found = {}
        for one, (vector,) in self.vectors(name).items():
            if self.passes(one, query):
                cosine = asked @ vector / np.linalg.norm(asked) / np.linalg.norm(vector)
                product, far = asked @ vector, ((asked - vector) ** 2).sum()
                source = script["source"]
                if source == "1.0 + cosineSimilarity(params.query, doc[params.field])":
                    found[one] = 1 + cosine
                elif "innerProduct(params.query, doc[params.field])" in source:
                    found[one] = 1 + product if product >= 0 else 1 / (1 - product)
                else:
                    assert source == "1.0 / (1.0 + l2Squared(params.query, doc[params.field]))"
                    found[one] = 1 / (1 + far)
        return found

    def mapped(self, name):
        told = self.index["mappings"]
        for part in name.split("."):
            told = told["properties"][part]
        return told

    def vectors(self, name):
        """The vectors of a field by id, of documents that have some."""
        first, _, rest = name.partition(".")
        found = {}
        for one, document in self.index["documents"].items():
            held = document.get(first)
            several = [part[rest] for part in held or []] if rest else [held]
            if held is not None and several:
                found[one] = [np.array(vector, dtype=float) for vector in several]
        return found

    def passes(self, one, query):
        if query is None:
            return True
        ((kind, told),) = query.items()
        document = self.index["documents"][one]
        if kind == "bool":
            assert set(told) == {"filter"}
            return all(self.passes(one, part) for part in told["filter"])
        if kind == "exists":
            return document.get(told["field"]) is not None
        assert kind == "term"
        ((name, value),) = told.items()
        mapped = self.mapped(name.removesuffix(".words"))
        assert name.endswith(".words") or mapped["type"] != "text"
        held = document.get(name.removesuffix(".words"))
        return str(held).lower() == str(value).lower() if isinstance(held, bool) else held == value


def scored_by(space, engine, asked, vector):
    """The documented scores; nmslib's of before they were made alike."""
    asked = np.array(asked)
    if space == "cosinesimil":
        cosine = asked @ vector / np.linalg.norm(asked) / np.linalg.norm(vector)
        return 1 / (2 - cosine) if engine == "nmslib" else (1 + cosine) / 2
    if space == "innerproduct":
        product = asked @ vector
        return 1 + product if product >= 0 else 1 / (1 - product)
    return 1 / (1 + ((asked - vector) ** 2).sum())


def sourced(document, wanted):
    """What of a document is sent along."""
    if wanted is False:
        return {}
    if isinstance(wanted, dict):
        (left_out,) = wanted.values()
        tops = {name.partition(".")[0] for name in left_out}
        return {"_source": {key: value for key, value in document.items() if key not in tops}}
    if wanted is True:
        return {"_source": document}
    tops = {name.partition(".")[0] for name in wanted}
    return {"_source": {key: value for key, value in document.items() if key in tops}}


@contextmanager
def served(cluster):
    """The address of a server over a cluster, as long as the context lasts."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *told):
            """Nothing is printed."""

        def reply(self):
            length = int(self.headers.get("Content-Length") or 0)
            text = self.rfile.read(length).decode()
            lines = "ndjson" in self.headers.get("Content-Type", "") or "_msearch" in self.path
            body = list(map(json.loads, text.splitlines())) if lines else json.loads(text or "null")
            url = urlsplit(self.path)
            cluster.asked.append((self.command, unquote(url.path), body))
            try:
                told = base64.b64encode(cluster.user.encode()).decode()
                if cluster.user and self.headers.get("Authorization") != f"Basic {told}":
                    raise RefusedError(401, "security_exception", "Unauthorized")
                answer = cluster.answer(
                    self.command, unquote(url.path), dict(parse_qsl(url.query)), body
                )
                status = 200
            except RefusedError as refused:
                status, answer = refused.status, refused.body
            except (AssertionError, KeyError, ValueError, TypeError) as error:
                status = 400
                reason = f"not the documented shape: {error!r}"
                answer = RefusedError(400, "parsing_exception", reason).body
            sent = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(sent)

        do_GET = do_POST = do_HEAD = do_DELETE = reply  # noqa: N815

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"opensearch://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
