"""What stands before the cursor: a magic's line with its words, an open `{{`, or nothing of ours. Text alone."""

import re
from collections.abc import Container
from dataclasses import dataclass
from typing import Final

_CELL: Final = re.compile(r"\s*%%(\w+)(?: (.*))?")
_LINE: Final = re.compile(r"""\s*(?:[^\s=%#'"][^=%#'"]*=\s*)?%(\w+) (.*)""")  # `x = %spark …`, too
_WORD: Final = re.compile(r"""(?:"[^"]*"?|'[^']*'?|[^ \t\u3000"'])+""")  # a quote may still be open
_OPEN: Final = re.compile(r"(?<![$\\A-Za-z{^])\{\{[ \t\u3000\xa0]*([^{}]*)")  # where `prompt` would look for a variable


@dataclass(frozen=True, slots=True)
class MagicLine:
    """The line of a magic: its kind ("line" or "cell"), its name without percent signs, and the text behind that."""

    kind: str
    name: str
    text: str

    @property
    def words(self) -> tuple[list[str], str]:
        """The words that are complete, without their quotes, and the one at the cursor as it stands; maybe ""."""
        found = list(_WORD.finditer(self.text))
        begun = found.pop()[0] if found and found[-1].end() == len(self.text) else ""
        return [re.sub("""["']""", "", match[0]) for match in found], begun


@dataclass(frozen=True, slots=True)
class PromptLine:
    """The cursor's line of a prompt, in a cell of the magic `name`, whose own line has `options`."""

    name: str
    options: str
    text: str


def typed(before: str, cells: Container[str], lines: Container[str]) -> MagicLine | PromptLine | None:
    """Tell where the cursor is, from the text before it; `cells` and `lines` are the names of our magics."""
    first, *rest = before.lstrip("\n\r ").split("\n")
    last = rest[-1] if rest else first
    if (match := _CELL.fullmatch(first)) is not None and match[1] in cells:
        if rest:
            return PromptLine(match[1], match[2] or "", last)
        return None if match[2] is None else MagicLine("cell", match[1], match[2])
    if (match := _LINE.fullmatch(last)) is not None and match[1] in lines:
        return MagicLine("line", match[1], match[2])
    return None


def open_expression(text: str) -> str | None:
    """Return what stands behind the `{{` that is open at the text's end; None where none is."""
    match = None
    for match in _OPEN.finditer(text):  # noqa: B007  # the last one
        pass
    return match[1] if match is not None and match.end() == len(text) else None
