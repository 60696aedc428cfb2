"""Benchmarks' folders as they are published, each made small and read whole."""

import io
import json
import zipfile
from itertools import chain

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gapviz import GapvizError
from gapviz.sources.files import ReadOptions, read
from gapviz.sources.files.judgments.contents import combined_modality
from gapviz.sources.files.limits import UPLOADS
from gapviz.sources.files.upload import unpack_upload
from tests.sources.files.image_making import opened, picture, put, put_json_lines, put_parquet


def lines(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    return put_json_lines(path, rows)


def judged(collection):

    asked, items = collection.evaluation, collection.items
    found = asked.judgments
    rows = zip(found.query.tolist(), found.item.tolist(), found.grade.tolist(), strict=True)
    return [(asked.queries[q].id, items[i].id, grade) for q, i, grade in rows]


def halves(evaluation):
    ids = [query.id for query in evaluation.queries]
    return {name: [ids[at] for at in members] for name, members in evaluation.splits.items()}


@pytest.fixture
def beir(tmp_path):
    """Six documents, five queries, judgments for three of them in two splits."""
    folder = tmp_path / "scifact"
    lines(
        folder / "corpus.jsonl",
        [{"_id": f"d{n}", "title": "On cats" if n else "", "text": f"text {n}"} for n in range(6)],
    )
    lines(folder / "queries.jsonl", [{"_id": f"q{n}", "text": f"query {n}"} for n in range(5)])
    head = "query-id\tcorpus-id\tscore\n"
    put(folder, "qrels/test.tsv", head + "q0\td1\t2\nq0\td2\t1\nq1\td0\t1\n")
    put(folder, "qrels/train.tsv", head + "q2\td5\t1\n")
    return folder


def test_a_beir_folder_is_items_queries_and_graded_judgments(beir):
    reading = read(str(beir))
    collection = reading.collection
    assert [item.captions for item in collection.items][:2] == [("text 0",), ("On cats text 1",)]
    assert judged(collection) == [
        ("q0", "d1", 2), ("q0", "d2", 1), ("q1", "d0", 1), ("q2", "d5", 1),
    ]  # fmt: skip
    assert {query.modality for query in collection.evaluation.queries} == {"text"}
    assert reading.skipped == ()


def test_of_several_files_test_evaluates_and_all_other_queries_calibrate(beir):
    collection = read(str(beir)).collection
    assert halves(collection.evaluation) == {
        "calibrate": ["q2", "q3", "q4"], "evaluate": ["q0", "q1"],
    }  # fmt: skip
    calibrating = {collection.items[at].id for at in collection.splits["calibrate"]}
    assert not calibrating & {"d0", "d1", "d2"} and "d5" in calibrating
    assert any("2 queries are without a judgment" in one for one in collection.evaluation.notes)


def test_one_file_of_judgments_is_halved_by_queries(beir):
    (beir / "qrels" / "train.tsv").unlink()
    (beir / "qrels" / "test.tsv").rename(beir / "qrels.tsv")
    (beir / "qrels").rmdir()
    found = read(str(beir)).collection.evaluation
    assert sorted(map(len, found.splits.values())) == [1, 4] and found.judgments.size == 3


def test_a_benchmark_without_judgments_is_read_and_says_so(beir):
    for file in (beir / "qrels").iterdir():
        file.unlink()
    found = read(str(beir)).collection.evaluation
    assert found.judgments.size == 0 and found.n_queries == 5
    assert any("no judgments" in note for note in found.notes)


def test_documents_without_an_id_or_with_one_twice_are_counted(beir):
    with (beir / "corpus.jsonl").open("a") as file:
        file.write(
            '{"text": "nameless"}\n{"_id": "d0", "text": "again"}\n{"_id": "d1"}\nnot json\n'
        )
    reading = read(str(beir))
    assert reading.collection.n_items == 6
    said = [f"{one.what} {one.why}" for one in reading.skipped]
    assert any("has no id" in one for one in said)
    assert any("2 rows of which each has an id that an earlier row has" in one for one in said)
    assert any("line 10 is not a JSON object" in one for one in said)


def stored(*colours):
    return [c and {"bytes": picture(c), "path": None} for c in colours]


@pytest.fixture(params=["config folders", "data folder", "files", "converted"])
def mteb(request, tmp_path):
    """Documents that are text, picture and both, in the ways that Parquet is laid out."""
    folder = tmp_path / "task"
    corpus, queries, qrels = {
        "config folders": ("corpus/test-00000-of-00001.parquet",
                           "queries/test-00000-of-00001.parquet",
                           "qrels/test-00000-of-00001.parquet"),
        "data folder": ("corpus/corpus-00000-of-00001.parquet",
                        "query/query-00000-of-00001.parquet",
                        "data/test-00000-of-00001.parquet"),
        "files": ("corpus.parquet", "queries.parquet", "qrels.parquet"),
        "converted": ("corpus/test/0000.parquet", "queries/test/0000.parquet",
                      "default/test/0000.parquet"),
    }[request.param]  # fmt: skip
    documents = {
        "id": ["a", "b", "c"],
        "modality": ["text", "image", "image,text"],
        "text": ["a text", None, "a caption"],
        "image": stored(None, "red", "blue"),
    }
    put_parquet(folder / corpus, documents)
    put_parquet(
        folder / queries,
        {
            "id": ["0", "1", "2"],
            "modality": ["image", "text", "image,text"],
            "text": [None, "a question", "and this"],
            "image": stored("green", None, "grey"),
        },
    )
    put_parquet(
        folder / qrels,
        {"query-id": ["0", "1", "2"], "corpus-id": ["b", "a", "c"], "score": [1, 2, 1]},
    )
    return folder


def test_mteb_as_parquet_gives_pictures_from_its_cells(mteb):
    reading = read(str(mteb))
    collection = reading.collection
    assert [(bool(item.image), item.captions) for item in collection.items] == [
        (False, ("a text",)), (True, ()), (True, ("a caption",)),
    ]  # fmt: skip
    assert opened(collection.items[1].image, collection.root).getpixel((0, 0))[:3] == (255, 0, 0)
    queries = collection.evaluation.queries
    assert [query.modality for query in queries] == ["image", "text", "text+image"]
    assert opened(queries[0].image, collection.root).getpixel((0, 0))[:3] == (0, 128, 0)
    assert judged(collection) == [("0", "b", 1), ("1", "a", 2), ("2", "c", 1)]
    assert reading.skipped == ()


def test_of_several_subsets_one_is_named(tmp_path, refusal):
    for subset in ("python", "go"):
        put_parquet(tmp_path / f"{subset}-corpus/test-00000-of-00001.parquet",
                    {"_id": [f"{subset} 1"], "text": ["x"]})  # fmt: skip
        put_parquet(tmp_path / f"{subset}-queries/test-00000-of-00001.parquet",
                    {"_id": ["q"], "text": ["x"]})  # fmt: skip
        put_parquet(tmp_path / f"{subset}-qrels/test-00000-of-00001.parquet",
                    {"query-id": ["q"], "corpus-id": [f"{subset} 1"], "score": [1.0]})  # fmt: skip
    assert "holds 2 benchmarks; name one with --subset: go, python" in refusal(tmp_path)
    reading = read(str(tmp_path), ReadOptions(subset="go"))
    assert judged(reading.collection) == [("q", "go 1", 1)]
    assert any("1 other benchmark too (python)" in one.why for one in reading.skipped)
    assert "no benchmark 'rust'" in refusal(tmp_path, ReadOptions(subset="rust"))


def test_the_documents_of_the_split_that_evaluates_are_those_that_are_searched(tmp_path):
    for split in ("train", "test"):
        part = f"{split}-00000-of-00001.parquet"
        put_parquet(tmp_path / "corpus" / part, {"id": [f"{split} 1"], "text": ["x"]})
        put_parquet(tmp_path / "queries" / part, {"id": [f"{split} q"], "text": ["x"]})
        put_parquet(tmp_path / "qrels" / part, {
            "query-id": [f"{split} q"], "corpus-id": [f"{split} 1"], "score": [1]})  # fmt: skip
    assert judged(read(str(tmp_path)).collection) == [("test q", "test 1", 1)]


@pytest.fixture
def mixbench(tmp_path):
    """One subset as of 2025: pictures are files, the mixed corpus stands beside the whole one."""
    folder = tmp_path / "MixBench"
    for n in range(3):
        put(folder, f"OVEN/images/{n}.png")
    whole = [{"corpus_id": str(n), "text": f"t{n}", "image": f"images/{n}.png"} for n in range(3)]
    lines(folder / "OVEN/corpus.jsonl", whole)
    mixed = [whole[0], {**whole[1], "image": ""}, {**whole[2], "text": ""}]
    lines(folder / "OVEN/mixed_corpus.jsonl", mixed)
    lines(folder / "OVEN/queries.jsonl", [
        {"query_id": "q0", "text": "what is it?", "image": "images/0.png"},
        {"query_id": "q1", "text": "a text", "image": None},
    ])  # fmt: skip
    put(folder, "OVEN/qrels/qrels.tsv", "query_id\tcorpus_id\tscore\nq0\t2\t1\nq1\t1\t1\n")
    return folder


@pytest.mark.parametrize("inner", ["", "OVEN"])
def test_mixbench_has_documents_of_text_picture_and_both(mixbench, inner):
    reading = read(str(mixbench / inner))
    collection = reading.collection
    (corpus, unused) = reading.skipped
    assert corpus.what.endswith("corpus.jsonl") and "the captions come from" in corpus.why
    assert unused.what.endswith("images/1.png") and "was not read" in unused.why
    assert [(item.captions, bool(item.image)) for item in collection.items] == [
        (("t0",), True), (("t1",), False), ((), True),
    ]  # fmt: skip
    assert [query.modality for query in collection.evaluation.queries] == ["text+image", "text"]
    assert judged(collection) == [("q0", "2", 1), ("q1", "1", 1)]
    for item in (collection.items[0], collection.items[2]):
        assert opened(item.image, collection.root).size == (8, 6)


def test_mixbench_of_2026_says_that_its_judgments_are_missing_and_takes_those_of_2025(
    mixbench, tmp_path
):
    new = tmp_path / "MixBench2026" / "OVEN"
    put_parquet(
        new / "mixed_corpus.parquet",
        {"id": ["0", "1", "2"], "text": ["t0", "t1", None], "image": stored("red", None, "blue")},
    )
    put_parquet(
        new / "queries.parquet",
        {"id": ["q0", "q1"], "text": ["what is it?", "a text"], "image": stored("red", None)},
    )
    plain = read(str(new.parent)).collection.evaluation
    assert plain.measured.size == 0
    assert any("comes without judgments (qrels), as that of 2026" in one for one in plain.notes)
    qrels = mixbench / "OVEN" / "qrels" / "qrels.tsv"
    collection = read(str(new.parent), ReadOptions(judgments=qrels)).collection
    assert judged(collection) == [("q0", "2", 1), ("q1", "1", 1)]
    assert [one.modality for one in collection.evaluation.queries] == ["text+image", "text"]
    assert not any("without judgments" in one for one in collection.evaluation.notes)


def candidate(n, modality):
    return {
        "did": f"9:{n}",
        "txt": f"text {n}" if "text" in modality else "",
        "img_path": f"mbeir_images/{n}.jpg" if "image" in modality else "",
        "modality": modality,
        "src_content": None,
    }


def asking(n, modality, *answers):
    return {
        "qid": f"9:{n}",
        "query_txt": f"query {n}" if "text" in modality else None,
        "query_img_path": f"mbeir_images/{n}.jpg" if "image" in modality else None,
        "query_modality": modality,
        "query_src_content": None,
        "pos_cand_list": list(answers),
        "neg_cand_list": [],
        "task_id": 1,
    }


@pytest.fixture
def mbeir(tmp_path):
    """Two tasks with a local pool each, and the global one of both."""
    folder = tmp_path / "M-BEIR"
    pools = {
        "mscoco_task0": [candidate(n, "image") for n in range(3)],
        "oven_task8": [candidate(n, "image,text") for n in range(3, 5)],
    }
    for n in range(5):
        put(folder, f"mbeir_images/{n}.jpg")
    for task, pool in pools.items():
        lines(folder / f"cand_pool/local/mbeir_{task}_cand_pool.jsonl", pool)
    lines(folder / "cand_pool/global/mbeir_union_test_cand_pool.jsonl", [*chain(*pools.values())])
    lines(folder / "query/test/mbeir_mscoco_task0_test.jsonl",
          [asking(0, "text", "9:1"), asking(1, "text", "9:2")])  # fmt: skip
    lines(folder / "query/val/mbeir_mscoco_task0_val.jsonl", [asking(2, "text", "9:0")])
    lines(folder / "query/test/mbeir_oven_task8_test.jsonl", [asking(3, "image,text", "9:4")])
    put(folder, "qrels/test/mbeir_mscoco_task0_test_qrels.txt", "9:0 0 9:1 1 0\n9:1 0 9:2 1 0\n")
    put(folder, "qrels/val/mbeir_mscoco_task0_val_qrels.txt", "9:2 0 9:0 1 0\n")
    put(folder, "qrels/test/mbeir_oven_task8_test_qrels.txt", "9:3 0 9:4 1 8\n")
    return folder


def test_mbeir_reads_one_task_over_its_own_pool(mbeir, refusal):
    assert "2 tasks with a local pool each; name one with --subset (mscoco_task0, oven_task8)" in (
        refusal(mbeir)
    )
    reading = read(str(mbeir), ReadOptions(subset="mscoco_task0"))
    collection = reading.collection
    assert [item.id for item in collection.items] == ["9:0", "9:1", "9:2"]
    assert judged(collection) == [("9:0", "9:1", 1), ("9:1", "9:2", 1), ("9:2", "9:0", 1)]
    assert halves(collection.evaluation) == {"calibrate": ["9:2"], "evaluate": ["9:0", "9:1"]}
    assert {one.asked_modality for one in collection.evaluation.queries} == {"image"}
    assert opened(collection.items[0].image, collection.root).size == (8, 6)


def test_mbeir_over_the_global_pool_asks_for_what_each_task_asks_for(mbeir):
    collection = read(str(mbeir), ReadOptions(pool="global")).collection
    found = {one.id: (one.modality, one.asked_modality) for one in collection.evaluation.queries}
    assert collection.n_items == 5
    assert found["9:0"] == ("text", "image") and found["9:3"] == ("text+image", "text+image")
    both = collection.items[collection.position["9:4"]]
    assert both.captions == ("text 4",) and both.image


def test_mbeir_without_qrels_takes_the_answers_that_its_queries_name(mbeir):
    for file in sorted((mbeir / "qrels").rglob("*.txt")):
        file.unlink()
    collection = read(str(mbeir), ReadOptions(subset="oven_task8")).collection
    assert judged(collection) == [("9:3", "9:4", 1)]
    assert any("no qrels" in note for note in collection.evaluation.notes)


def test_pictures_that_are_not_there_are_counted_and_the_documents_stay(mbeir):
    for file in (mbeir / "mbeir_images").iterdir():
        file.unlink()
    reading = read(str(mbeir), ReadOptions(subset="mscoco_task0"))
    assert reading.collection.n_items == 3 and judged(reading.collection)
    said = "\n".join(one.why for one in reading.skipped)
    assert "3 rows of which each names a picture that is not there" in said
    assert "holds 3 documents with neither text nor picture that is read" in said
    assert reading.collection.evaluation.notes == ()


@pytest.mark.parametrize("reference", ["../../secret.png", "/etc/passwd", "https://x.org/1.png"])
def test_no_picture_outside_the_folder_is_read(mixbench, reference):
    put(mixbench.parent, "secret.png")
    lines(mixbench / "OVEN/mixed_corpus.jsonl",
          [{"corpus_id": str(n), "text": "t", "image": reference} for n in range(3)])  # fmt: skip
    reading = read(str(mixbench / "OVEN"))
    assert not any(item.image for item in reading.collection.items)
    assert any("names" in one.why for one in reading.skipped)


def test_a_linked_table_is_not_read_where_reading_is_bounded(beir, refusal):
    outside = beir.parent / "elsewhere.jsonl"
    (beir / "corpus.jsonl").rename(outside)
    (beir / "corpus.jsonl").symlink_to(outside)
    assert read(str(beir)).collection.n_items == 6
    assert "not in a folder that may be read" in refusal(beir, ReadOptions(within=beir))


def test_one_name_stands_for_each_combination_of_modalities():
    for said in ("image,text", "text+image", "Image & Text", "txt/img"):
        assert combined_modality(said) == "text+image"
    assert combined_modality("audio") == "audio" and combined_modality(None) is None


def test_a_folder_with_its_evaluation_is_the_same_each_time(beir):
    first, second = (read(str(beir)).collection for _ in range(2))
    assert first.content_hash == second.content_hash
    assert np.array_equal(first.splits["evaluate"], second.splits["evaluate"])
    assert json.loads((beir / "queries.jsonl").read_text().splitlines()[0])["_id"] == "q0"


damage = st.one_of(
    st.tuples(st.just("cut"), st.integers(0, 60)),
    st.tuples(st.just("byte"), st.integers(0, 60), st.sampled_from([0, 9, 10, 13, 34, 44, 255])),
    st.tuples(st.just("gone"), st.just(0)),
)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.integers(0, 60), damage, st.booleans())
def test_a_damaged_folder_is_read_or_refused_in_one_sentence(beir, mixbench, mbeir, at, how, last):
    """One file of one folder, cut short, altered or taken away."""
    folder = (beir, mixbench, mbeir)[at % 3]
    files = [one for one in sorted(folder.rglob("*")) if one.is_file() and one.suffix != ".jpg"]
    path = files[-1 - at % len(files)] if last else files[at % len(files)]
    whole = path.read_bytes()
    kind, place, *byte = how
    place = min(place * len(whole) // 60, len(whole) - 1)
    if kind == "gone":
        path.unlink()
    else:
        path.write_bytes(whole[:place] + bytes(byte) + (whole[place + 1 :] if byte else b""))
    try:
        found = read(str(folder), ReadOptions(pool="global")).collection
        assert found.n_items and found.content_hash
    except GapvizError as error:
        assert "\n" not in error.sentence
    finally:
        path.write_bytes(whole)


def test_a_benchmark_is_uploaded_as_a_zip(beir, tmp_path):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for file in sorted(beir.rglob("*.*")):
            archive.write(file, file.relative_to(beir.parent))
    content.seek(0)
    assert unpack_upload(content, tmp_path / "up").skipped == ()
    options = ReadOptions(within=tmp_path / "up", limits=UPLOADS)
    uploaded = read(str(tmp_path / "up"), options).collection
    assert judged(uploaded) == judged(read(str(beir)).collection)
