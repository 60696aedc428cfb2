"""The reference sets: fetched from a server of the test's own, read where they lie."""

import hashlib
import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from gapviz import GapvizError
from gapviz.measures.experiment import measure
from gapviz.sources.published import (
    REFERENCE_SETS,
    ReferenceFile,
    ReferenceSet,
    fetch,
    read_reference_set,
)
from gapviz.storage.background import Cancelled

CONTENT = {
    "images/0.jpg": b"\xff\xd8" + bytes(200_000),
    "prompts.txt": b"a dog\n",
    "similarities/CLIP.csv": b"1,0\n0,1\n",
}


@pytest.fixture
def small_set(monkeypatch):
    files = tuple(
        ReferenceFile(path, len(content), hashlib.sha256(content).hexdigest())
        for path, content in CONTENT.items()
    )
    made = ReferenceSet("small", "Small", "", "owner/name", "c0ffee", "MIT", "data/small", files)
    monkeypatch.setitem(REFERENCE_SETS, "small", made)
    return made


@pytest.fixture
def server(monkeypatch):
    """A server of `CONTENT` under the small set's address; `server.faults[path]` spoils a file."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            path = self.path.removeprefix("/owner/name/c0ffee/data/small/")
            web.asked.append(path)
            fault = web.faults.get(path)
            if path not in CONTENT or fault == "absent":
                self.send_error(404)
                return
            content = CONTENT[path]
            if fault == "altered":
                content = content[:-1] + b"?"
            if fault == "endless":
                content *= 50
            self.send_response(200)
            if fault != "endless":
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) // 2] if fault == "broken" else content)

        def log_message(self, *args):
            pass

    web = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    web.faults, web.asked = {}, []
    monkeypatch.setattr("gapviz.sources.published.RAW_URL", f"http://127.0.0.1:{web.server_port}")
    threading.Thread(target=web.serve_forever, args=(0.02,), daemon=True).start()
    yield web
    web.shutdown()
    web.server_close()


def files_in(folder):
    return {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file()
    }


def refused(folder):
    with pytest.raises(GapvizError) as caught:
        fetch("small", folder)
    return caught.value.sentence


def test_a_set_is_fetched_whole_into_its_folder(small_set, server, tmp_path):
    assert fetch("small", tmp_path / "here") == tmp_path / "here"
    assert files_in(tmp_path / "here") == CONTENT


def test_the_cache_is_where_sets_are_kept(small_set, server, tmp_path, monkeypatch):
    monkeypatch.setenv("GAPVIZ_CACHE", str(tmp_path))
    folder = fetch("small")
    assert folder.is_relative_to(tmp_path)
    assert files_in(folder) == CONTENT


def test_only_what_is_missing_or_damaged_is_fetched_again(small_set, server, tmp_path):
    fetch("small", tmp_path)
    server.asked.clear()
    fetch("small", tmp_path)
    assert server.asked == []
    (tmp_path / "prompts.txt").write_bytes(b"another")
    (tmp_path / "images" / "0.jpg").unlink()
    fetch("small", tmp_path)
    assert server.asked == ["images/0.jpg", "prompts.txt"]
    assert files_in(tmp_path) == CONTENT


def test_progress_grows_from_nothing_to_all(small_set, server, tmp_path):
    told = []
    fetch("small", tmp_path, progress=lambda *report: told.append(report))
    shares = [share for share, _ in told]
    assert shares == sorted(shares) and shares[0] == 0 and shares[-1] == 1
    assert "0.2 MB, images/0.jpg" in told[1][1]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("altered", "not the pinned file"),
        ("endless", "not the pinned file"),
        ("broken", "broke off"),
        ("absent", "answers 404"),
    ],
)
def test_a_spoilt_file_is_refused_and_the_rest_is_kept(small_set, server, tmp_path, fault, words):
    server.faults["prompts.txt"] = fault
    assert words in refused(tmp_path)
    assert files_in(tmp_path) == {"images/0.jpg": CONTENT["images/0.jpg"]}
    server.faults.clear()
    server.asked.clear()
    fetch("small", tmp_path)
    assert server.asked == ["prompts.txt", "similarities/CLIP.csv"]
    assert files_in(tmp_path) == CONTENT


def test_offline_one_sentence_says_what_to_do(small_set, tmp_path, monkeypatch):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}"
        monkeypatch.setattr("gapviz.sources.published.RAW_URL", address)
        sentence = refused(tmp_path / "here")
    assert "does not answer; go online" in sentence and str(tmp_path / "here") in sentence
    assert not files_in(tmp_path)


def test_a_fetch_is_cancelled_from_its_progress(small_set, server, tmp_path):
    def cancel(share, stage):
        if share > 0.5:
            raise Cancelled

    with pytest.raises(Cancelled):
        fetch("small", tmp_path, progress=cancel)
    assert not files_in(tmp_path)
    fetch("small", tmp_path)
    assert files_in(tmp_path) == CONTENT


def test_a_folder_that_cannot_be_written_is_refused(small_set, server, tmp_path):
    (tmp_path / "file").write_text("")
    assert "cannot be written" in refused(tmp_path / "file" / "folder")


def test_an_unknown_set_is_refused(tmp_path):
    for action in (fetch, read_reference_set):
        with pytest.raises(GapvizError, match="hoose one of liang2022, coco100"):
            action("coco", tmp_path)


def test_a_folder_without_the_set_is_refused(tmp_path):
    for name in REFERENCE_SETS:
        with pytest.raises(GapvizError, match="fetch it first"):
            read_reference_set(name, tmp_path)


def test_every_set_says_where_it_comes_from():
    assert len(REFERENCE_SETS) == 5
    for name, known in REFERENCE_SETS.items():
        assert known.name == name and known.licence and known.title and known.about
        assert known.url.startswith(f"https://github.com/{known.repository}/tree/{known.commit}")
        assert known.total_bytes == sum(file.n_bytes for file in known.files) > 1e6
        assert all(len(file.sha256) == 64 and ".." not in file.path for file in known.files)


def test_the_eight_feature_files_become_four_data_sets_of_two_encoders(tmp_path):
    rng = np.random.default_rng(0)
    for file in REFERENCE_SETS["liang2022"].files:
        np.save(tmp_path / file.path, rng.standard_normal((2, 6, 4)))
    readings = read_reference_set("liang2022", tmp_path)
    assert [reading.collection.modality_names for reading in readings] == [
        ("image", "text"),
        ("image", "text"),
        ("video", "text"),
        ("protein", "text"),
    ]
    assert [c.encoder for c in readings[3].collections] == ["CLASP", "CLASP, untrained"]
    assert "Weixin-Liang/Modality-Gap" in readings[0].collection.attribution


@pytest.mark.reference
def test_the_files_that_lie_here_are_the_pinned_ones(reference):
    checked = 0
    for name in ("liang2022", "coco100"):
        for file in REFERENCE_SETS[name].files:
            path = reference / name / file.path
            if path.is_file():
                assert hashlib.sha256(path.read_bytes()).hexdigest() == file.sha256
                assert path.stat().st_size == file.n_bytes
                checked += 1
    assert checked == 111


@pytest.mark.reference
def test_the_packaged_facts_are_those_of_the_manifest(reference):
    manifest = json.loads((reference / "manifest.json").read_text())
    assert set(manifest) == set(REFERENCE_SETS)
    for name, entry in manifest.items():
        known = REFERENCE_SETS[name]
        assert (known.repository, known.commit, known.licence) == (
            entry["repository"],
            entry["commit"],
            entry["licence"],
        )
        told = {(f"{known.root}/{file.path}", file.n_bytes, file.sha256) for file in known.files}
        assert told == {(file["path"], file["bytes"], file["sha256"]) for file in entry["files"]}


@pytest.mark.reference
def test_the_published_gaps_come_out_of_the_sets(reference):
    (coco,) = read_reference_set("coco100", reference / "coco100")
    gaps = {c.encoder: measure(c, fit="all").geometry.gap.gap for c in coco.collections}
    assert gaps == pytest.approx(
        {"CLIP": 0.813545, "CyCLIP": 0.872725, "CLOOB": 0.252228, "CLOOB_LAION400M": 0.290277},
        abs=5.1e-7,
    )
    (clip,) = read_reference_set("liang2022", reference / "liang2022")
    measured = [measure(c, fit="all").geometry.gap.gap for c in clip.collections]
    assert measured == pytest.approx([0.8514, 1.1361], abs=5.1e-5)
