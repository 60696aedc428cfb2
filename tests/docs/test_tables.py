"""What follows from the code stands in the docs as the code has it."""

import re
import runpy

from tests.docs.pages import ROOT


def test_the_tables_that_follow_from_the_code_are_as_the_code_has_them():
    script = runpy.run_path(str(ROOT / "docs" / "build_tables.py"))
    written = script["written"]()
    assert "| Ridge towards identity | ridge |" in written[ROOT / "docs" / "strategies.md"]
    assert ROOT / "docs" / "protocol.md" in written
    assert [str(page) for page, text in written.items() if page.read_text("utf-8") != text] == []


def test_what_the_architecture_names_is_there():
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    named = re.findall(r"`((?:gapviz|tests|docs|benchmarks)/[\w/.]*)`", text)
    assert len(named) > 10 and not [path for path in named if not (ROOT / path).exists()]
    drawn = re.findall(r">(\w+)/</text>", (ROOT / "docs" / "rooms.svg").read_text("utf-8"))
    rooms = {path.name for path in (ROOT / "gapviz").iterdir() if any(path.glob("*.py"))}
    assert set(drawn) == rooms
