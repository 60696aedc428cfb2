"""Runs the examples of pages in one process, with the gapviz that this Python has installed.

A line of JSON comes in for a page, and one goes out: what each command and each piece of code
printed. Nothing of the checkout is imported, so that an installed package shows what it can do.
"""

import ast
import io
import json
import os
import re
import shlex
import sys
import time
import traceback
from contextlib import chdir, redirect_stderr, redirect_stdout, suppress
from pathlib import Path

import setups

DATA = re.compile(r"(?<![\w.])/data/")
"""Where the pages have their stores: a folder of the page stands in for it."""


def answered(request):
    folder = Path(request["folder"])
    began = time.process_time()
    with chdir(folder):
        for name in request["setups"]:
            getattr(setups, name)(folder)
        names = {"__name__": "__main__"}
        told = [
            [_console, _python][one["kind"] == "python"](one["text"], folder, names)
            for one in request["blocks"]
        ]
    return {"blocks": told, "seconds": time.process_time() - began}


def _console(text, folder, names):
    """Every command of a block with what it printed, on both streams as a terminal shows them."""
    done, code = [], 0
    for part in re.split(r"^\$ ", text, flags=re.M)[1:]:
        command, _, shown = part.partition("\n")
        while command.endswith("\\"):
            more, _, shown = shown.partition("\n")
            command = command.removesuffix("\\") + more
        if command == "echo $?":
            done.append({"command": command, "told": f"{code}\n", "shown": shown, "asked": True})
            continue
        told, code = _command(command, folder)
        done.append({"command": command, "told": told, "shown": shown, "code": code})
    return done


def _command(command, folder):
    from gapviz.commands.cli import main

    file = re.search(r" > (\S+)$", command)
    command = command.removesuffix(file[0] if file else "")
    command = DATA.sub(f"{folder}/data/", command)
    name, *arguments = shlex.split(command, comments=True)
    if name != "gapviz":
        return f"{name} is not run here: an example calls gapviz\n", 127
    terminal = io.StringIO()
    answer = io.StringIO() if file else terminal
    code = 0
    with redirect_stdout(answer), redirect_stderr(terminal):
        try:
            code = main(arguments)
        except SystemExit as stop:
            code = stop.code or 0
        except Exception:
            traceback.print_exc()
            code = 70
    if file:
        Path(file[1]).write_text(answer.getvalue(), "utf-8")
    return terminal.getvalue().replace(f"{folder}/data/", "/data/"), code


def _python(text, folder, names):
    """Run code as a cell of a notebook: the value of a last line that is an expression is shown."""
    told = io.StringIO()
    code = 0
    with redirect_stdout(told), redirect_stderr(io.StringIO()):
        try:
            *lines, last = ast.parse(DATA.sub(f"{folder}/data/", text)).body
            is_value = isinstance(last, ast.Expr)
            rest = [] if is_value else [last]
            exec(compile(ast.Module([*lines, *rest], []), "<page>", "exec"), names)
            if is_value:
                value = eval(compile(ast.Expression(last.value), "<page>", "eval"), names)
                if value is not None:
                    print(repr(value))
        except Exception:
            traceback.print_exc(file=told)
            code = 70
    return [{"command": text, "told": told.getvalue(), "shown": None, "code": code}]


if __name__ == "__main__":
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    # What a library writes past Python's streams must not stand between the answers.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    import gapviz

    print(json.dumps({"gapviz": str(Path(gapviz.__file__).resolve())}), file=answers, flush=True)
    with suppress(KeyboardInterrupt):
        for line in sys.stdin:
            print(json.dumps(answered(json.loads(line))), file=answers, flush=True)
