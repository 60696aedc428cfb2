"""A command as a process of its own: signals while it loads, and terminals without accents."""

import os
import subprocess
import sys

import numpy as np
import pytest

from gapviz.core.collection import Collection
from gapviz.core.item import Item
from gapviz.core.modality_vectors import ModalityVectors
from gapviz.storage.saved_collection import save_collection
from tests.commands.test_cli import gapviz, strict

RNG = np.random.default_rng(0)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="sends signals")
@pytest.mark.parametrize(("handler", "code"), [("default_int_handler", -2), ("SIG_IGN", 0)])
@pytest.mark.parametrize(
    ("module", "arguments"),
    [("gapviz.commands.cli", ["--version"]), ("gapviz.commands.explain", ["explain", "gap"])],
)
def test_ctrl_c_while_the_commands_load_ends_without_a_word_unless_ignored(
    handler, code, module, arguments
):
    program = f"""
import os, signal, sys
from gapviz.__main__ import main
signal.signal(signal.SIGINT, signal.{handler})
class Interrupting:
    def find_spec(self, name, *_):
        if name == "{module}":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupting())
sys.exit(main())
"""
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False
    )
    assert (done.returncode, bool(done.stdout), done.stderr) == (code, code == 0, "")


@pytest.mark.slow
def test_json_stays_json_on_a_terminal_without_accents(tmp_path):
    rows = RNG.standard_normal((2, 12, 4)) + np.array([1, -1])[:, None, None]
    items = tuple(Item(f"é{number}🐈", label="à") for number in range(12))
    modalities = {
        name: ModalityVectors.of(block) for name, block in zip(("image", "text"), rows, strict=True)
    }
    splits = {"calibrate": np.arange(0, 12, 2), "evaluate": np.arange(1, 12, 2)}
    save_collection(Collection("ça", items, modalities, splits=splits), tmp_path / "accents")
    environment = os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    asked = ("search", tmp_path / "accents", "--item", "é1🐈", "--json")
    done = gapviz(*asked, env=environment)
    assert done.stderr == ""
    assert all(hit["item"].startswith("é") for hit in strict(done.stdout)["hits"])
