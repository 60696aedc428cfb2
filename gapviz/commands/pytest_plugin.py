"""The pytest plugin: a fixture `gapviz` with which a team asserts bias and recall of its index.

    def test_the_index_mixes_modalities(gapviz):
        gapviz.assert_bias("vectors/", strategy="znorm", at_most=0.6)

Nothing of gapviz is imported until a test asks for the fixture.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from gapviz.commands.checks import IndexChecks


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--gapviz-source`, and `gapviz_source` of the configuration file."""
    told = "what the fixture `gapviz` measures where a test names no source: a file, a folder, a "
    parser.getgroup("gapviz").addoption(
        "--gapviz-source", metavar="SOURCE", help=f"{told}store, or 'builtin'"
    )
    parser.addini(
        "gapviz_source", f"{told}store, or 'builtin'; a path is meant from this file", default=""
    )


@pytest.fixture(scope="session")
def gapviz(pytestconfig: pytest.Config) -> IndexChecks:
    """Assertions on an index, as `gapviz.commands.checks.IndexChecks`."""
    from gapviz.commands.checks import IndexChecks

    return IndexChecks(_source(pytestconfig))


def _source(config: pytest.Config) -> str | None:
    given: str | None = config.getoption("--gapviz-source")
    if given:
        return given
    named = str(config.getini("gapviz_source"))
    if not named:
        return None
    beside = (config.inipath.parent if config.inipath else config.rootpath) / Path(named)
    return str(beside) if beside.exists() else named
