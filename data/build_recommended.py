"""Ask the advisor about the built-in collection, so that no visitor waits for its first page.

Writes `data/builtin/recommended.json`: by encoder, the strategy that is shown where none is
chosen. Run it after `data/build_collection.py`, and whenever the advice changes.
"""

from __future__ import annotations

import json

from gapviz.analyses.advice.recommended import SHIPPED_FILE, shipped_json
from gapviz.sources.builtin import BUILTIN_ENCODERS, builtin_collection
from gapviz.sources.builtin.shipped import shipped_folder
from gapviz.storage.files import write_atomically


def main() -> None:
    """Measure every way on every encoder and write the file."""
    told = shipped_json([builtin_collection(encoder) for encoder in BUILTIN_ENCODERS])
    text = json.dumps(told, indent=1) + "\n"
    write_atomically(shipped_folder("builtin") / SHIPPED_FILE, text.encode())
    print(text)


if __name__ == "__main__":
    main()
