r"""Markdown rules for formulas: `$…$`, `$$…$$`, `\(…\)` and `\[…\]` outside code."""

import re
from typing import TYPE_CHECKING

from spark_magic.render.limits import may_scan, spend_scan
from spark_magic.render.tex import find_end

if TYPE_CHECKING:
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_inline import StateInline

_MAX_INLINE = 4_000
_MAX_LINES = 200
_ENDS = {"$$": "$$", "$": "$", r"\(": r"\)", r"\[": r"\]"}
_OPENING = re.compile(r"\$\$(?!\$)|\$(?![\s$])|\\[(\[]")
_BLOCK_OPENING = re.compile(r"\$\$(?!\$)|\\\[")
_FENCE = re.compile(r"`{3}|~{3}")

# "$n$th" is maths, "$HOME/$USER" is not.
_WORD_GOES_ON = re.compile(r"(?!(?:st|nd|rd|th|s)(?![A-Za-z]))[A-Za-z]|[0-9{_]")
# "$5 million or 6$": starts like a price and has words but no command.
_PRICE = re.compile(r"[0-9][^\\]*(?:[A-Za-z]{3}|[\u3040-\u9fff\uac00-\ud7af])[^\\]*\Z")
_AFTER_BLOCK = re.compile(r"[\s.,;:。，；：]*\Z")


def inline_formula(state: "StateInline", silent: bool) -> bool:  # noqa: FBT001 - a rule's form
    """Inline rule: a formula within a paragraph."""
    opening = _OPENING.match(state.src, state.pos, state.posMax)
    if opening is None or not may_scan(state.env):
        return False
    limit = min(state.posMax, opening.end() + _MAX_INLINE)
    closer = _ENDS[opening.group()]
    end = find_end(state.src, opening.end(), limit, closer)
    if end < 0:
        spend_scan(state.env, limit - opening.end())
        return False
    if not _is_formula(state.src, state.pos, opening.end(), end):
        return False
    if not silent:
        token = state.push("formula", "span", 0)
        token.content = state.src[opening.end() : end]
        token.markup = opening.group()
    state.pos = end + len(closer)
    return True


def _is_formula(text: str, start: int, inner: int, end: int) -> bool:
    """Tell a formula from prices, shell variables and escaped brackets."""
    tex = text[inner:end]
    if not tex.strip():
        return False
    opening = text[start:inner]
    if opening == "$":
        return _is_dollar_formula(text, start, end, tex)
    if opening == r"\[":  # an escaped link or check box
        return tex not in {"x", "X"} and not text.startswith("(", end + 2)
    return True


def _is_dollar_formula(text: str, start: int, end: int, tex: str) -> bool:
    """Pandoc's rule and a little more: no blank inside the dollars, no number or word around them."""
    before = text[start - 1] if start else " "
    if before.isdigit() or (before.isascii() and before.isalpha() and tex[0].isdigit()):
        return False
    if tex[-1].isspace() or _WORD_GOES_ON.match(text, end + 1):
        return False
    return not _PRICE.match(tex)


def block_formula(state: "StateBlock", start: int, stop: int, silent: bool) -> bool:  # noqa: FBT001 - a rule's form
    """Block rule: a display formula on lines of its own, which may interrupt a paragraph.

    Lines after an opening whose end is missing are a paragraph up to where the formula would have to end, so
    that a block's extent does not depend on text that has not come yet.
    """
    first = state.bMarks[start] + state.tShift[start]
    opening = _BLOCK_OPENING.match(state.src, first, state.eMarks[start])
    if opening is None or state.is_code_block(start):
        return False
    closer = _ENDS[opening.group()]
    end = find_end(state.src, opening.end(), state.eMarks[start], closer)
    if end >= 0 and not _stands_alone(state.src[opening.end() : state.eMarks[start]], end - opening.end()):
        return False
    if not silent:
        _push(state, start, start + 1 if end >= 0 else _region_end(state, start, stop), opening.group())
    return True


def _stands_alone(tex: str, end: int) -> bool:
    """Tell whether a formula that ends at `end` has content, and nothing but punctuation behind it."""
    return bool(tex[:end].strip()) and _AFTER_BLOCK.match(tex, end + 2) is not None


def _region_end(state: "StateBlock", start: int, stop: int) -> int:
    """First line after `start` that cannot belong to a formula: blank, outdented or a code fence."""
    line = start + 1
    while line < stop and line < start + _MAX_LINES and not state.isEmpty(line):
        first = state.bMarks[line] + state.tShift[line]
        if state.sCount[line] < state.blkIndent or _FENCE.match(state.src, first):
            break
        line += 1
    return line


def _push(state: "StateBlock", start: int, after: int, opening: str) -> None:
    """Take the lines from `start` as a formula and leave those behind it, or as a paragraph."""
    text = state.getLines(start, after, state.blkIndent, False).strip()  # noqa: FBT003 - a foreign signature
    end = find_end(text, 2, len(text), _ENDS[opening])
    stop = text.find("\n", end) if end >= 0 else -1
    tex = text[2 : stop if stop >= 0 else None]
    if end >= 0 and _stands_alone(tex, end - 2):
        state.line = start + 1 + text.count("\n", 0, end)
        token = state.push("formula_block", "div", 0)
        token.content, token.markup, token.map = tex[: end - 2], opening, [start, state.line]
        token.info = tex[end:].strip()  # punctuation behind it
        return
    state.line = after
    state.push("paragraph_open", "p", 1).map = [start, after]
    inline = state.push("inline", "", 0)
    inline.content, inline.map, inline.children = text, [start, after], []
    state.push("paragraph_close", "p", -1)
