"""How the command line is parsed and helped with: options in groups, one sentence a mistake."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from textwrap import fill, wrap
from typing import Any, NoReturn

from gapviz.core.foreign import in_terminal
from gapviz.core.nearest import choose, nearest

BAD_INPUT = 2
"""The exit code of a mistake of the user."""

ASKED = "what is asked"
STRATEGY = "strategy"
SOURCE = "source: where the files do not say it themselves"
OUTPUT = "output"
EXAMPLES = "examples:"
_ORDER = ("arguments", ASKED, "options", STRATEGY, SOURCE, OUTPUT)
"""Titles of the groups of options in the order of the help; "options" are those of no group."""


class Parser(argparse.ArgumentParser):
    """A parser whose help is short and whose refusals are one sentence that knows what is meant."""

    def __init__(self, **named: Any) -> None:
        # Half a flag could be another command's flag: --pair is no --pairing.
        named = {"allow_abbrev": False, "formatter_class": _Help, **named}
        super().__init__(**{**named, "add_help": False})
        self._positionals.title = "arguments"
        options_of(self, OUTPUT).add_argument(
            "-h", "--help", action="help", help="show this help and exit"
        )

    def error(self, message: str) -> NoReturn:
        """End with the sentence, and where to read more."""
        plain = message.rstrip(".")
        further = f" See {self.prog}" if plain.endswith("?") else f"; see {self.prog}"
        self.exit(BAD_INPUT, in_terminal(f"gapviz: {plain}{further} --help.") + "\n")

    def refuse_unknown(self, arguments: Sequence[str]) -> NoReturn:
        """End with what was not understood, and the options that were perhaps meant."""
        flags = [one.partition("=")[0] for one in arguments if one.startswith("-")]
        near = dict.fromkeys(one for flag in flags for one in nearest(flag, self.options, 2))
        meant = f"; did you mean {' or '.join(near)}?" if near else ""
        self.error(f"unrecognized arguments: {' '.join(arguments)}{meant}")

    @property
    def options(self) -> tuple[str, ...]:
        """Every option that the help shows."""
        shown = (one for one in self._actions if one.help != argparse.SUPPRESS)
        return tuple(option for one in shown for option in one.option_strings)

    def option(self, name: str) -> argparse.Action:
        """The action of an option.

        Raises:
            KeyError: there is none.
        """
        return self._option_string_actions[name]

    def actions(self) -> tuple[argparse.Action, ...]:
        """Every argument and option, old names too."""
        return tuple(self._actions)

    def format_usage(self) -> str:
        """The arguments and what must be given; the rest stands in groups below."""
        return f"usage: {self._brief_usage()}\n"

    def format_help(self) -> str:
        """The usage, what it does, the groups in their order, the examples."""
        self.usage = self._brief_usage()
        known = {title: place for place, title in enumerate(_ORDER)}
        self._action_groups.sort(key=lambda one: known.get(one.title or "", len(known) // 2))
        return super().format_help()

    def _brief_usage(self) -> str:
        parts = [self.prog.replace("%", "%%")]
        for action in self._actions:
            if action.help == argparse.SUPPRESS:
                continue
            shown = action.metavar or (
                action.dest if action.option_strings else action.dest.upper()
            )
            name = shown[0] if isinstance(shown, tuple) else str(shown)
            if action.option_strings and action.required:
                parts.append(f"{action.option_strings[-1]} {name}")
            elif not action.option_strings:
                parts.append({"?": f"[{name}]", "*": f"[{name} …]"}.get(str(action.nargs), name))
        return " ".join([*parts, "[options]"])

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            words = choose(str(value), map(str, action.choices))
            raise argparse.ArgumentError(action, f"there is no {str(value)[:60]!r}; {words}")


class _Help(argparse.HelpFormatter):
    """Help whose examples stand as they are written."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=26)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return text if text.startswith(EXAMPLES) else fill(text, width, break_on_hyphens=False)

    def _split_lines(self, text: str, width: int) -> list[str]:
        # An option that is broken at its hyphens cannot be copied.
        return wrap(" ".join(text.split()), width, break_on_hyphens=False)


def options_of(command: argparse.ArgumentParser, title: str) -> argparse._ArgumentGroup:
    """The group of a command's options with that title, made where it is first asked for."""
    for group in command._action_groups:
        if group.title == title:
            return group
    return command.add_argument_group(title)


def known_words(action: argparse.Action, words: Iterable[str]) -> None:
    """Say what an option may be given, for a shell that completes it; nothing else is refused."""
    action.words = tuple(words)  # type: ignore[attr-defined]


def examples_text(examples: Iterable[str]) -> str:
    """The end of a command's help."""
    lines = [f"  {one}" for one in examples]
    return "\n".join([EXAMPLES, *lines]) if lines else ""
