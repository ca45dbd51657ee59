"""Spreadsheets: the first sheet of a workbook, as its cells hold it. The only file that knows openpyxl."""

import warnings
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import date, datetime, time, timedelta
from itertools import dropwhile
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile

from ..errors import BadTable
from .columns import Columns, columns_of
from .table import shown

_MOST_ROWS: Final = 1_048_576  # Excel's; openpyxl would fill up any gap
_MOST_WHOLE: Final = 1e15  # a sheet's numbers have 15 digits
_BROKEN: Final = (  # what openpyxl and the zip and XML readers below it raise for a damaged workbook, or none
    *(BadZipFile, zlib.error, SyntaxError, EOFError, OSError, ValueError, LookupError, TypeError, AttributeError),
    *(ArithmeticError, AssertionError, RuntimeError),
)


def read_workbook(path: Path) -> Columns:
    """Return the table on the first sheet of an .xlsx: the first row with anything in it names the columns.

    Of a formula the value that was last seen counts. Rows and columns are left out at the end where they are empty,
    columns without a name where they are. BadTable for what is no workbook; OSError as `open` has it.
    """
    with path.open("rb") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of styles and charts that are not read
        try:
            labels, cells = _columns(_sheet_rows(file))
        except _BROKEN as problem:
            detail = f"{type(problem).__name__}: {problem}"
            raise BadTable("table.workbook", path=shown(path), detail=detail) from None
    return columns_of(labels, cells)


def _sheet_rows(file: Any) -> Iterator[list[object]]:
    """Yield the first sheet's rows, each up to its last cell with anything in it."""
    import openpyxl  # type: ignore[import-untyped]  # noqa: PLC0415  # it ships no types; loaded for a workbook

    with closing(openpyxl.load_workbook(file, read_only=True, data_only=True)) as book:
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # some programs write a wrong size
        for number, row in enumerate(sheet.iter_rows(values_only=True)):
            if number == _MOST_ROWS:
                raise ValueError("more rows than a sheet may have")  # noqa: TRY003  # said by read_workbook
            cells = list(map(_cell, row))
            while cells and cells[-1] is None:
                cells.pop()
            yield cells


def _columns(rows: Iterable[list[object]]) -> tuple[list[str], list[list[object]]]:
    """Part the rows into the columns' names and cells."""
    rows = dropwhile(lambda row: not row, rows)
    labels = ["" if label is None else str(label).strip() for label in next(rows, [])]
    columns: list[list[object]] = [[] for _ in labels]
    count = last = 0
    for count, row in enumerate(rows, 1):
        if row:
            last = count
        for place, cell in enumerate(row):
            if place == len(columns):
                columns.append([])
            columns[place] += [None] * (count - 1 - len(columns[place]))
            columns[place].append(cell)
    labels += [""] * (len(columns) - len(labels))
    held = [place for place, column in enumerate(columns) if labels[place] or column]
    whole = [columns[place][:last] + [None] * (last - len(columns[place])) for place in held]
    return [labels[place] for place in held], whole


def _cell(value: object) -> object:
    """Return a cell's value as it is shown: whole numbers whole, dates and times in ISO, an empty text as None."""
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < _MOST_WHOLE else value
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return None if value == "" else value
