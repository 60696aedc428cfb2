"""Commands and code of README and docs, run as they stand there, print what stands there."""

import re
import shlex

import pytest

from gapviz.commands.table import listed_commands
from tests.docs.pages import (
    OWN_TESTS,
    ROOT,
    RUN,
    SETUPS,
    alike,
    as_shown,
    blocks_of,
    has_own_test,
    name_of,
    pages,
)

MOST_NOT_RUN = 12
"""So many examples need what no test has: a server, a cluster, the network."""

EXAMPLES = {
    page: blocks
    for page, blocks in (
        (name_of(page), [one for one in blocks_of(page) if one.kind in RUN]) for page in pages()
    )
    if blocks and not has_own_test(page)
}


@pytest.mark.slow
@pytest.mark.encoder
@pytest.mark.parametrize("page", EXAMPLES)
def test_examples_print_what_stands_on_the_page(page, run_examples):
    run = [one for one in EXAMPLES[page] if not one.not_run]
    answer = run_examples(page, SETUPS.get(page, ()), run)
    for block, told in zip(run, answer["blocks"], strict=True):
        for at, one in enumerate(told):
            place = f"{page}:{block.line}: {one['command']}\n{one['told']}"
            shown = block.shown if one["shown"] is None else one["shown"]
            if block.kind == "console" or shown:
                assert as_shown(one["told"], shown), place
            # A command that fails is followed by `echo $?`, which says so.
            if not told[at + 1 : at + 2] or not told[at + 1].get("asked"):
                assert not one.get("code"), place


def test_what_is_not_run_says_why_and_stays_rare():
    left_out = [one for blocks in EXAMPLES.values() for one in blocks if one.not_run]
    assert len(left_out) <= MOST_NOT_RUN
    assert all(len(one.not_run.split()) > 1 for one in left_out)


def test_examples_that_are_not_run_here_are_run_by_a_test_of_their_own():
    for start, test in OWN_TESTS.items():
        if any(name_of(page).startswith(start) for page in pages()):
            assert (ROOT / test).exists(), f"{start} is run by no test"


def test_every_command_has_an_example():
    commands = set()
    for blocks in EXAMPLES.values():
        for one in blocks:
            if one.kind == "console":
                commands |= {
                    shlex.split(line, comments=True)[1]
                    for line in re.findall(r"^\$ (gapviz [^\n]*[^\n\\])", one.text, re.M)
                }
    known = set(listed_commands())
    assert known <= commands and not {one for one in commands - known if one.isidentifier()}


def test_no_command_of_gapviz_hides_in_a_block_that_is_not_run():
    hidden = [
        f"{name_of(page)}:{one.line}"
        for page in pages()
        for one in blocks_of(page)
        if one.kind in {"bash", "sh", "shell"} and re.search(r"^\$? ?gapviz ", one.text, re.M)
    ]
    assert not hidden


def test_other_words_or_other_figures_are_told_apart():
    assert alike("gap  0.791 → 0.078", "gap 0.79 → 0.08")
    assert not alike("gap 0.791", "bias 0.791")
    assert not alike("gap 0.791", "gap 0.891")
    assert not alike("1,619 rows", "1,620 rows")
    assert alike("in 100%", "in 99%") and not alike("in 100%", "in 98%")


def test_a_line_of_three_dots_stands_for_lines_that_are_left_out():
    told = "one\ntwo\nthree\nfour\nfive\n"
    shown = ("one\n…\n", "one\n…\nfive\n", "one\n…\nthree\n…\n", "…\n", "…\nfive\n", told)
    assert all(as_shown(told, one) for one in shown)
    other = (
        "one\n",
        "two\n…\n",
        "one\n…\nfour\n",
        "one\n…\nsix\n…\n",
        "one\n…\nfour\n…\nthree\n…\n",
    )
    assert not any(as_shown(told, one) for one in other)
    assert as_shown("one\ntwo\n", "one\n…\n") and not as_shown("one\n", "one\n…\none\n")
