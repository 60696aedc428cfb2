"""The worked example of languages as modalities makes what the commands of its page take."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import gapviz.sources.builtin
from gapviz.commands.cli import main
from gapviz.sources.builtin import builtin_collection

PAGE = (Path(__file__).parents[1] / "docs" / "languages.md").read_text("utf-8")


@pytest.mark.encoder
def test_its_code_gives_a_modality_a_language_and_its_commands_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    drawings = builtin_collection()
    few = replace(drawings, splits={"evaluate": drawings.splits["evaluate"][:60]})
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.S)
    # Only while the page's code runs: commands that load later keep the collection as it is.
    with monkeypatch.context() as page:
        page.setattr(gapviz.sources.builtin, "builtin_collection", lambda: few)
        exec(code, {})
    assert {"image", "en", "de", "es", "fr"} <= set(np.load("languages.npz").files)
    assert main(["directions", "languages.npz", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["modalities"] == ["image", "en", "de", "es", "fr"]
