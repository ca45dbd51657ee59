"""CSV and TSV: every cell as it is written, an empty one as None."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from threading import Lock
from typing import Final, TextIO

from ..errors import BadTable
from .columns import Columns, columns_of
from .encoding import encoding_of
from .table import shown

_DELIMITERS: Final = ",;\t"
_SAMPLE: Final = 1 << 16  # characters that are looked at to find the delimiter
_LONGEST: Final = 2**31 - 1  # characters of a cell; the most that `csv` takes on every system
_LIMIT: Final = Lock()  # `csv` has one limit for all threads


def read_delimited(path: Path) -> Columns:
    """Return the table in a .csv (comma, semicolon or tab, whichever fits) or .tsv (tab).

    The first row that is not blank names the columns. BadTable, with the line, for a row that is longer or shorter
    than the first and for quotes that do not close; OSError as `open` has it.
    """
    encoding = encoding_of(path)
    with _long_cells(), path.open(encoding=encoding, newline="") as file:
        delimiter = "\t" if path.suffix.lower() == ".tsv" else _delimiter(file.read(_SAMPLE))
        file.seek(0)
        records = _records(file, delimiter, shown(path))
        _, header = next(records, (0, []))
        cells: list[list[str | None]] = [[] for _ in header]
        for line, record in records:
            if len(record) != len(header):
                raise BadTable("table.ragged", path=shown(path), line=line, count=len(record), columns=len(header))
            for column, cell in zip(cells, record, strict=True):
                column.append(cell or None)
    return columns_of([label.strip() for label in header], cells)


def _records(file: TextIO, delimiter: str, name: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the records that are not blank, each with the line it begins in."""
    reader = csv.reader(file, delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as problem:
            raise BadTable("table.quotes", path=name, line=line, detail=str(problem)) from None
        if record:
            yield line, record


def _delimiter(sample: str) -> str:
    """Return what parts the first row into several cells, and the others into as many; a comma if nothing does."""
    return max(_DELIMITERS, key=lambda delimiter: _fit(sample, delimiter))  # the first of those that fit as well


def _fit(sample: str, delimiter: str) -> tuple[float, int]:
    """Return the share of rows that have as many cells as the first, and how many these are; less than 2: nothing."""
    try:
        rows = [row for row in csv.reader(StringIO(sample, newline=""), delimiter=delimiter) if row]
    except csv.Error:
        return 0.0, 0
    width = len(rows[0]) if rows else 0
    return (sum(len(row) == width for row in rows) / len(rows), width) if width > 1 else (0.0, 0)


@contextmanager
def _long_cells() -> Iterator[None]:
    """Let `csv` take cells of more than 131,072 characters, within this block."""
    with _LIMIT:
        before = csv.field_size_limit(_LONGEST)
        try:
            yield
        finally:
            csv.field_size_limit(before)
