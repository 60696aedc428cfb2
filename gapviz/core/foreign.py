"""Foreign text is never markup: names, captions and paths that others wrote, made harmless.

Whoever writes a file, a link or a model's name chooses these words. Each function gives the same
words for one place where they are shown, in which that place finds nothing to format, to fetch or
to run. Words are made harmless where they are drawn, once, and are kept as they are until then.
"""

from __future__ import annotations

import html
import re

_INVISIBLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
"""Control characters, line separators, marks that turn the direction of writing, and halves of
characters; not the joiners that writing and emoji need."""
_SPACE = str.maketrans(dict.fromkeys("\t\n\r\f\v", " "))

_ANYWHERE = re.compile(r"[\\`*\[\]<|~$]|(?<!\w)_|_(?!\w)|&(?=#?\w+;)")
_AT_THE_START = re.compile(r"^([#>+=-]|\d{1,9}(?=[.)]))")
_LIVE = re.compile(
    r"""(?<=:)(?=[\w+./-]+\\?[:\[{])  # :red[…], :smile:, :material/home:
      | (?<=:)(?=(?:red|orange|yellow|green|blue|violet|gr[ae]y|rainbow|primary|small)\b)
      | (?<=:)(?=//)                  # https://…
      | (?<=www)(?=\.)               # www.…
      | (?<=[\w.+-]@)(?=[\w-]+\.\w)  # somebody@example.org""",
    re.VERBOSE | re.IGNORECASE,
)
"""What Markdown makes an icon, a colour or a link even where its characters are escaped."""
_WORD_JOINER = "\u2060"


def in_markdown(words: str) -> str:
    r"""For Markdown as Streamlit and wikis read it, in running text, labels, tables and headings.

    >>> print(in_markdown("![x](y) 2 * 3 of snake_case"))
    !\[x\](y) 2 \* 3 of snake_case
    """
    line = _ANYWHERE.sub(r"\\\g<0>", " ".join(in_terminal(words).split()))
    line = _AT_THE_START.sub(lambda found: _escaped_start(found[1]), line)
    return _LIVE.sub(_WORD_JOINER, line)


def in_html(words: str) -> str:
    """For HTML, between tags and in attributes.

    >>> in_html('<b title="x">')
    '&lt;b title=&quot;x&quot;&gt;'
    """
    return html.escape(_without_controls(words))


def in_figure(words: str) -> str:
    """For the words of a Plotly figure, which reads some tags of HTML and `%{…}`.

    >>> in_figure("<a href='x'>%{y}")
    "&lt;a href='x'&gt;%&#123;y}"
    """
    return html.escape(_without_controls(words), quote=False).replace("%{", "%&#123;")


def in_terminal(words: str) -> str:
    """For one line of a terminal, of a comment in code, or of text that a script sets as text.

    >>> in_terminal("a\x1b[31m \\n b")
    'a?[31m   b'
    """
    return _INVISIBLE.sub("?", words.translate(_SPACE))


def in_terminal_lines(words: str) -> str:
    """The same for several lines, which stay lines."""
    return _without_controls(words)


def in_json(text: str) -> str:
    r"""JSON whose characters that a terminal could take for a command are escaped: the same value.

    >>> in_json('{"a": "\x9b2J"}')
    '{"a": "\\u009b2J"}'
    """
    return _INVISIBLE.sub(
        lambda found: found[0] if found[0] in "\n\t" else f"\\u{ord(found[0]):04x}", text
    )


def _without_controls(words: str) -> str:
    return _INVISIBLE.sub(lambda found: found[0] if found[0] in "\n\t" else "?", words)


def _escaped_start(start: str) -> str:
    # A digit cannot be escaped: its dot is.
    return f"{start}\\" if start.isdigit() else f"\\{start}"
