"""The steps of action.yml, run with bash as GitHub runs them; GitHub itself was not tried."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import gapviz
from gapviz.commands.github_action import main, summary
from gapviz.storage.saved_collection import save_collection

ROOT = Path(gapviz.__file__).parents[1]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
STEPS = ACTION["runs"]["steps"]
SCRIPTS = {step["id"]: step for step in STEPS if "run" in step}

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="the steps are for bash")


def written(program, text):
    program.write_text(text)
    program.chmod(0o755)


ECHO = '#!/bin/bash\nprintf "%s\\n" "$@"\n'
"""In place of Python: what it is called with, a line each."""


@pytest.fixture
def job(tmp_path, make_collection):
    """A job in an empty folder of its own: `job(step, inputs)` runs one of its steps."""
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    save_collection(make_collection(n=60, gap=1.5), workspace / "vectors")
    programs = tmp_path / "bin"
    programs.mkdir()
    # A link would leave the virtual environment behind.
    written(programs / "python", f'#!/bin/bash\nexec "{sys.executable}" "$@"\n')

    class Job:
        output, page = tmp_path / "output", tmp_path / "summary.md"
        folder, bin = workspace, programs

        def __call__(self, step, **inputs):
            usual = {name: str(one.get("default", "")) for name, one in ACTION["inputs"].items()}
            known = usual | {name.replace("_", "-"): value for name, value in inputs.items()}
            environment = {
                name: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda m: known[m[1]], value)
                for name, value in SCRIPTS[step]["env"].items()
            }
            script = tmp_path / "step.sh"
            script.write_text(SCRIPTS[step]["run"])
            self.output.touch()
            self.page.touch()
            return subprocess.run(
                ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(script)],
                check=False,
                cwd=workspace,
                capture_output=True,
                text=True,
                env={
                    **{k: v for k, v in os.environ.items() if not k.startswith("GITHUB_")},
                    "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
                    "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
                    "GITHUB_ACTIONS": "true",
                    "GITHUB_ACTION_PATH": str(ROOT),
                    "GITHUB_OUTPUT": str(self.output),
                    "GITHUB_STEP_SUMMARY": str(self.page),
                    "GITHUB_WORKSPACE": str(workspace),
                    "RUNNER_TEMP": str(tmp_path),
                    **environment,
                },
            )

    return Job()


def test_no_input_is_pasted_into_a_script():
    assert set(SCRIPTS) == {"install", "measure"}
    for step in SCRIPTS.values():
        assert "${{" not in step["run"] and step["shell"] == "bash"
    for step in STEPS:
        assert "run" in step or re.fullmatch(r"actions/setup-python@v\d+", step["uses"])


def test_every_input_has_words_and_reaches_a_step_and_every_output_comes_from_one():
    used = set(re.findall(r"inputs\.([\w-]+)", json.dumps(STEPS)))
    assert used == set(ACTION["inputs"])
    assert all(one["description"] for one in ACTION["inputs"].values())
    assert ACTION["outputs"]["figures"]["value"] == "${{ steps.measure.outputs.figures }}"


@pytest.mark.slow
def test_figures_that_break_no_condition_pass_with_a_summary_and_a_file(job):
    # A folder of the repository that is called gapviz is not taken for the package.
    written(job.folder / "gapviz.py", "raise SystemExit('the wrong package')")
    done = job("measure", source="vectors", fail_if="gap > 1.9\n\n  bias_at_10.text < 0.01\n")
    assert done.returncode == 0, done.stderr
    name, path = job.output.read_text().strip().split("=", 1)
    assert name == "figures"
    figures = json.loads(Path(path).read_text("utf-8"))
    gap = figures["gap"]
    page = job.page.read_text("utf-8")
    assert "**Passed.** None of these holds: gap > 1.9, bias_at_10.text \\< 0.01." in page
    row = f"| gap | {gap['value']:.3f} | {gap['low']:.3f} to {gap['high']:.3f} |"
    assert row in page.replace("\\.", ".")
    assert "recall.text-" in page and "::error" not in done.stdout


@pytest.mark.slow
def test_a_condition_that_holds_fails_the_job_with_the_message_of_the_gate(job):
    done = job("measure", source="vectors", strategy="centre", fail_if="gap >= 0\nn_items > 5")
    assert done.returncode == 1
    assert "gapviz: failed, since gap = " in done.stderr and "n_items = 30 > 5" in done.stderr
    assert re.search(r"^::error title=gapviz::gapviz: failed, since gap = ", done.stdout, re.M)
    assert "**Failed.** gapviz: failed, since gap = " in job.page.read_text("utf-8")
    assert json.loads(Path(job.output.read_text().strip()[8:]).read_text())["strategy"] == "centre"


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        ({"SOURCE": "nothing here"}, "there is no such file"),
        ({"SOURCE": "--help"}, "--help: there is no such file"),
        ({"SOURCE": ""}, "no source is named"),
        ({"SOURCE": "vectors", "FAIL_IF": "gap"}, "'gap' is not a condition"),
        ({"SOURCE": "vectors", "FAIL_IF": "--help"}, "'--help' is not a condition"),
        ({"SOURCE": "vectors", "STRATEGY": "no"}, "there is no strategy 'no'"),
    ],
)
def test_bad_input_fails_with_its_sentence_and_no_figures(
    tmp_path, monkeypatch, capsys, inputs, told
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "vectors").mkdir()
    for name in ("OUTPUT", "STEP_SUMMARY"):
        monkeypatch.setenv(f"GITHUB_{name}", str(tmp_path / name))
    for name in ("SOURCE", "STRATEGY", "FAIL_IF"):
        monkeypatch.setenv(f"GAPVIZ_{name}", inputs.get(name, ""))
    assert main() == 2
    written = capsys.readouterr()
    assert told in written.err and "::error title=gapviz::gapviz: " in written.out
    assert not (tmp_path / "OUTPUT").exists()
    assert "**Failed.**" in (tmp_path / "STEP_SUMMARY").read_text("utf-8")


HOSTILE = "$(touch pwned)`touch pwned`\"; touch pwned; '; touch pwned #\n${{ github.token }}"


@pytest.mark.slow
def test_what_an_input_says_is_never_run(job):
    done = job("measure", source=HOSTILE, strategy=HOSTILE, fail_if=HOSTILE)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    written(job.bin / "python", ECHO)
    for name in ("extras", "version"):
        for text in (HOSTILE, "--help", "a]@https://example.org/x", "1.0; x"):
            done = job("install", **{name: text})
            assert done.returncode == 2 and "pip" not in done.stdout
    assert not list(job.folder.glob("*pwned*"))


@pytest.mark.parametrize(
    ("inputs", "package"),
    [
        ({}, str(ROOT)),
        ({"extras": "builtin,qdrant"}, f"{ROOT}[builtin,qdrant]"),
        ({"version": "1.2.0"}, "gapviz==1.2.0"),
        ({"extras": "qdrant", "version": "1.2.0"}, "gapviz[qdrant]==1.2.0"),
    ],
)
def test_what_is_installed_is_the_action_itself_or_a_version_of_the_package(job, inputs, package):
    written(job.bin / "python", ECHO)
    done = job("install", **inputs)
    assert done.stdout.splitlines() == ["-m", "pip", "install", "--quiet", package]


def test_the_summary_escapes_what_others_wrote():
    figures = {
        "collection": "a<script>|b", "strategy": "raw", "encoder": "x|y", "n_items": 3,
        "gap": {"value": 0.5, "low": None, "high": None},
    }  # fmt: skip
    page = summary(figures, [], "failed, since <b>")
    assert r"a\<script>\|b" in page and r"since \<b>" in page and r"encoder x\|y" in page
    assert "| gap | 0.500 | unknown |" in page.replace("\\.", ".")
