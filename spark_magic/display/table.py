"""A table on the screen: HTML in a notebook, aligned text everywhere."""

import unicodedata
from collections.abc import Sequence
from html import escape

from .publish import publish

_CELL = "text-align:left;white-space:normal;vertical-align:top"


def show_table(head: Sequence[str], rows: Sequence[Sequence[str]], title: str = "") -> None:
    """Display rows under a head, as text and as HTML."""
    publish({"text/plain": table_text(head, rows, title), "text/html": table_html(head, rows, title)})


def table_html(head: Sequence[str], rows: Sequence[Sequence[str]], title: str = "") -> str:
    """Return the table as HTML, every text escaped."""
    caption = f"<div><b>{escape(title)}</b></div>" if title else ""
    heads = "".join(f'<th style="{_CELL}">{escape(cell)}</th>' for cell in head)
    body = "".join(
        "<tr>" + "".join(f'<td style="{_CELL}">{escape(cell)}</td>' for cell in row) + "</tr>" for row in rows
    )
    return f"{caption}<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"


def table_text(head: Sequence[str], rows: Sequence[Sequence[str]], title: str = "") -> str:
    """Return the table as text whose columns line up; a Chinese character is two columns wide."""
    lines = [list(head), *map(list, rows)]
    widths = [max(width(line[column]) for line in lines) for column in range(len(head))]
    shown = ["  ".join(_padded(c, w) for c, w in zip(line, widths, strict=True)).rstrip() for line in lines]
    shown.insert(1, "  ".join("-" * w for w in widths))
    return "\n".join([*([title] if title else []), *shown])


def width(text: str) -> int:
    """Return how many terminal columns the text takes."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _padded(text: str, columns: int) -> str:
    return text + " " * (columns - width(text))
