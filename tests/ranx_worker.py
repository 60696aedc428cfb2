"""ranx in a process of its own, uncompiled: one JSON request a line, one JSON answer a line.

Compiling ranx takes longer than all the tests that ask it.
"""

import json
import sys

from ranx import Qrels, Run, evaluate, fuse

for line in sys.stdin:
    request = json.loads(line)
    if "metrics" in request:
        truth, run = Qrels(request["truth"]), Run(request["run"])
        scores = evaluate(truth, run, request["metrics"])
        answer = (
            {name: float(value) for name, value in scores.items()}
            if isinstance(scores, dict)
            else {request["metrics"][0]: float(scores)}
        )
    else:
        runs = [Run({"q": scores}) for scores in request["runs"]]
        fused = fuse(runs=runs, method="rrf", params={"k": request["k"]}, norm=None)
        answer = {key: float(value) for key, value in fused.run["q"].items()}
    print(json.dumps(answer), flush=True)
