"""Advice is worked out once: found again by content, and made anew when anything else is asked."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from gapviz.analyses.advice import advice as module
from gapviz.analyses.advice.advice import KIND, advise, cached_advice
from gapviz.analyses.advice.analysis import evidence_of
from gapviz.analyses.advice.evidence import Evidence
from gapviz.analyses.advice.rules import TASKS, Situation
from gapviz.analyses.analysis import Request
from gapviz.core.vectors import unit_rows
from gapviz.sources.builtin import DedicatedVectors
from gapviz.storage.cache import clear_memory
from gapviz.storage.configuration import configuration
from gapviz.storage.saved_collection import load_collection, save_collection

RNG = np.random.default_rng(3)
EVERYTHING = [Situation(task, "model") for task in TASKS]


@pytest.fixture(autouse=True)
def _nothing_remembered(monkeypatch):
    clear_memory()


@pytest.fixture
def asked(monkeypatch):
    """Each time that something is measured, its situation."""
    times = []

    def counted(evidence, situation, *, progress=None):
        times.append(situation)
        return advise(evidence, situation, progress=progress)

    monkeypatch.setattr(module, "advise", counted)
    return times


@pytest.fixture(scope="module")
def collection(make_collection):
    made = make_collection(40, gap=2.0)
    items = tuple(
        replace(item, label=f"group {place % 4}") for place, item in enumerate(made.items)
    )
    return replace(made, items=items)


def tower(seed=0, modality="image", title="alone"):
    rows = np.random.default_rng(seed).standard_normal((40, 6))
    return DedicatedVectors(modality, title, unit_rows(rows, where=title))


def evidence(collection, *, seed=0, other=5, alone=0):
    another = replace(collection, modalities={
        name: replace(block, vectors=np.roll(block.vectors, other, axis=1))
        for name, block in collection.modalities.items()
    })  # fmt: skip
    return Evidence(collection, seed=seed, models={"another": another}, towers=(tower(alone),))


@pytest.mark.parametrize("situation", EVERYTHING, ids=lambda one: one.task)
def test_a_second_read_measures_nothing_and_has_every_bit(
    collection, asked, monkeypatch, situation
):
    made = cached_advice(evidence(collection), situation).compute()
    assert asked == [situation]
    clear_memory()
    read = cached_advice(evidence(collection), situation).compute()
    assert asked == [situation]
    assert read is not made
    assert repr(read) == repr(made)
    assert [one.rule for one in read.recommendations] == [one.rule for one in made.recommendations]
    assert read.needs_more == made.needs_more


@pytest.mark.slow
def test_a_second_process_finds_it(collection, tmp_path):
    save_collection(collection, tmp_path / "saved")
    code = (
        "import sys; from pathlib import Path;"
        "from gapviz.analyses.advice.advice import cached_advice;"
        "from gapviz.analyses.advice.rules import Situation;"
        "from gapviz.analyses.advice.evidence import Evidence;"
        "from gapviz.storage.saved_collection import load_collection;"
        "saved = load_collection(Path(sys.argv[1]));"
        "print(cached_advice(Evidence(saved), Situation('mixed')).get() is not None)"
    )

    def found():
        return subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / "saved")],
            capture_output=True, text=True, check=True,
        ).stdout.strip()  # fmt: skip

    assert found() == "False"
    cached_advice(Evidence(load_collection(tmp_path / "saved")), Situation("mixed")).compute()
    assert found() == "True"


@pytest.mark.parametrize("broken", [b"", b"no such file", None], ids=["empty", "other", "rule"])
def test_a_damaged_file_is_made_again(collection, asked, monkeypatch, broken):
    work = cached_advice(evidence(collection, seed=9), Situation("mixed"))
    made = work.compute()
    asked.clear()
    path = configuration().cache / KIND / f"{work.key}.safetensors"
    content = path.read_bytes()
    path.write_bytes(content.replace(b"mixed/znorm", b"mixed/gone!") if broken is None else broken)
    clear_memory()
    assert work.get() is None
    assert repr(work.compute()) == repr(made)
    assert len(asked) == 1
    assert path.read_bytes() == content


def test_whatever_is_asked_otherwise_has_a_key_of_its_own(collection, make_collection):
    within = Situation("within", "model")
    made = [
        cached_advice(evidence(collection, **other), within).key
        for other in ({}, {"seed": 1}, {"other": 3}, {"alone": 4})
    ]
    made += [
        cached_advice(evidence(collection), situation).key
        for situation in (
            Situation("within", "index"), Situation("within", "model", "text"), *EVERYTHING,
        )
        if situation != within
    ]  # fmt: skip
    made += [
        cached_advice(evidence(one), within).key
        for one in (make_collection(40), replace(collection, encoder="other"))
    ]
    assert len(set(made)) == len(made)


@pytest.mark.parametrize("changeable", ["neither", "index"])
def test_what_plays_no_part_changes_no_key(collection, changeable):
    situation = Situation("within", changeable)
    alone = cached_advice(Evidence(collection, seed=0), situation).key
    assert cached_advice(evidence(collection), situation).key == alone


def test_a_tower_of_another_modality_changes_no_key(collection):
    one = Evidence(collection, towers=(tower(),))
    two = Evidence(collection, towers=(tower(), tower(modality="text")))
    within = Situation("within", "model")
    assert cached_advice(one, within).key == cached_advice(two, within).key


def test_a_tower_needs_a_row_for_every_item(collection):
    block = collection.modality("image")
    whole = replace(collection, modalities={"image": block})
    short = replace(collection, modalities={"image": block.rows(block.item_index > 0)})
    others = {"whole": whole, "short": short}
    (made,) = evidence_of(Request(collection, read_others=lambda: others)).towers
    assert (made.title, made.vectors.shape) == ("whole", (40, 8))
