"""Queries and judgments in files beside a source, in every format that they come in."""

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gapviz import GapvizError
from gapviz.sources.files import ReadOptions, read
from gapviz.sources.files.beside import with_queries
from tests.sources.files.image_making import picture, put, put_csv, put_json_lines, put_parquet
from tests.sources.files.judged_files import EXPECTED, QUERIES, ROWS, trec


def grades(evaluation):
    """Grade by (query id, number of the item)."""
    found = evaluation.judgments
    rows = zip(found.query.tolist(), found.item.tolist(), found.grade.tolist(), strict=True)
    return {(evaluation.queries[query].id, item): grade for query, item, grade in rows}


def nested(rows):
    found = {}
    for query, item, grade in rows:
        found.setdefault(query, {})[item] = grade
    return found


def put_all(folder):
    """The same judgments in each format; path by name."""
    head = ("query_id", "item_id", "grade")
    columns = dict(zip(("query-id", "corpus-id", "score"), map(list, zip(*ROWS, strict=True)),
                       strict=True))  # fmt: skip
    return {
        "trec": put(folder, "qrels.txt", trec(ROWS)),
        "trec with tabs": put(folder, "qrels.tsv", trec(ROWS, "\t")),
        "trec with spaces": put(folder, "a.qrels", trec(ROWS, "   ").replace("\n", "  \n")),
        "trec with headings": put(folder, "b.qrels", "qid iter docid rel\n" + trec(ROWS)),
        "trec with CRLF and BOM": put(
            folder, "c.txt", "\ufeff" + trec(ROWS).replace("\n", "\r\n")
        ),
        "trec without an end": put(folder, "d.trec", trec(ROWS).rstrip("\n")),
        "three fields": put(folder, "e.txt", "".join(f"{q} {i} {g}\n" for q, i, g in ROWS)),
        "tsv of BEIR": put_csv(folder / "f.tsv", [("query-id", "corpus-id", "score"), *ROWS],
                               delimiter="\t"),
        "tsv of ir_datasets": put_csv(
            folder / "g.tsv",
            [("query_id", "iteration", "doc_id", "relevance"),
             *((q, 0, i, g) for q, i, g in ROWS)],
            delimiter="\t",
        ),
        "csv": put_csv(folder / "h.csv", [head, *ROWS]),
        "csv of a spreadsheet": put_csv(folder / "i.csv", [head, *ROWS], "utf-16", ";"),
        "json lines": put_json_lines(
            folder / "j.jsonl", [dict(zip(head, row, strict=True)) for row in ROWS]
        ),
        "parquet": put_parquet(folder / "k.parquet", columns),
        "dictionary": put(folder, "l.json", json.dumps(nested(ROWS))),
        "ranx parquet": put_parquet(
            folder / "m.parquet",
            dict(zip(("q_id", "doc_id", "score"), columns.values(), strict=True)),
        ),
    }  # fmt: skip


def test_one_set_of_judgments_is_the_same_in_every_format(tmp_path, evaluated):
    for name, path in put_all(tmp_path).items():
        found = evaluated(path)
        assert grades(found) == EXPECTED, name
        assert [query.id for query in found.queries] == ["q1", "q2"], name
        assert found.notes == (), name


def test_one_table_is_enough_for_whoever_has_nothing_else(tmp_path, evaluated):
    rows = [("query", "file_name", "relevance", "asked_modality"),
            ('a "red", round thing', "3.jpg", 2, "image"),
            ("two\nlines", "5.jpg", 1, ""),
            ('a "red", round thing', "0.jpg", 0, "image")]  # fmt: skip
    found = evaluated(put_csv(tmp_path / "mine.csv", rows))
    assert [query.text for query in found.queries] == ['a "red", round thing', "two lines"]
    assert [query.asked_modality for query in found.queries] == ["image", None]
    assert list(grades(found).values()) == [0.0, 2.0, 1.0]


def test_without_grades_what_is_named_answers_and_it_is_said(tmp_path, evaluated):
    found = evaluated(put_csv(tmp_path / "a.csv", [("query", "item"), ("a cat", "3.jpg")]))
    assert grades(found) == {("a cat", 3): 1.0}
    assert (
        found.notes[0] == "a.csv has no column of grades, so that each item it names has grade 1."
    )


def test_a_folder_of_judgments_says_its_splits(tmp_path, evaluated):
    put(tmp_path, "qrels/test.txt", trec(ROWS[:2]))
    put(tmp_path, "qrels/train.txt", trec(ROWS[2:]))
    found = evaluated(tmp_path / "qrels")
    assert grades(found) == EXPECTED
    assert {name: half.tolist() for name, half in found.splits.items()} == {
        "calibrate": [1], "evaluate": [0],
    }  # fmt: skip


def test_queries_that_nothing_answers_take_no_place_in_the_half_that_is_measured(
    tmp_path, evaluated
):
    queries = put(tmp_path, "q.tsv", "".join(f"q{n}\tx\n" for n in range(40)))
    rows = [(f"q{n}", f"{n // 4}.jpg", 1) for n in range(0, 40, 4)]
    found = evaluated(put(tmp_path, "qrels.txt", trec(rows)), queries)
    assert found.measured.size == found.splits["evaluate"].size == 5
    assert found.splits["calibrate"].size == 35


def test_queries_are_read_from_lines_and_tables_alike(tmp_path, evaluated):
    qrels = put(tmp_path, "qrels.txt", trec(ROWS))
    files = [
        put(tmp_path, "queries.tsv", "".join(f"{q}\t{text}\n" for q, text in QUERIES)),
        put(tmp_path, "topics.txt", "".join(f"{q}\t{text}\r\n" for q, text in QUERIES)),
        put_csv(tmp_path / "queries.csv", [("qid", "query"), *QUERIES]),
        put_json_lines(tmp_path / "queries.jsonl", [{"_id": q, "text": t} for q, t in QUERIES]),
        put_parquet(tmp_path / "queries.parquet", {"id": [q for q, _ in QUERIES],
                                                   "text": [t for _, t in QUERIES]}),
    ]  # fmt: skip
    for file in files:
        found = evaluated(qrels, file)
        assert [(query.id, query.text) for query in found.queries] == QUERIES, file.name
        assert grades(found) == EXPECTED
        assert found.notes == ("1 query is without a judgment, and not measured (the first: q3).",)


def test_queries_say_their_modality_and_the_one_they_ask_for(tmp_path, evaluated):
    put(tmp_path, "pictures/a.png")
    rows = [
        {"id": "q1", "text": "and this", "image": "pictures/a.png", "asked_modality": "image"},
        {"id": "q2", "image": "pictures/a.png", "target_modality": None},
        {"id": "q3", "text": "a noise", "modality": "sound", "asked_modality": "image,text"},
    ]
    found = evaluated(
        put(tmp_path, "q.txt", trec(ROWS)), put_json_lines(tmp_path / "q.jsonl", rows)
    )
    assert [query.modality for query in found.queries] == ["text+image", "image", "audio"]
    assert [query.asked_modality for query in found.queries] == ["image", None, "text+image"]
    assert [query.image for query in found.queries] == ["pictures/a.png"] * 2 + [None]


def test_pictures_of_queries_may_lie_in_parquet(tmp_path, evaluated):
    cells = [{"bytes": picture(), "path": None}, None]
    table = put_parquet(tmp_path / "q.parquet",
                        {"id": ["q1", "q2"], "text": [None, "x"], "image": cells})  # fmt: skip
    found = evaluated(put(tmp_path, "q.txt", trec(ROWS)), table)
    assert [query.image for query in found.queries] == ["parquet:q.parquet#0,image", None]
    assert [query.modality for query in found.queries] == ["image", "text"]


def test_judgments_that_do_not_count_are_counted_and_said(tmp_path, source):
    rows = [
        ("q1", "3.jpg", "1"), ("q1", "3.jpg", "1"), ("q1", "3.jpg", "2"), ("q9", "3.jpg", "1"),
        ("q1", "x.jpg", "1"), ("q1", "4.jpg", "high"), ("q1", "5.jpg", "nan"),
        ("q1", "6.jpg", "-2"), ("q1", "7.jpg", "1e300"), ("q2", "0.jpg", "0"),
    ]  # fmt: skip
    queries = put_csv(tmp_path / "q.csv", [("qid", "query"), *QUERIES])
    qrels = put_csv(tmp_path / "a.csv", [("query_id", "item_id", "grade"), *rows])
    reading = read(str(source), ReadOptions(queries=queries, judgments=qrels))
    found = reading.collection.evaluation
    assert grades(found) == {("q1", 3): 2.0, ("q1", 6): -2.0, ("q2", 0): 0.0}
    notes = "\n".join(found.notes)
    for words in (
        "holds 1 judgment of queries that are not there (the first: 'q9')",
        "holds 1 judgment of items that are not there (the first: 'x.jpg')",
        "holds 3 judgments with a grade that is no number (the first: high)",
        "holds 1 judgment that repeat another with its grade",
        "holds 1 judgment of a query and an item that have another grade too, of which the highest",
        "a.csv holds 1 judgment with a grade below 0, which counts as judged not relevant.",
        "1 query is without a judgment, and not measured (the first: q3).",
        "1 query is judged, but answered by no item, and not measured (the first: q2).",
    ):
        assert words in notes
    assert {one.what for one in reading.skipped} == {"a.csv"} and len(reading.skipped) == 5


def test_lines_of_delimiters_alone_say_nothing(tmp_path, evaluated):
    table = put(tmp_path, "a.csv", "query_id,item_id,grade\nq1,3.jpg,1\n,,\n,,\n")
    found = evaluated(table)
    assert grades(found) == {("q1", 3): 1.0} and found.notes == ()


def test_a_first_query_that_is_a_usual_name_is_no_heading(tmp_path, evaluated):
    lines = put(tmp_path, "q.tsv", "q1\tphoto\nq2\ta cat\n")
    found = evaluated(put(tmp_path, "qrels.txt", trec(ROWS)), lines)
    assert [query.text for query in found.queries] == ["photo", "a cat"]


def test_broken_lines_are_counted_with_the_first(tmp_path, source):
    qrels = put(tmp_path, "qrels.txt", "q1 0 3.jpg 1\nq1 0\nq1 0 5.jpg 1\nq2 0 0.jpg\n")
    reading = read(str(source), ReadOptions(judgments=qrels))
    assert grades(reading.collection.evaluation) == {("q1", 3): 1.0, ("q1", 5): 1.0}
    assert [(one.what, one.why) for one in reading.skipped] == [
        ("qrels.txt, line 2", "has 2 fields instead of 4"),
        ("qrels.txt, line 4", "has 3 fields instead of 4"),
    ]


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("photos/{}.jpg", "the folders before a name"),
        ("{}", "folders and ending"),
        ("coco/{:012d}.png", "folders, ending and leading zeros"),
    ],
)
def test_ids_that_are_like_one_item_each_are_taken_and_it_is_said(tmp_path, evaluated, named, said):
    rows = [("q1", named.format(n), 1) for n in (3, 11)]
    found = evaluated(put(tmp_path, "qrels.txt", trec(rows)))
    assert grades(found) == {("q1", 3): 1.0, ("q1", 11): 1.0}
    assert f"differ from theirs in {said} alone" in found.notes[0]


def test_where_some_ids_stand_as_they_are_the_others_are_offered_and_not_taken(tmp_path, evaluated):
    found = evaluated(put(tmp_path, "q.txt", trec([("q1", "3.jpg", 1), ("q1", "04.jpg", 1)])))
    assert grades(found) == {("q1", 3): 1.0}
    assert (
        "1 of these ids differ from an item's in folders, ending and leading zeros alone"
        in (found.notes[0])
    )
    assert "(04.jpg, 4.jpg): write them as the source does" in found.notes[0]


def test_ids_that_are_like_several_items_are_refused(tmp_path, refusal):
    np.savez(tmp_path / "a.npz", image=np.eye(3), ids=np.array(["a/1.jpg", "b/1.jpg", "2.jpg"]))
    qrels = put(tmp_path, "qrels.txt", trec([("q1", "1", 1), ("q1", "2", 1)]))
    sentence = refusal(tmp_path / "a.npz", ReadOptions(judgments=qrels))
    assert (
        "judges none of the 3 items (its first item: '1', the first that there is: 'a/1.jpg')"
        in (sentence)
    )
    assert "1 of these ids differ" in sentence


def test_files_beside_are_read_only_inside_the_folder_that_may_be_read(tmp_path, source, refusal):
    outside = put(tmp_path.parent, f"{tmp_path.name}.txt", trec(ROWS))
    sentence = refusal(source, ReadOptions(judgments=outside, within=tmp_path))
    assert "is not in a folder that may be read" in sentence


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.txt", b"", "is empty"),
        ("a.txt", b"\n\n \n", "holds no judgments that a reader knows"),
        ("a.txt", b"what is this\n", "holds no judgments that a reader knows"),
        ("a.csv", b"one,two\n1,2\n", "has no column of ids of items among one, two"),
        ("a.csv", b"item_id,grade\n1,2\n", "has no column of ids or texts of queries"),
        ("a.json", b"[1, 2]", "is no JSON object of judgments"),
        ("a.json", b"{", "is no JSON object of judgments"),
        ("a.parquet", b"PAR1 nothing", "is damaged, or not a Parquet file"),
        ("a.jsonl", b"\xff\xfe", "holds no JSON objects"),
    ],
)
def test_what_holds_no_judgments_is_refused_in_one_sentence(
    tmp_path, source, refusal, name, content, said
):
    path = put(tmp_path, name, content)
    assert said in refusal(source, ReadOptions(judgments=path))


def test_a_file_that_is_not_there_is_named(tmp_path, source, refusal):
    for field in ("queries", "judgments", "query_vectors"):
        options = ReadOptions(**{field: tmp_path / "none.csv"})
        assert "none.csv" in refusal(source, options)


damage = st.one_of(
    st.tuples(st.just("cut"), st.integers(0, 60)),
    st.tuples(st.just("byte"), st.integers(0, 60), st.sampled_from([0, 9, 10, 13, 34, 44, 255])),
    st.tuples(st.just("twice"), st.integers(0, 60)),
)


def damaged(content, how):
    kind, at, *byte = how
    at = min(at * len(content) // 60, len(content) - 1)
    if kind == "cut":
        return content[:at]
    if kind == "twice":
        return content[:at] + content
    return content[:at] + bytes(byte) + content[at + 1 :]


@pytest.fixture
def written(tmp_path, source):
    """The source, and what stands in each format by the name of its file."""
    files = {path.name: path.read_bytes() for path in put_all(tmp_path).values()}
    return tmp_path, read(str(source)), files


def is_sound(reading, options):
    """Whether queries beside a source are read, or refused in one sentence."""
    try:
        found = with_queries(reading, options).collection.evaluation
    except GapvizError as error:
        assert "\n" not in error.sentence
        return
    assert np.isfinite(found.judgments.grade).all() and found.n_queries
    assert found.content_hash


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.integers(0, 14), damage)
def test_a_damaged_file_is_read_or_refused_in_one_sentence(written, number, how):
    folder, reading, files = written
    name, content = list(files.items())[number]
    path = put(folder, name, damaged(content, how))
    is_sound(reading, ReadOptions(judgments=path))
    is_sound(reading, ReadOptions(queries=path))


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.binary(max_size=80), st.sampled_from(["a.txt", "a.csv", "a.tsv", "a.json", "a.jsonl"]))
def test_any_bytes_are_read_or_refused_in_one_sentence(written, content, name):
    folder, reading, _ = written
    path = put(folder, name, content)
    is_sound(reading, ReadOptions(judgments=path))
    is_sound(reading, ReadOptions(queries=path))
