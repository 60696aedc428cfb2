"""Ask the advisor about the built-in collections, so that no visitor waits for their first page.

Writes `data/builtin/recommended.json`: by source, the strategy that is shown where none is
chosen. Run it after `data/build_collection.py`, and whenever the advice changes.
"""

from __future__ import annotations

import json

from gapviz.analyses.advice.recommended import SHIPPED_FILE, shipped_json
from gapviz.sources.builtin import BUILTIN_ENCODERS
from gapviz.sources.builtin.outlines import OUTLINES
from gapviz.sources.builtin.shipped import shipped_folder
from gapviz.sources.source import read
from gapviz.storage.files import write_atomically


def main() -> None:
    """Measure every way on every encoder and write the file."""
    sources = [*BUILTIN_ENCODERS, OUTLINES]
    told = shipped_json({source: read(source).collection for source in sources})
    text = json.dumps(told, indent=1) + "\n"
    write_atomically(shipped_folder("builtin") / SHIPPED_FILE, text.encode())
    print(text)


if __name__ == "__main__":
    main()
