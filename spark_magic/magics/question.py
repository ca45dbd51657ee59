"""A question may end with a question mark; IPython takes such a line for a request for help.

`%spark what is a monad?` would print "Object `monad` not found". So lines of our own line magics are read before
IPython looks for its `?`; `%spark?` has nothing to ask and stays a request for help.
"""

import re
import tokenize
from collections.abc import Iterable, Sequence
from tokenize import TokenInfo
from typing import Any, Final

from IPython.core.inputtransformer2 import TokenTransformBase, assemble_continued_line, find_end_of_continued_line

_BLANK: Final = {tokenize.INDENT, tokenize.DEDENT}
_DEEPER, _HIGHER = set("([{"), set(")]}")


class Questions:
    """Find the lines that ask; one of `shell.input_transformer_manager.token_transformers`."""

    def __init__(self, names: Iterable[str]) -> None:
        """Take the names of the magics, without percent signs."""
        self._asks = re.compile(rf"%(?:{'|'.join(map(re.escape, names))})\s+\S")

    def find(self, tokens_by_line: Sequence[Sequence[TokenInfo]]) -> "Question | None":
        """Return the first such line of a cell."""
        for line in tokens_by_line:
            tokens = [token for token in line if token.type not in _BLANK]
            percent = _magic_in(tokens)
            if percent is not None and self._asks.match(percent.line, percent.start[1]):
                return Question(tokens[0].start, percent.start)
        return None


def _magic_in(tokens: Sequence[TokenInfo]) -> TokenInfo | None:
    """Return the percent sign a line begins with, or the one right behind its `=`; strings and sums have neither."""
    depth = 0
    for token, following in zip([None, *tokens], tokens, strict=False):
        if (token is None or (token.string == "=" and depth == 0)) and following.string == "%":
            return following
        depth += (following.string in _DEEPER) - (following.string in _HIGHER)
        if token is not None and token.string == "=" and depth == 0:
            return None  # `a = b % c`
    return None


class Question(TokenTransformBase):
    """One such line, and how to call the magic with all that follows its name."""

    priority = 4  # IPython's own look for `?` has 5, and starts where the line starts

    def __init__(self, start: tuple[int, int], percent: tuple[int, int]) -> None:
        """Take where the line starts and where its percent sign is, as (row from 1, column)."""
        super().__init__(start)  # type: ignore[no-untyped-call]  # IPython annotates some
        self._row, self._column = percent[0] - 1, percent[1]

    def transform(self, lines: list[str]) -> list[str]:
        """Return the cell's lines with this one turned into a call."""
        end = find_end_of_continued_line(lines, self._row)
        magic = assemble_continued_line(lines, (self._row, self._column), end)
        parts: Any = re.fullmatch(r"%(\w+)\s*(.*)", magic, re.DOTALL)
        call = f"get_ipython().run_line_magic({parts[1]!r}, {parts[2]!r})\n"
        return [*lines[: self._row], lines[self._row][: self._column] + call, *lines[end + 1 :]]
