"""Tables of pandas and polars as Markdown, by the names of their classes: neither is imported."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

MOST_ROWS: Final = 50
MOST_COLUMNS: Final = 50
MOST_CELL: Final = 200
"""What of a table goes in: its first rows and columns, and that many characters of a cell."""

_NUMBERS: Final = "biufcmM"  # numpy's kinds that pandas formats a whole column of: numbers, truth, dates, durations


@dataclass(frozen=True)
class Table:
    """A table as Markdown; under it stands what is missing of it.

    The words there are English in any language: the same table makes the same question.
    """

    text: str
    rows: int
    all_rows: int


def table_of(value: object) -> Table | None:
    """Return a DataFrame or Series as a table; None for anything else, and for one without columns."""
    for kind in type(value).__mro__:
        reader = _READERS.get((kind.__module__.partition(".")[0], kind.__name__))
        if reader is not None:
            return reader(value)
    return None


def _pandas(frame: Any) -> Table | None:
    """Show the index only where it is more than the rows' numbers."""
    part = frame.iloc[:MOST_ROWS, :MOST_COLUMNS]
    columns = [(_label(name), _pandas_cells(part.iloc[:, place])) for place, name in enumerate(part.columns)]
    if not columns:
        return None
    index = part.index
    if not (type(index).__name__ == "RangeIndex" and index.start == 0 and index.step == 1):
        names = ["" if name is None else _label(name) for name in index.names]
        levels = [index.get_level_values(place).to_series() for place in range(index.nlevels)]
        columns = [*zip(names, map(_pandas_cells, levels), strict=True), *columns]
    return _table(columns, frame.shape)


def _pandas_series(series: Any) -> Table | None:
    return _pandas(series.to_frame(name="value" if series.name is None else series.name))


def _pandas_cells(series: Any) -> list[str]:
    """Return a column's texts; numbers and dates as pandas shows them."""
    if len(series) and getattr(series.dtype, "kind", "O") in _NUMBERS:
        lines = str(series.to_string(index=False, header=False)).split("\n")
        if len(lines) == len(series):
            return [line.strip() for line in lines]
    return ["NaN" if isinstance(cell, float) and cell != cell else str(cell) for cell in series]  # noqa: PLR0124  # only NaN


def _polars(frame: Any) -> Table | None:
    names = frame.columns[:MOST_COLUMNS]
    if not names:
        return None
    part = frame.head(MOST_ROWS)
    columns = [(name, ["null" if cell is None else str(cell) for cell in part[name].to_list()]) for name in names]
    return _table(columns, frame.shape)


def _polars_series(series: Any) -> Table | None:
    return _polars(series.to_frame(series.name or "value"))


_READERS: Final[dict[tuple[str, str], Callable[[Any], Table | None]]] = {
    ("pandas", "DataFrame"): _pandas,
    ("pandas", "Series"): _pandas_series,
    ("polars", "DataFrame"): _polars,
    ("polars", "Series"): _polars_series,
}


def _label(name: object) -> str:
    """Return a column's name; one of several levels in one line."""
    return " / ".join(map(str, name)) if isinstance(name, tuple) else str(name)


def _table(columns: Sequence[tuple[str, Sequence[str]]], shape: tuple[int, int]) -> Table:
    """Write the columns as Markdown, and what is missing under them."""
    all_rows, all_columns = shape
    rows = list(zip(*(cells for _, cells in columns), strict=True))
    lines = [_line(name for name, _ in columns), _rule(len(columns)), *map(_line, rows)]
    missing = [(all_rows - len(rows), "row", all_rows), (all_columns - MOST_COLUMNS, "column", all_columns)]
    notes = [f"… {more:,} more {word}{'s' * (more > 1)} of {of:,}" for more, word, of in missing if more > 0]
    return Table("\n".join([*lines, *([""] if notes else []), *notes]), len(rows), all_rows)


def _rule(columns: int) -> str:
    return f"|{'---|' * columns}"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(map(_cell, cells))} |"


def _cell(text: str) -> str:
    """Return a text that stays in its cell."""
    shown = text if len(text) <= MOST_CELL else text[: MOST_CELL - 1] + "…"
    return "<br>".join(shown.replace("|", r"\|").splitlines())
