"""JSON Lines and a JSON array: objects are rows with values of JSON's types, strings are rows of one text."""

import json
from pathlib import Path
from typing import Final

from ..errors import BadTable
from .columns import Columns, columns_of
from .encoding import encoding_of
from .table import TEXT, counted, shown

_BROKEN: Final = (ValueError, RecursionError)  # what `json` raises: also for a number of thousands of digits


def read_lines(path: Path) -> Columns:
    """Return the table in a .jsonl: an object or a string in each line, blank lines apart.

    BadTable, with the line, for one that is neither or not like those before it; OSError as `open` has it.
    """
    rows = _Rows()
    with path.open(encoding=encoding_of(path), newline="\n") as file:
        for line, text in enumerate(file, 1):
            if not text.strip():
                continue
            try:
                value = json.loads(text)
            except _BROKEN as problem:
                raise BadTable("table.line", path=shown(path), line=line, detail=str(problem)) from None
            if not rows.take(value):
                raise BadTable("table.line_kind", path=shown(path), line=line, kind=_kind(value))
    return rows.table()


def read_array(path: Path) -> Columns:
    """Return the table in a .json: an array of objects or of strings.

    BadTable for anything else, with the place of an element that is not like those before it; OSError as `open` has it.
    """
    text = path.read_text(encoding=encoding_of(path))
    try:
        values = json.loads(text)
    except _BROKEN as problem:
        raise BadTable("table.json", path=shown(path), detail=str(problem)) from None
    if not isinstance(values, list):
        raise BadTable("table.array", path=shown(path), kind=_kind(values))
    rows = _Rows()
    for place, value in enumerate(values, 1):
        if not rows.take(value):
            raise BadTable("table.element", path=shown(path), place=place, kind=_kind(value))
    return rows.table()


class _Rows:
    """Rows on their way into columns, which appear as they are named."""

    def __init__(self) -> None:
        self._columns: dict[str, list[object]] = {}
        self._count = 0
        self._kind: type | None = None

    def take(self, value: object) -> bool:
        """Take one row; False for one that is neither an object nor a string, or not what the others are."""
        kind = self._kind or type(value)
        row = {TEXT: value} if isinstance(value, str) else value
        if not isinstance(row, dict) or type(value) is not kind:
            return False
        self._kind = kind
        for name, cell in row.items():
            self._column(name).append(cell)
        self._count += 1
        return True

    def _column(self, name: str) -> list[object]:
        """Return a column with a cell for every row before this one."""
        cells = self._columns.setdefault(name, [])
        cells += [None] * (self._count - len(cells))
        return cells

    def table(self) -> Columns:
        """Return what was taken; BadTable for no rows, or rows without columns."""
        counted(self._count)
        return columns_of(list(self._columns), [self._column(name) for name in self._columns])


def _kind(value: object) -> str:
    """Name what a value is in JSON."""
    names = {dict: "object", list: "array", str: "string", bool: "true/false", type(None): "null"}
    return names.get(type(value), "number")
