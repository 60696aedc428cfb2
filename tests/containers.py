"""The container file, taken apart."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def containerfile():
    """Instruction → what stands behind it, each time it stands there, from top to bottom."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Containerfile").read_text("utf-8"), flags=re.M)
    found = {}
    for line in filter(None, re.sub(r"\\\n\s*", "", text).splitlines()):
        instruction, _, rest = line.partition(" ")
        found.setdefault(instruction, []).append(rest)
    return found
