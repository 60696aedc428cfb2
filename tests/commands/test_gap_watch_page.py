"""The console blocks of docs/gap_watch.md print what stands there."""

import re
import shlex
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "gap_watch.md"
NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")
ALARMS = {"builtin:sigmoid"}


@pytest.mark.slow
def test_the_page_shows_what_the_commands_print(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```console\n(.*?)```", PAGE.read_text("utf-8"), re.S)
    told = [part for block in blocks for part in re.split(r"^\$ gapviz ", block, flags=re.M)[1:]]
    assert len(told) == 4
    for one in told:
        command, _, expected = one.partition("\n")
        arguments = shlex.split(command)
        done = run(*arguments)
        assert done.returncode == (arguments[0] == "watch" and arguments[-1] in ALARMS)
        shown = expected.removesuffix("…\n").splitlines()
        for line, printed in zip(shown, done.stdout.splitlines(), strict=False):
            assert NUMBER.sub("#", line).split() == NUMBER.sub("#", printed).split()
            for a, b in zip(NUMBER.findall(line), NUMBER.findall(printed), strict=True):
                assert float(a.replace(",", "")) == pytest.approx(
                    float(b.replace(",", "")), abs=0.02
                )
