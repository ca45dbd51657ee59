"""The pages an answer rests on: numbered links under it. What the server says of them is as hostile as its answer."""

from collections.abc import Sequence
from html import escape
from typing import Final

from ..events import Reference
from ..messages import say
from ..render import to_link, to_plain
from .style import NO_FORMULAS, NOTE

_MOST: Final = 50  # shown; a search has found ten at most so far
_LONGEST: Final = 200  # characters of a title, and of an address in a terminal


def sources_html(references: Sequence[Reference]) -> str:
    """Return the list, or nothing where there is none."""
    if not references:
        return ""
    lines = [escape(say("label.sources")), *(_line_html(number, r) for number, r in _numbered(references))]
    more = _more(references)
    entries = "".join(f"<div>{line}</div>" for line in [*lines, *([escape(more)] if more else [])])
    return f'<div class="{NO_FORMULAS}" style="{NOTE};overflow-wrap:anywhere">{entries}</div>'


def sources_text(references: Sequence[Reference]) -> str:
    """Return the list as clean text, or nothing."""
    if not references:
        return ""
    lines = (f"[{number}] {_title(r)} {_address(r)}".rstrip() for number, r in _numbered(references))
    return "\n".join(filter(None, [say("label.sources"), *lines, _more(references)]))


def _numbered(references: Sequence[Reference]) -> list[tuple[int, Reference]]:
    """Give each the number the answer may name it by: the server's own, where it has one."""
    return [(r.index or place, r) for place, r in enumerate(references[:_MOST], start=1)]


def _line_html(number: int, reference: Reference) -> str:
    return f"[{number}] {to_link(_title(reference), reference.url)}"


def _title(reference: Reference) -> str:
    title = " ".join(to_plain(reference.title).split())
    return title if len(title) <= _LONGEST else f"{title[:_LONGEST]}…"


def _address(reference: Reference) -> str:
    """Return the address without blanks: what is behind one would look like more of our own text."""
    return "".join(to_plain(reference.url).split())[:_LONGEST]


def _more(references: Sequence[Reference]) -> str:
    left = len(references) - _MOST
    return say("label.more_sources", count=left) if left > 0 else ""
