"""A file -> a table: what it is goes by its suffix."""

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final

from ..errors import BadTable
from .columns import Columns
from .delimited import read_delimited
from .json_file import read_array, read_lines
from .table import Table, shown
from .workbook import read_workbook

_READERS: Final[dict[str, Callable[[Path], Columns]]] = {
    ".csv": read_delimited,
    ".tsv": read_delimited,
    ".xlsx": read_workbook,
    ".xlsm": read_workbook,
    ".jsonl": read_lines,
    ".ndjson": read_lines,
    ".json": read_array,
}
_OTHER_SHEETS: Final = {".xls", ".xlsb", ".ods", ".et", ".numbers"}


def read_table(path: str | os.PathLike[str]) -> Table:
    """Return the table in a file: .csv, .tsv, .xlsx (its first sheet), .jsonl, .ndjson, .json (an array).

    With new columns it comes back as a pandas DataFrame, without pandas as one of polars, without both as a list of
    dicts. Text is as it is written (`007` stays), JSON has its own types, of a sheet numbers and truth stay what they
    are and dates become ISO text. BadTable for a file that is not there, cannot be read or is no table.
    """
    file = Path(path)
    try:
        file = file.expanduser()
        if not stat.S_ISREG(file.stat().st_mode):  # a pipe would be waited for, a device never ends
            raise BadTable("table.no_file", path=shown(file))
        return _reader(file)(file)
    except FileNotFoundError:
        raise BadTable("table.missing", path=shown(file)) from None
    except (OSError, ValueError, RuntimeError) as problem:  # a zero in the name; a home nobody knows
        detail = getattr(problem, "strerror", None) or str(problem)
        raise BadTable("table.unreadable", path=shown(file), detail=detail) from None


def _reader(file: Path) -> Callable[[Path], Columns]:
    suffix = file.suffix.lower()
    if suffix in _OTHER_SHEETS:
        raise BadTable("table.old_sheet", path=shown(file))
    if suffix not in _READERS:
        raise BadTable("table.suffix", path=shown(file))
    return _READERS[suffix]
