"""Collections that were added stay, with the vectors of every encoder, until removed."""

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from gapviz import GapvizError
from gapviz.sources.files.format import Skipped
from gapviz.sources.library.stored import LOCK_FILE, Workspace

HOLDS = """
import sys
from filelock import FileLock
with FileLock(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "home")


@pytest.fixture
def two_models(make_collection):
    return [replace(make_collection(), encoder=name) for name in ("CLIP", "CyCLIP")]


def test_an_empty_workspace_lists_nothing_and_writes_nothing(workspace):
    assert workspace.collections() == ()
    assert not workspace.home.exists()


def test_a_collection_comes_back_as_every_encoder_saw_it(workspace, two_models):
    stored = workspace.add(two_models, title="Ünï photos", origin="a folder")
    assert [encoding.encoder for encoding in stored.encodings] == ["CLIP", "CyCLIP"]
    assert (stored.title, stored.n_items, stored.origin) == ("Ünï photos", 40, "a folder")
    for collection in two_models:
        again = workspace.load(stored.id, collection.encoder)
        assert again.content_hash == collection.content_hash
        assert again.encoder == collection.encoder
        assert again.name == "Ünï photos"


def test_the_items_come_back_without_vectors(workspace, two_models):
    stored = workspace.add(two_models, title="x")
    assert workspace.load(stored.id).modalities == {}
    assert workspace.load(stored.id).items == two_models[0].items


def test_adding_the_same_again_changes_nothing(workspace, two_models):
    first = workspace.add(two_models, title="x")
    workspace.put_encoding(first.id, replace(two_models[0], encoder="a third"))
    second = workspace.add(two_models, title="x")
    assert first.id == second.id
    assert len(second.encodings) == 3


def test_other_vectors_of_like_items_are_another_collection(workspace, make_collection):
    first = workspace.add([make_collection(seed=0)], title="x")
    second = workspace.add([make_collection(seed=1)], title="x")
    assert first.id != second.id


def test_uploaded_files_move_in_and_are_the_root(workspace, make_collection, tmp_path):
    files = tmp_path / "upload"
    files.mkdir()
    (files / "a.png").write_bytes(b"1")
    stored = workspace.add([make_collection()], title="x", files=files)
    assert not files.exists()
    assert (workspace.load(stored.id).root / "a.png").read_bytes() == b"1"


def test_images_in_a_folder_of_the_upload_are_found_after_the_move(
    workspace, make_collection, tmp_path
):
    photos = tmp_path / "upload" / "val" / "photos"
    photos.mkdir(parents=True)
    (photos / "a.png").write_bytes(b"1")
    brought = replace(make_collection(), root=photos)
    stored = workspace.add([brought], title="x", files=tmp_path / "upload")
    assert (workspace.load(stored.id).root / "a.png").read_bytes() == b"1"


def test_what_was_skipped_stays_known(workspace, make_collection):
    skipped = [Skipped("a.png", "is cut short")]
    stored = workspace.add([make_collection()], title="x", skipped=skipped)
    assert workspace.find(stored.id).skipped == tuple(skipped)


def test_images_elsewhere_stay_there(workspace, make_collection, tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    stored = workspace.add([replace(make_collection(), root=photos)], title="x")
    assert workspace.load(stored.id).root == photos
    workspace.remove(stored.id)
    assert photos.is_dir()


def test_what_is_removed_is_gone_from_list_and_disk(workspace, two_models):
    stored = workspace.add(two_models, title="x")
    size = stored.size
    workspace.remove_encoding(stored.id, "CLIP")
    left = workspace.find(stored.id)
    assert [encoding.encoder for encoding in left.encodings] == ["CyCLIP"]
    assert left.size < size
    workspace.remove(stored.id)
    assert workspace.collections() == ()
    left_behind = [path.name for path in workspace.home.rglob("*") if path.is_file()]
    assert left_behind == [LOCK_FILE]


@pytest.mark.parametrize("name", ["nothing", "..", "../collections", "A", "", "x/y"])
def test_an_unknown_or_odd_id_is_refused(workspace, name):
    with pytest.raises(GapvizError, match="no collection"):
        workspace.load(name)


def test_an_encoder_that_made_nothing_is_named(workspace, two_models):
    stored = workspace.add(two_models, title="x")
    with pytest.raises(GapvizError, match="not been encoded with 'SigLIP'"):
        workspace.load(stored.id, "SigLIP")


def test_a_damaged_entry_is_left_out(workspace, two_models):
    stored = workspace.add(two_models, title="x")
    (stored.folder / "about.json").write_text("{")
    assert workspace.collections() == ()
    (damage,) = workspace.damaged()
    assert stored.id in damage.where and "about.json is damaged" in damage.what
    with pytest.raises(GapvizError, match=r"about\.json is damaged"):
        workspace.find(stored.id)


def test_a_flipped_bit_in_what_is_said_of_an_encoding_is_told(workspace, two_models):
    stored = workspace.add(two_models, title="x")
    assert workspace.damaged() == ()
    about = stored.encoding("CLIP").folder / "about.json"
    about.write_bytes(about.read_bytes().replace(b'"dim": 8', b'"dim": 9'))
    assert [one.encoder for one in workspace.find(stored.id).encodings] == ["CyCLIP"]
    assert ["its checksum differs" in damage.what for damage in workspace.damaged()] == [True]


def test_nobody_else_may_read_the_home(workspace, two_models, tmp_path):
    (tmp_path / "upload" / "in").mkdir(parents=True)
    (tmp_path / "upload" / "in" / "a.png").write_bytes(b"1")
    stored = workspace.add(two_models, title="x", files=tmp_path / "upload")
    workspace.remove_encoding(stored.id, "CLIP")
    for path in (workspace.home, *workspace.home.rglob("*")):
        assert path.stat().st_mode & 0o077 == 0, path


@pytest.mark.parametrize(
    "about", ['{"n_items": null}', '{"n_items": "many"}', '{"skipped": [1]}', '{"root": 5}', "[]"]
)
def test_an_entry_that_tells_something_else_is_left_out(workspace, two_models, about):
    damaged, whole = (workspace.add([one], title=one.encoder) for one in two_models)
    (damaged.folder / "about.json").write_text(about)
    assert [one.id for one in workspace.collections()] == [whole.id]


@pytest.mark.parametrize("about", ['{"dim": null}', '{"rows": [3]}', '{"rows": {"image": "x"}}'])
def test_an_encoding_that_tells_something_else_is_left_out(workspace, two_models, about):
    stored = workspace.add(two_models, title="x")
    (stored.encoding("CLIP").folder / "about.json").write_text(about)
    assert [one.encoder for one in workspace.find(stored.id).encodings] == ["CyCLIP"]


def test_vectors_that_are_put_anew_were_never_gone(workspace, two_models, monkeypatch):
    stored = workspace.add(two_models, title="x")
    seen, rmtree = [], shutil.rmtree

    def looked(path, **options):
        seen.append(len(workspace.find(stored.id).encodings))
        rmtree(path, **options)

    monkeypatch.setattr(shutil, "rmtree", looked)
    workspace.put_encoding(stored.id, two_models[0])
    assert set(seen) == {2}


def test_changes_of_two_processes_wait_for_each_other(workspace, two_models, monkeypatch):
    stored = workspace.add(two_models, title="x")
    monkeypatch.setattr("gapviz.sources.library.stored.PATIENCE", 0.1)
    held = subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(workspace.home / LOCK_FILE)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    held.stdout.readline()
    with pytest.raises(GapvizError, match="being changed by another gapviz"):
        Workspace(workspace.home).remove(stored.id)
    held.communicate(b"done\n")
    workspace.remove(stored.id)


def test_a_folder_that_cannot_be_written_is_told_in_one_sentence(make_collection, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(GapvizError, match="cannot be written"):
        Workspace(Path(blocked)).add([make_collection()], title="x")


def test_encoder_names_of_any_form_get_their_own_folder(workspace, make_collection):
    names = ["open_clip:ViT-B-32:openai", "open_clip:ViT-B-32/openai", "../../x", "é" * 300]
    workspace.add([replace(make_collection(), encoder=name) for name in names], title="x")
    (stored,) = workspace.collections()
    assert {encoding.encoder for encoding in stored.encodings} == set(names)


def test_only_the_vectors_are_without_axes_and_not_the_items(make_collection, tmp_path):
    workspace = Workspace(tmp_path)
    stored = workspace.add([replace(make_collection(4), rotated=True)], title="cosines")
    assert workspace.load(stored.id, stored.encodings[0].encoder).rotated
    assert not workspace.load(stored.id).rotated
