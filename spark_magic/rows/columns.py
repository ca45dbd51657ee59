"""A table that is held as columns: what a file or a list of texts becomes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Final

from ..errors import BadTable
from . import frame, pandas_frame
from .cells import present
from .table import counted, fitting, names_of

_BUILDERS: Final = (("pandas", pandas_frame.frame_of), ("polars", frame.polars_of))  # the first that is installed


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns of values and what they are built into when the new ones are there."""

    columns: tuple[str, ...]
    cells: tuple[Sequence[object], ...]
    build: Callable[[Mapping[str, Sequence[object]]], Any]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.cells[0])

    def rows(self) -> Iterator[Mapping[str, object]]:
        """Yield every row."""
        for row in zip(*self.cells, strict=True):
            yield dict(zip(self.columns, map(present, row), strict=True))

    def with_columns(self, new: Mapping[str, Sequence[object]]) -> Any:
        """Return what is built of the old and new columns."""
        return self.build(dict(zip(self.columns, self.cells, strict=True)) | dict(fitting(new, len(self))))


def columns_of(labels: Sequence[str], cells: Sequence[Sequence[object]]) -> Columns:
    """Return a file's columns as a table that becomes a frame; those without a name and a value are left out.

    BadTable for no columns or rows, and for names that are missing or there twice.
    """
    for place, (label, column) in enumerate(zip(labels, cells, strict=True), 1):
        if not label and any(cell is not None for cell in column):
            raise BadTable("table.unnamed", place=place)
    kept = [place for place, label in enumerate(labels) if label]
    names = names_of(labels[place] for place in kept)
    counted(len(cells[0]))
    return Columns(names, tuple(cells[place] for place in kept), as_frame)


def as_records(columns: Mapping[str, Sequence[object]]) -> list[dict[str, object]]:
    """Return columns as a list of dicts."""
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def as_frame(columns: Mapping[str, Sequence[object]]) -> Any:
    """Return columns as a pandas DataFrame, without pandas as one of polars, without both as a list of dicts."""
    for library, build in _BUILDERS:
        if find_spec(library) is not None:
            try:
                return build(columns)
            except ImportError:  # it is there and does not load: what was answered is not lost for that
                continue
    return as_records(columns)
