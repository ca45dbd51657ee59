"""Where the blocks of a growing text end."""

import re
from typing import TYPE_CHECKING

from spark_magic.render.code import is_open
from spark_magic.render.limits import CostError, new_budget
from spark_magic.render.parser import block_parser
from spark_magic.render.plain import line_start, to_plain

if TYPE_CHECKING:
    from markdown_it.token import Token

_MARKS = re.compile(r"`{3}|~{3}")
_ALONE = re.compile(r" {0,3}(?:`{3}|~{3})")


def finished_length(markdown: str) -> int:
    """Count the characters before the last block, or before its last item if it is a list."""
    text = to_plain(markdown)
    complete = text[: text.rfind("\n") + 1]  # half a line can still become anything
    return line_start(markdown, _last_start(block_tokens(complete)))


def open_fence(markdown: str) -> str | None:
    """Find the opening line of the fence that `markdown` ends in, if it would open one on its own."""
    text = to_plain(markdown)
    if not _MARKS.search(text):  # saves a long table one more look at all of it
        return None
    lines = text.removesuffix("\n").split("\n")
    fence = next((token for token in reversed(block_tokens(text)) if token.type == "fence"), None)
    if fence is None or fence.map is None or not is_open(fence) or fence.map[1] < len(lines):
        return None
    opening = lines[fence.map[0]]
    complete = fence.map[0] < len(lines) - 1 or text.endswith("\n")
    return opening if complete and _ALONE.match(opening) else None


def block_tokens(text: str) -> "list[Token]":
    """Block tokens of `text`; none when finding them costs too much."""
    try:
        return block_parser().parse(text, new_budget(text))
    except (CostError, RecursionError):
        return []


def _last_start(tokens: "list[Token]") -> int:
    """First line of the last block or list item at the top level."""
    lines = [(token.type, token.map[0]) for token in tokens if token.map and _is_boundary(token)]
    last_block = max((line for kind, line in lines if kind != "list_item_open"), default=0)
    return max((line for _, line in lines if line >= last_block), default=0)


def _is_boundary(token: "Token") -> bool:
    """Tell blocks at the top level and items of lists there from all else."""
    return token.level == 0 or (token.level == 1 and token.type == "list_item_open")
