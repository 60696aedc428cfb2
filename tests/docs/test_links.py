"""Every link of README, docs and ARCHITECTURE leads somewhere; nothing is asked of the network."""

import re

from tests.docs.pages import ROOT, name_of, pages

LINK = re.compile(r"\]\((?!https?:|mailto:)([^)\s]+)\)")
CODE = re.compile(r"^ *```.*?^ *```$|`[^`\n]+`", re.M | re.S)


def anchors(page):
    """The anchors of a page's headings, as code hosts and the site make them."""
    text = CODE.sub(lambda found: found[0] if "\n" not in found[0] else "", page.read_text("utf-8"))
    found = set()
    for heading in re.findall(r"^#+ (.+)$", text, re.M):
        words = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower().strip()
        anchor = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        number = 1
        while (one := anchor if number == 1 else f"{anchor}-{number - 1}") in found:
            number += 1
        found.add(one)
    return found


def test_every_link_leads_to_a_file_and_to_a_heading_of_it():
    links, dead = 0, []
    for page in pages():
        for link in LINK.findall(CODE.sub("", page.read_text("utf-8"))):
            links += 1
            path, _, anchor = link.partition("#")
            target = (page.parent / path).resolve() if path else page
            if not target.exists() or ROOT not in target.parents:
                dead.append(f"{name_of(page)}: {link}")
            elif anchor and anchor not in anchors(target):
                dead.append(f"{name_of(page)}: {link} (no such heading)")
    assert links > 60 and not dead


def test_anchors_are_those_of_code_hosts():
    page = ROOT / "docs" / "coverage.md"
    assert all(re.fullmatch(r"[\w\-]+", one) for one in anchors(page))


def test_every_picture_of_the_docs_is_shown_on_a_page():
    shown = "".join(page.read_text("utf-8") for page in pages())
    found = [*(ROOT / "docs").rglob("*.png"), *(ROOT / "docs").rglob("*.svg")]
    pictures = [one for one in found if one.parent.name != "assets"]
    assert pictures and not [one.name for one in pictures if one.name not in shown]
    assert sum(one.stat().st_size for one in pictures) < 2_000_000
