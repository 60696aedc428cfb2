"""The one exception that speaks to the person using gapviz."""

from __future__ import annotations

from gapviz.core.foreign import in_terminal


class GapvizError(ValueError):
    """A mistake in what the user gave us, told in one sentence.

    Args:
        what: what is wrong ("the vectors contain NaN").
        where: where it was found ("features.npy, row 17").
        hint: how to mend it ("remove that row, or encode it again").
    """

    def __init__(self, what: str, *, where: str = "", hint: str = "") -> None:
        self.what = what
        self.where = where
        self.hint = hint
        super().__init__(self.sentence)

    @property
    def sentence(self) -> str:
        """The three parts as one line: `where: what; how to mend it.`"""
        head = f"{self.where}: {self.what}" if self.where else self.what
        line = f"{head}; {self.hint}" if self.hint else head
        return " ".join(line.split()).rstrip(".") + "."

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows of it: the sentence, and no way through code of ours."""
        return [f"GapvizError: {in_terminal(self.sentence)}"]
