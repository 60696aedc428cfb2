"""What mkdocs does beside Markdown for the site that `make docs` builds (a hook of mkdocs.yml).

The README is its first page. What pages link to outside docs/ comes along: Markdown as pages, all
else as files. Formulas become MathML, which browsers draw without a script. The page of commands is
made from the parser, so that it cannot go stale.
"""

from __future__ import annotations

import argparse
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from gapviz.core.foreign import in_html

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
FIRST_PAGE = "README.md"
COMMANDS = "commands.md"
OUTSIDE = "project"
"""Folder of the site for what lies outside docs/."""

MATHML = "http://www.w3.org/1998/Math/MathML"
BAR = "\u2015"
"""What the converter of formulas puts over a mean."""
ElementTree.register_namespace("", MATHML)

CONTRIBUTING = "CONTRIBUTING.md"
ALWAYS = ("ARCHITECTURE.md", "CHANGELOG.md")

_LINK = re.compile(r"(\]\()(?!\w+:|#|/)([^)#\s]+)((?:#[^)\s]*)?\))")
_CODE = re.compile(r"(^ *```.*?^ *```$|`[^`\n]+`)", re.M | re.S)


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Fill in what a file of settings cannot say: functions, and pages that may be there."""
    # Where it is missing the build stops here: a fence that fails is shown as code, in silence.
    import latex2mathml.converter
    from pymdownx.slugs import slugify

    assert latex2mathml.converter
    config.mdx_configs.setdefault("toc", {})["slugify"] = slugify(case="lower")
    config.mdx_configs["pymdownx.superfences"] = {
        "custom_fences": [{"name": "math", "class": "math", "format": _formula}]
    }
    (contributing,) = [part for part in config.nav or () if "Contributing" in part]
    contributing["Contributing"] = [
        f"{OUTSIDE}/{CONTRIBUTING}",
        *(f"contributing/{one.name}" for one in sorted(ROOT.glob("docs/contributing/*.md"))),
        *({name[:-3].capitalize(): f"{OUTSIDE}/{name}"} for name in ALWAYS),
    ]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the README, what is linked outside docs/, and the page of commands."""
    from mkdocs.structure.files import File, InclusionLevel

    files.append(File.generated(config, "index.md", abs_src_path=str(ROOT / FIRST_PAGE)))
    files.append(File.generated(config, COMMANDS, content=commands_page()))
    named = {*ALWAYS, CONTRIBUTING}
    for path in sorted(_linked_outside()):
        level = InclusionLevel.INCLUDED if path in named else InclusionLevel.NOT_IN_NAV
        place, source = _in_site(path), str(ROOT / path)
        files.append(File.generated(config, place, abs_src_path=source, inclusion=level))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Point the links of a page, which are good on a code host, to where the site has them."""
    here = page.file.src_uri
    return _with_links(markdown, lambda link: _moved(link, here))


def _moved(link: str, here: str) -> str:
    path = posixpath.normpath(posixpath.join(posixpath.dirname(_in_repository(here)), link))
    return posixpath.relpath(_in_site(path), posixpath.dirname(here) or ".")


def _in_repository(uri: str) -> str:
    """Path in the repository of what the site has under `uri`."""
    if uri == "index.md":
        return FIRST_PAGE
    outside = uri.removeprefix(f"{OUTSIDE}/")
    return outside if outside != uri else f"docs/{uri}"


def _in_site(path: str) -> str:
    if path == FIRST_PAGE:
        return "index.md"
    inside = path.removeprefix("docs/")
    if inside != path:
        return inside
    # A browser would offer a file without an ending for download, and show no text of it.
    return f"{OUTSIDE}/{path if '.' in posixpath.basename(path) else path + '.txt'}"


def _linked_outside() -> set[str]:
    """Paths of files outside docs/ that pages link to, and what those link to."""
    pages = [FIRST_PAGE, *ALWAYS, *(_from_root(one) for one in ROOT.glob("docs/**/*.md"))]
    if (ROOT / CONTRIBUTING).exists():
        pages.append(CONTRIBUTING)
    found: set[str] = set()
    while pages:
        page = pages.pop()
        if not page.startswith("docs/") and page != FIRST_PAGE:
            found.add(page)
        if not page.endswith(".md"):
            continue
        links = _links((ROOT / page).read_text("utf-8"))
        for link in links:
            path = posixpath.normpath(posixpath.join(posixpath.dirname(page), link))
            is_new = path not in found and path not in pages and path != FIRST_PAGE
            if is_new and not path.startswith(("docs/", "../")) and (ROOT / path).is_file():
                pages.append(path)
    return found


def _from_root(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _links(markdown: str) -> list[str]:
    """Paths that a page links to, without addresses of the network and without anchors."""
    return [link for part in _CODE.split(markdown)[::2] for _, link, _ in _LINK.findall(part)]


def _with_links(markdown: str, moved: Callable[[str], str]) -> str:
    parts = _CODE.split(markdown)
    for at in range(0, len(parts), 2):
        parts[at] = _LINK.sub(lambda one: f"{one[1]}{moved(one[2])}{one[3]}", parts[at])
    return "".join(parts)


def _formula(source: str, *_: Any, **__: Any) -> str:
    """A formula as MathML; its TeX stays as the text for those who copy it."""
    from latex2mathml.converter import convert

    # The converter knows no escaped sign in text; \lvert and \rvert are bars.
    plain = source.replace(r"\%", "%")
    made = ElementTree.fromstring(convert(plain, display="block"))
    for over in made.iter(f"{{{MATHML}}}mover"):
        # Browsers stretch no bar over a mean without a font of their own for it: a border does.
        if len(over) == 2 and over[1].text == BAR:
            over.remove(over[1])
            over.tag, over.attrib = f"{{{MATHML}}}mrow", {"class": "mean"}
    drawn = ElementTree.tostring(made, encoding="unicode")
    return f'<div class="formula" title="{in_html(source)}">{drawn}</div>'


def commands_page() -> str:
    """Every command with its options, as `--help` has them, in Markdown.

    Options that many commands share are told once.
    """
    from gapviz.commands.cli import parser_of
    from gapviz.commands.table import listed_commands

    parsers = {name: parser_of(name)[1] for name in listed_commands()}
    known = {name: one for name, one in parsers.items() if one is not None}
    return "\n\n".join(_commands(known)) + "\n"


def _commands(commands: Mapping[str, argparse.ArgumentParser]) -> Iterator[str]:
    counts: dict[tuple[str, str], int] = {}
    for one in commands.values():
        for action in _told(one):
            key = (_flags(action), _help(action, one))
            counts[key] = counts.get(key, 0) + 1
    shared = {key: number for key, number in counts.items() if number > len(commands) // 3}
    yield "# Commands and options"
    yield (
        "Made from `gapviz --help` of this version. Examples with what they print: "
        "[the command line, by example](command_line.md)."
    )
    yield "## Options of many commands"
    yield _options([*shared])
    for name, one in sorted(commands.items()):
        yield f"## gapviz {name}"
        yield in_html(_sentence(one))
        yield f"```text\n{_usage(one)}\n```"
        own = [(_flags(action), _help(action, one)) for action in _told(one)]
        if rows := [row for row in own if row not in shared]:
            yield _options(rows)
        if also := [f"`{row[0].split(' ')[0].strip(',')}`" for row in own if row in shared]:
            yield f"As above: {', '.join(also)}."


def _told(command: argparse.ArgumentParser) -> list[argparse.Action]:
    return [
        action
        for action in command._actions
        if action.help is not argparse.SUPPRESS and "--help" not in action.option_strings
    ]


def _usage(command: argparse.ArgumentParser) -> str:
    usage = command.format_usage().removeprefix("usage: ")
    return str(re.sub(r"\s+", " ", usage).strip())


def _sentence(command: argparse.ArgumentParser) -> str:
    said = re.sub(r"\s+", " ", command.description or "").strip()
    return said if said.endswith((".", "?")) else f"{said}."


def _flags(action: argparse.Action) -> str:
    if not action.option_strings:
        return str(action.metavar or action.dest).upper()
    if action.nargs == 0:
        return ", ".join(action.option_strings)
    value = action.metavar or action.dest.upper()
    if action.choices is not None and action.metavar is None:
        value = "{" + ",".join(map(str, action.choices)) + "}"
    return (
        f"{', '.join(action.option_strings)} {value if isinstance(value, str) else ' '.join(value)}"
    )


def _help(action: argparse.Action, command: argparse.ArgumentParser) -> str:
    said = (action.help or "").replace("%%", "\0")
    values = {**vars(action), "prog": command.prog}
    said = re.sub(r"%\((\w+)\)[sd]", lambda found: str(values.get(found[1], "")), said)
    return re.sub(r"\s+", " ", said.replace("\0", "%")).strip()


def _options(rows: list[tuple[str, str]]) -> str:
    """A list, which is as readable on a phone as on a desk."""
    return "\n".join(
        f"- `{flags}`" + (f": {in_html(said)}" if said else "") for flags, said in rows
    )
