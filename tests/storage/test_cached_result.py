from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pytest

from gapviz.analyses.curves.calibration import CalibrationCurve, calibration_curve
from gapviz.analyses.curves.corpus_mix import MixCurve, corpus_mix_curve
from gapviz.analyses.curves.rank_fusion import FusionCurve, rank_fusion_curves
from gapviz.analyses.curves.strength import StrengthCurve, strength_curve
from gapviz.core.progress import no_progress
from gapviz.core.vectors import Float64
from gapviz.storage import cache
from gapviz.storage.bounded_cache import BoundedCache
from gapviz.storage.cache import CachedResult, cached, clear_memory, packed, unpacked
from gapviz.strategies import StrategyOptions

PAIR = ("image", "text")


@dataclass(frozen=True, eq=False)
class Nested:
    array: Float64
    by_direction: Mapping[tuple[str, str], Float64]
    words: tuple[str, ...]
    number: float
    maybe: float | None


def nested(number=1.5):
    array = np.arange(3.0)
    return Nested(array, {PAIR: array + 1, PAIR[::-1]: array + 2}, ("a", "b"), number, None)


@pytest.fixture(autouse=True)
def _nothing_remembered(monkeypatch):
    monkeypatch.setattr(cache, "_memory", BoundedCache(1_000))


def test_a_result_is_read_back_as_it_was():
    read = unpacked(packed(nested(float("nan"))), Nested)
    np.testing.assert_array_equal(read.array, nested().array)
    assert list(read.by_direction) == [PAIR, PAIR[::-1]]
    np.testing.assert_array_equal(read.by_direction[PAIR], nested().by_direction[PAIR])
    assert read.words == ("a", "b")
    assert np.isnan(read.number)
    assert read.maybe is None
    assert not read.array.flags.writeable


def test_every_curve_is_read_back_as_it_was(make_collection):
    collection = make_collection(24)
    centre = StrategyOptions("centre")
    curves = {
        StrengthCurve: strength_curve(collection, centre, PAIR, strengths=(0, 1)).compute(),
        MixCurve: corpus_mix_curve(collection, [centre], shares=(0, 1), repeats=2).compute(),
        CalibrationCurve: calibration_curve(
            collection, centre, PAIR, sizes=(2, 5), repeats=2
        ).compute(),
        FusionCurve: rank_fusion_curves(collection, "image", ks=(1, 60), weights=(1,)).compute()[
            "disjoint"
        ],
    }
    for kind, curve in curves.items():
        again = unpacked(packed(curve), kind)
        assert repr(again) == repr(curve)


def test_a_result_is_computed_once_and_found_on_disk_by_the_next_process():
    made = []

    def make(progress):
        progress(0.5, "half")
        made.append(1)
        return nested()

    work = CachedResult("tests", "once", Nested, make)
    assert work.get() is None
    first = work.compute()
    assert work.get() is first
    clear_memory()
    assert work.compute().words == first.words
    assert made == [1]


def test_a_file_that_holds_something_else_is_made_again():
    other = CachedResult("tests", "other", Nested, lambda progress: nested())
    other.compute()
    assert other.path.exists()
    clear_memory()

    @dataclass(frozen=True, eq=False)
    class Otherwise:
        missing: float

    assert CachedResult("tests", "other", Otherwise, lambda progress: Otherwise(1.0)).get() is None


def test_what_is_not_on_disk_stays_in_memory_while_there_is_room():
    work = CachedResult("tests", "large", Nested, lambda progress: nested(), on_disk=False)
    other = CachedResult("tests", "wide", Nested, lambda progress: wide, on_disk=False)
    wide = replace(nested(), array=np.zeros(120))
    first = work.compute()
    assert work.get() is first
    assert other.compute() is wide
    assert (work.get(), other.get()) == (None, wide)
    assert not work.path.exists()


def test_a_result_with_one_flipped_byte_on_disk_is_computed_again(caplog):
    computed = []
    work = CachedResult("tests", "flipped", Nested, lambda progress: computed.append(1) or nested())
    work.compute()
    whole = work.path.read_bytes()
    for place in range(0, len(whole), 5):
        content = bytearray(whole)
        content[place] ^= 1
        work.path.write_bytes(content)
        clear_memory()
        caplog.clear()
        assert work.get() is None
        assert "damaged" in caplog.text
        assert not work.path.exists()
    assert work.compute().words == nested().words
    assert computed == [1, 1]
    assert work.path.read_bytes() == whole


def test_a_folder_that_cannot_be_written_is_told_once(tmp_path, monkeypatch, caplog):
    (tmp_path / "file").touch()
    monkeypatch.setenv("GAPVIZ_CACHE", str(tmp_path / "file" / "cache"))
    for key in ("first", "second"):
        kept = CachedResult("tests", key, Nested, lambda progress: nested())
        assert kept.compute().words == nested().words
    (told,) = caplog.messages
    assert str(tmp_path / "file" / "cache") in told and "GAPVIZ_CACHE" in told


@cached("tests", revision=1)
def scaled(rows, by=2.0, *, names=None, progress=no_progress) -> Nested:
    """An array times a number."""
    progress(0.5, "half")
    return Nested(rows * by, names or {}, (), by, None)


def test_a_cached_function_gives_its_result_by_the_content_of_its_arguments():
    told = []
    result = scaled(np.arange(3.0), by=3.0)
    assert result.get() is None
    np.testing.assert_array_equal(
        result.compute(lambda *said: told.append(said)).array, [0.0, 3.0, 6.0]
    )
    assert told == [(0.5, "half")]
    assert scaled(np.arange(3.0), 3.0).get() is not None
    assert scaled(rows=np.arange(3.0), by=3.0, progress=print).get() is not None
    assert scaled(np.arange(3.0)).get() is None
    assert scaled(np.arange(1.0, 4.0), 3.0).get() is None
    assert scaled.__doc__ == "An array times a number."


def test_the_order_of_a_mapping_is_part_of_the_key():
    one, other = {"a": 1, "b": 2}, {"b": 2, "a": 1}
    assert scaled(np.ones(1), names=one).key == scaled(np.ones(1), names=dict(one)).key
    assert scaled(np.ones(1), names=one).key != scaled(np.ones(1), names=other).key


def test_another_function_or_revision_has_another_key():
    def first(number, progress=no_progress) -> Nested:
        return nested(number)

    def second(number, progress=no_progress) -> Nested:
        return nested(number)

    keys = {
        cached("tests", revision=revision)(function)(1.0).key
        for function in (first, second)
        for revision in (1, 2)
    }
    assert len(keys) == 4
