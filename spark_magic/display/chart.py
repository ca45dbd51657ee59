"""Tables of numbers with a bar beside each row: HTML in a notebook, block characters everywhere.

The bars are plain boxes: nothing runs, and where a frontend takes their style away the numbers still stand there.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from ..render import to_plain
from .publish import publish
from .style import NO_FORMULAS, QUIET
from .table import width

_COLUMNS: Final = 24  # of the longest bar in a terminal
_BLOCKS: Final = " ▏▎▍▌▋▊▉█"  # eighths of a column
_TEXT: Final = "text-align:left;white-space:nowrap"
_NUMBER: Final = "text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums"
_PLACE: Final = "text-align:left;width:12em;min-width:12em"  # where the bars are
_BAR: Final = "height:.7em;min-width:1px;border-radius:1px;background:var(--jp-brand-color1,#1976d2)"


@dataclass(frozen=True, slots=True)
class Row:
    """One row: what its cells say, and how long its bar is, in the same unit for all rows of a chart."""

    cells: tuple[str, ...]
    size: float


@dataclass(frozen=True, slots=True)
class Chart:
    """A titled table; the last `numbers` columns of `head` are aligned to the right. The bars come behind them."""

    title: str
    head: tuple[str, ...]
    rows: tuple[Row, ...]
    numbers: int = 0


def show_charts(charts: Sequence[Chart], notes: Sequence[str] = ()) -> None:
    """Display them one below the other, and the notes under them, as text and as HTML."""
    html = "".join(chart_html(chart) for chart in charts)
    quiet = "".join(f'<div style="{QUIET}">{escape(to_plain(note))}</div>' for note in notes)
    text = "\n\n".join([*map(chart_text, charts), *map(to_plain, notes)])
    publish({"text/plain": text, "text/html": f'<div class="{NO_FORMULAS}">{html}{quiet}</div>'})


def chart_html(chart: Chart) -> str:
    """Return one chart as HTML, every text escaped."""
    styles = [_NUMBER if number else _TEXT for number in _are_numbers(chart)]
    heads = "".join(_cell_html("th", *cell) for cell in zip(chart.head, styles, strict=True))
    longest = _longest(chart)
    body = "".join(_row_html(row, styles, longest) for row in chart.rows)
    table = f"<table><thead><tr>{heads}<th></th></tr></thead><tbody>{body}</tbody></table>"
    return f"<div><b>{escape(to_plain(chart.title))}</b></div>{table}"


def _row_html(row: Row, styles: Sequence[str], longest: float) -> str:
    cells = "".join(_cell_html("td", *cell) for cell in zip(row.cells, styles, strict=True))
    bar = f'<div style="{_BAR};width:{100 * row.size / longest:.1f}%"></div>' if row.size > 0 else ""
    return f'<tr>{cells}<td style="{_PLACE}">{bar}</td></tr>'


def _cell_html(tag: str, text: str, style: str) -> str:
    return f'<{tag} style="{style}">{escape(to_plain(text))}</{tag}>'


def chart_text(chart: Chart) -> str:
    """Return one chart as clean text whose columns line up; a Chinese character is two columns wide."""
    grid = [
        [" ".join(to_plain(cell).split()) for cell in cells] for cells in (chart.head, *(r.cells for r in chart.rows))
    ]
    widths = [max(map(width, column)) for column in zip(*grid, strict=True)]
    numbers = _are_numbers(chart)
    lines = ["  ".join(map(_padded, cells, widths, numbers)) for cells in grid]
    longest = _longest(chart)
    bars = [_bar_text(row.size / longest) for row in chart.rows]
    rule = "  ".join("-" * columns for columns in widths)
    body = [f"{line}  {bar}".rstrip() for line, bar in zip(lines[1:], bars, strict=True)]
    return "\n".join([to_plain(chart.title), lines[0].rstrip(), rule, *body])


def _bar_text(part: float) -> str:
    """Return a bar of that part of the longest one; what is not nothing is seen."""
    eighths = max(round(part * _COLUMNS * 8), 1 if part > 0 else 0)
    whole, rest = divmod(eighths, 8)
    if not _can_be_written(_BLOCKS):
        return "#" * (whole + bool(rest))
    return "█" * whole + (_BLOCKS[rest] if rest else "")


def _can_be_written(text: str) -> bool:
    """Tell whether the output's encoding has these characters: an old terminal's may not."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return text.encode(encoding, "ignore").decode(encoding) == text


def _padded(text: str, columns: int, number: bool) -> str:  # noqa: FBT001  # mapped over the columns
    blanks = " " * (columns - width(text))
    return blanks + text if number else text + blanks


def _are_numbers(chart: Chart) -> list[bool]:
    return [place >= len(chart.head) - chart.numbers for place in range(len(chart.head))]


def _longest(chart: Chart) -> float:
    return max((row.size for row in chart.rows), default=0) or 1
