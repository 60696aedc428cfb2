"""Write into pages what their examples print now; read the difference before you keep it.

    python tests/docs/rewrite.py docs/start.md

A block that ends in `…` keeps as many lines as it has, and a lone `…` becomes a few lines.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from pages import ROOT, RUN, SETUPS, as_shown, blocks_of

FEW = 12
"""Lines that take the place of a lone `…`."""


def main(pages):
    here = Path(__file__).parent
    environment = os.environ | {"PYTHONPATH": f"{here}{os.pathsep}{ROOT}"}
    with subprocess.Popen(
        [sys.executable, "-P", str(here / "worker.py")],
        env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as worker:  # fmt: skip
        worker.stdout.readline()
        for page in pages:
            _rewrite(ROOT / page, page, worker)
        worker.stdin.close()


def _rewrite(path, page, worker):
    blocks = [one for one in blocks_of(path) if one.kind in RUN]
    run = [one for one in blocks if not one.not_run]
    with tempfile.TemporaryDirectory() as folder:
        request = {
            "folder": folder,
            "setups": SETUPS.get(page, ()),
            "blocks": [{"kind": one.kind, "text": one.text} for one in run],
        }
        print(json.dumps(request), file=worker.stdin, flush=True)
        answer = json.loads(worker.stdout.readline())
    text = path.read_text("utf-8")
    for block, told in zip(run, answer["blocks"], strict=True):
        if block.kind == "python":
            (one,) = told
            if block.shown and not as_shown(one["told"], block.shown):
                old = f"```python\n{block.text}```\n\n```text\n{block.shown}"
                assert old in text
                new = f"```python\n{block.text}```\n\n```text\n{_cut(one['told'], block.shown)}"
                text = text.replace(old, new)
            elif one["code"]:
                print(f"{page}:{block.line}: {one['told']}")
            continue
        lines = ""
        for one in told:
            fits = one["shown"] != "…\n" and as_shown(one["told"], one["shown"])
            shown = one["shown"] if fits else _cut(one["told"], one["shown"])
            lines += f"$ {one['command']}\n{shown}"
        assert block.text in text, block.text
        text = text.replace(block.text, lines)
    path.write_text(text, "utf-8")
    print(f"{page}: {answer['seconds']:.1f} s")


def _cut(told, shown):
    lines = told.splitlines()
    if not shown.endswith("…\n"):
        return told
    keep = shown.count("\n") - 1 or FEW
    return told if len(lines) <= keep else "\n".join(lines[:keep]) + "\n…\n"


if __name__ == "__main__":
    main(sys.argv[1:])
