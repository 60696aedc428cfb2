"""A shell completes commands, options, strategies, collections and files, without loading them."""

import os
import shutil
import subprocess
import sys

import pytest

pytest.importorskip("argcomplete")


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def completed(cache):
    """What argcomplete's own protocol answers for a line that ends at the cursor."""

    def ask(line, folder=cache):
        answer = cache / "answer"
        answer.unlink(missing_ok=True)
        given = {
            "_ARGCOMPLETE": "1", "_ARGCOMPLETE_IFS": "\n", "COMP_LINE": line,
            "COMP_POINT": str(len(line)), "_ARGCOMPLETE_STDOUT_FILENAME": str(answer),
            "GAPVIZ_CACHE": str(cache),
        }  # fmt: skip
        subprocess.run(
            [sys.executable, "-m", "gapviz"], env=os.environ | given, cwd=folder, check=False,
            capture_output=True,
        )  # fmt: skip
        return [word.strip() for word in answer.read_text().splitlines()]

    return ask


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("gapviz mea", ["measure"]),
        ("gapviz measure --strat", ["--strategy"]),
        ("gapviz measure builtin --strategy zn", ["znorm"]),
        ("gapviz scoreboard builtin --strategies raw,cen", ["raw,centre"]),
        ("gapviz measure built", ["builtin", "builtin:sigmoid", "builtin:intra-modal",
                                  "builtin:warm", "builtin:modgap"]),
        ("gapviz completion z", ["zsh"]),
        ("gapviz nothing ", []),
    ],
)  # fmt: skip
def test_what_a_line_goes_on_with(completed, line, words):
    assert [word for word in completed(line) if word != "-"] == words


@pytest.mark.slow
def test_files_are_completed_where_a_source_is(completed, tmp_path):
    (tmp_path / "vectors.npz").write_bytes(b"")
    assert completed("gapviz measure vec", tmp_path) == ["vectors.npz"]


LOADED = """
import os, sys
os._exit = lambda code: sys.exit(code)
from gapviz.commands.completion import complete
try:
    complete()
finally:
    print(*sorted(sys.modules))
"""


@pytest.mark.slow
def test_an_option_that_is_kept_is_completed_without_the_command(completed, cache):
    line = "gapviz cones --lay"
    assert completed(line) == ["--layout"]
    given = {
        "_ARGCOMPLETE": "1", "COMP_LINE": line, "COMP_POINT": str(len(line)),
        "_ARGCOMPLETE_STDOUT_FILENAME": str(cache / "answer"), "GAPVIZ_CACHE": str(cache),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", LOADED], env=os.environ | given, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    loaded = set(done.stdout.split())
    assert "gapviz.commands.skeleton" in loaded
    assert not loaded & {"gapviz.commands.analysis", "gapviz.strategies", "scipy", "pandas", "PIL"}


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_itself_completes(cache, tmp_path):
    program = tmp_path / "gapviz"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m gapviz "$@"\n')
    program.chmod(0o755)
    script = """
eval "$(gapviz completion bash)"
COMP_WORDS=(gapviz measure builtin --strategy cen)
COMP_CWORD=4
COMP_LINE="gapviz measure builtin --strategy cen"
COMP_POINT=${#COMP_LINE}
COMP_TYPE=9
"$(complete -p gapviz | sed 's/.*-F \\([^ ]*\\) .*/\\1/')" gapviz cen --strategy
echo "found:${COMPREPLY[*]}"
"""
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, check=False,
        env=os.environ | {"PATH": path, "GAPVIZ_CACHE": str(cache)},
    )  # fmt: skip
    assert done.stdout.split("found:")[1].split() == ["centre"], done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_code_of_a_shell_is_printed(run, figures, shell):
    done = run("completion", shell)
    assert done.returncode == 0 and "gapviz" in done.stdout
    assert figures("completion", shell)["code"] in done.stdout


def test_without_argcomplete_it_is_refused_in_one_sentence(refused, monkeypatch):
    for name in ("argcomplete", "argcomplete.shell_integration"):
        monkeypatch.setitem(sys.modules, name, None)
    assert "pip install 'gapviz[completion]'" in refused("completion", "bash")
