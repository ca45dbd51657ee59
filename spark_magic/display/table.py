"""A table on the screen: HTML in a notebook, aligned text everywhere."""

import unicodedata
from collections.abc import Iterator, Sequence
from html import escape
from itertools import zip_longest
from typing import Any, Final

from ..render import to_plain
from .publish import publish
from .style import NO_FORMULAS

_CELL: Final = "text-align:left;vertical-align:top;white-space:"
_SHORT: Final = 16  # columns of a text that stays on one line: a cell's number, a model, a sum
_LONG: Final = 60  # characters of a word (a long address, say) that a narrow window may break anywhere


def show_table(
    head: Sequence[str], rows: Sequence[Sequence[str]], title: str = "", *, growing: bool = False, replaces: Any = None
) -> Any:
    """Display rows under a head, as text and as HTML; a growing table returns what the next call `replaces`."""
    data = {"text/plain": table_text(head, rows, title), "text/html": table_html(head, rows, title)}
    if replaces is None:
        return publish(data, updatable=growing)
    replaces.update(data, raw=True)
    return replaces


def table_html(head: Sequence[str], rows: Sequence[Sequence[str]], title: str = "") -> str:
    """Return the table as HTML, every text escaped, and none of it read as a formula."""
    caption = f'<div style="white-space:pre-line"><b>{escape(to_plain(title))}</b></div>' if title else ""
    heads = "".join(_cell_html("th", cell) for cell in head)
    body = "".join(f"<tr>{''.join(_cell_html('td', cell) for cell in row)}</tr>" for row in rows)
    table = f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"
    return f'<div class="{NO_FORMULAS}">{caption}{table}</div>'


def _cell_html(tag: str, text: str) -> str:
    breaks = ";overflow-wrap:anywhere" if max(map(len, text.split()), default=0) > _LONG else ""
    wrapping = "pre" if width(text) <= _SHORT else "pre-wrap"
    return f'<{tag} style="{_CELL}{wrapping}{breaks}">{escape(to_plain(text))}</{tag}>'


def table_text(head: Sequence[str], rows: Sequence[Sequence[str]], title: str = "") -> str:
    """Return the table as clean text whose columns line up; a Chinese character is two columns wide."""
    grid = [[to_plain(cell).split("\n") for cell in row] for row in (head, *rows)]
    widths = [max(width(line) for row in grid for line in row[column]) for column in range(len(head))]
    shown = [line for row in grid for line in _lines(row, widths)]
    shown.insert(1, "  ".join("-" * columns for columns in widths))
    return "\n".join([*([to_plain(title)] if title else []), *shown])


def _lines(row: Sequence[Sequence[str]], widths: Sequence[int]) -> Iterator[str]:
    """Lay out one row, whose cells may have several lines each."""
    for parts in zip_longest(*row, fillvalue=""):
        yield "  ".join(map(_padded, parts, widths)).rstrip()


def width(text: str) -> int:
    """Return how many terminal columns the text takes."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _padded(text: str, columns: int) -> str:
    return text + " " * (columns - width(text))
