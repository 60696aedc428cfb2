import json

from gapviz.commands.cli import main


def test_without_a_name_the_sets_are_listed(capsys):
    assert main(["fetch", "--json"]) == 0
    sets = {one["name"]: one for one in json.loads(capsys.readouterr().out)["sets"]}
    assert sets["liang2022"]["files"] == 8
    assert sets["liang2022"]["licence"] == "MIT"
    assert main(["fetch"]) == 0
    assert "coco100" in capsys.readouterr().out


def test_an_unknown_set_is_one_sentence(capsys):
    assert main(["fetch", "imagenet"]) == 2
    assert "imagenet" in capsys.readouterr().err


def test_without_a_connection_it_says_so_and_leaves_nothing(capsys, tmp_path, monkeypatch):
    # No name is looked up and no packet sent: the proxy refuses at once.
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert main(["fetch", "coco100", "--out", str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_cache_that_cannot_be_written_is_one_sentence(capsys, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("GAPVIZ_CACHE", str(tmp_path / "file" / "cache"))
    assert main(["fetch", "coco100"]) == 2
    said = capsys.readouterr().err
    assert "cannot be written" in said and "GAPVIZ_CACHE" in said and said.count("\n") == 1
