"""Emphasis next to Chinese, Japanese and Korean punctuation.

CommonMark cannot close `**注意：**内容`: punctuation before and a letter behind make an opening there. These
are the rules of the CJK-friendly amendment (github.com/tats-u/markdown-cjk-friendly), for `*` and `~`.
"""

import functools
import unicodedata

from markdown_it.common.utils import isMdAsciiPunct, isPunctChar, isWhiteSpace
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Scanned

_SYMBOLS = range(0x2E80, 0x3400)  # CJK symbols such as U+3297; other wide symbols are emoji


@functools.lru_cache(maxsize=4096)
def _is_cjk(char: str) -> bool:
    """Tell wide and halfwidth characters, punctuation included, from all others and from emoji."""
    if unicodedata.east_asian_width(char) not in {"W", "F", "H"}:
        return False
    return unicodedata.category(char) != "So" or ord(char) in _SYMBOLS


def _is_other_punctuation(char: str) -> bool:
    return (isMdAsciiPunct(ord(char)) or isPunctChar(char)) and not _is_cjk(char)


def _leans_on(inner: str, outer: str) -> bool:
    """Tell whether a run of marks between these two characters belongs to `inner`'s side."""
    if isWhiteSpace(ord(inner)):
        return False
    if not _is_other_punctuation(inner):
        return True
    return isWhiteSpace(ord(outer)) or _is_other_punctuation(outer) or _is_cjk(outer)


class CjkStateInline(StateInline):
    """A paragraph's inline state that knows CJK characters around emphasis marks."""

    def scanDelims(self, start: int, canSplitWord: bool) -> Scanned:  # noqa: N802, N803, FBT001 - a foreign name
        """Length of the run of marks at `start`, and whether it can open or close emphasis."""
        if not canSplitWord:  # `_` keeps CommonMark's rule
            return super().scanDelims(start, canSplitWord)
        end = start
        while end < self.posMax and self.src[end] == self.src[start]:
            end += 1
        before = self.src[start - 1] if start else " "
        behind = self.src[end] if end < self.posMax else " "
        return Scanned(_leans_on(behind, before), _leans_on(before, behind), end - start)
