"""Write what follows from the code, for `make tables`: the tables of the docs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from gapviz.analyses.analysis import Finding
from gapviz.analyses.figure_families import families
from gapviz.analyses.protocol import protocol_finding
from gapviz.core.foreign import in_markdown
from gapviz.export.report.markdown import table_markdown
from gapviz.sources.files.format import formats
from gapviz.sources.files.judgments.format import judgment_formats, query_formats
from gapviz.sources.stores.registry import stores
from gapviz.strategies.registry import strategies_table

STRATEGIES = Path(__file__).with_name("strategies.md")
PROTOCOL = Path(__file__).with_name("protocol.md")
JUDGMENTS = Path(__file__).with_name("judgments.md")
STORES = Path(__file__).with_name("stores.md")

BENCHMARKS = ("beir", "mteb", "mixbench", "mbeir")


def with_strategies(text: str) -> str:
    """The text of docs/strategies.md with the strategies that the code has now."""
    table = table_markdown(strategies_table())
    return re.sub(
        r"(<!-- strategies -->\n).*?(<!-- end -->)",
        lambda found: f"{found[1]}\n{table}\n\n{found[2]}",
        text,
        flags=re.S,
    )


def with_formats(text: str) -> str:
    """The text of docs/judgments.md with the formats that the code reads now."""
    groups = {
        "A folder as a source": [one.title for one in formats() if one.name in BENCHMARKS],
        "`--judgments`": [one.title for one in judgment_formats()],
        "`--queries`": [one.title for one in query_formats()],
        "`--query-vectors`": ["any source of vectors that gapviz reads"],
    }
    rows = [
        f"| {head} | {in_markdown(title)} |" for head, titles in groups.items() for title in titles
    ]
    table = "\n".join(["| where | what |", "|---|---|", *rows])
    return re.sub(
        r"(<!-- formats -->\n).*?(<!-- end -->)",
        lambda found: f"{found[1]}\n{table}\n\n{found[2]}",
        text,
        flags=re.S,
    )


def with_stores(text: str) -> str:
    """The text of docs/stores.md with the stores that the code has now."""
    what = ["| store | address | needs | credentials | takes a fix | its own rank fusion |"]
    what.append("|---|---|---|---|---|---|")
    for one in stores():
        extra = f"`gapviz[{one.extra}]`" if one.extra else "nothing more"
        variables = ", ".join(f"`{name}`" for name in one.credentials)
        writes = "no" if one.writes is None else "yes"
        fusion = in_markdown(one.fusion) or "equals the formula"
        cells = (in_markdown(one.title), f"`{one.example}`", extra, variables, writes, fusion)
        what.append(f"| {' | '.join(cells)} |")
    known = ["| store | of | what is known |", "|---|---|---|"]
    for one in stores():
        told = one.departs.items()
        known += [f"| {in_markdown(one.title)} | {kind} | {in_markdown(w)} |" for kind, w in told]
    for mark, lines in (("stores", what), ("departures", known)):
        start, end = f"<!-- {mark} -->\n", "<!-- end -->"
        before, _, rest = text.partition(start)
        after = rest.partition(end)[2]
        text = f"{before}{start}\n" + "\n".join(lines) + f"\n\n{end}{after}"
    return text


def protocol_page() -> str:
    """How every figure is measured, as `gapviz protocol` has it now."""
    found = protocol_finding(families().values())
    paragraphs = [
        "# How every figure is measured",
        "Written by `make tables`; `gapviz protocol` tells which figures a collection has.",
        *map(in_markdown, found.readings),
        *map(table_markdown, found.tables),
        *(words for family in found.parts.values() for words in _family(family)),
        in_markdown(found.protocol),
    ]
    return "\n\n".join(paragraphs) + "\n"


def _family(family: Finding) -> Iterator[str]:
    yield f"## {in_markdown(family.title)}"
    if family.readings:
        yield _listed(family.readings)
    for figure in family.parts.values():
        reading, *rules = figure.readings
        yield f"### {in_markdown(figure.title)}"
        yield in_markdown(reading)
        yield f"```math\n{figure.result.formula}\n```"
        if rules:
            yield _listed(rules)


def _listed(lines: Sequence[str]) -> str:
    return "\n".join(f"- {in_markdown(line)}" for line in lines)


def written() -> dict[Path, str]:
    """Every page with tables that follow from the code, as it is to stand there."""
    return {
        STRATEGIES: with_strategies(STRATEGIES.read_text("utf-8")),
        JUDGMENTS: with_formats(JUDGMENTS.read_text("utf-8")),
        STORES: with_stores(STORES.read_text("utf-8")),
        PROTOCOL: protocol_page(),
    }


if __name__ == "__main__":
    for page, text in written().items():
        page.write_text(text, "utf-8")
