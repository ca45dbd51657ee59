"""Frames and series of polars and whatever else narwhals reads at once, which stay what they are."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

from .cells import Kind, inner_kind, kind_of_column, present, stored
from .pandas_frame import pandas_table
from .table import TEXT, Table, counted, fitting, names_of

_EAGER: Final = {"pandas", "polars", "pyarrow", "modin", "cudf"}
_AT_ONCE: Final = 512  # rows that are turned into Python's values together
_TYPES: Final[dict[Kind, str]] = {"truth": "Boolean", "whole": "Int64", "number": "Float64"}  # the others are text


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame as it was when it was taken, in the hands of narwhals."""

    columns: tuple[str, ...]
    frame: Any

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.frame)

    def rows(self) -> Iterator[Mapping[str, object]]:
        """Yield every row."""
        for row in self.frame.iter_rows(named=False, buffer_size=_AT_ONCE):
            yield dict(zip(self.columns, map(present, row), strict=True))

    def with_columns(self, new: Mapping[str, Sequence[object]]) -> Any:
        """Return a frame of the same library; what it has no type for (dicts, a mix) is stored as JSON."""
        library = self.frame.implementation
        series = [_series(name, values, library) for name, values in fitting(new, len(self)).items()]
        return self.frame.with_columns(*series).to_native()


def is_frame(source: object) -> bool:
    """Tell whether it comes from a library of frames, by the name of its class's module: none is imported."""
    return any(kind.__module__.partition(".")[0] in _EAGER for kind in type(source).__mro__)


def frame_table(source: Any) -> Table | None:
    """Return a frame or series as a table, None for what is neither, or is computed later (a LazyFrame).

    BadTable for no rows, no columns, or names that are missing or there twice.
    """
    if (table := pandas_table(source) if _is_of("pandas", source) else None) is not None:
        return table
    import narwhals  # noqa: PLC0415  # loaded for a frame

    if labels := getattr(source, "column_names", None):
        names_of(labels)  # pyarrow has a name twice where narwhals raises an error of its own
    try:
        frame = narwhals.from_native(source, eager_only=True, allow_series=True)
    except TypeError:
        return None
    if isinstance(frame, narwhals.Series):
        frame = frame.alias(frame.name or TEXT).to_frame()
    names = names_of(frame.columns)
    counted(len(frame))
    return Frame(names, frame.select(narwhals.all()))


def polars_of(columns: Mapping[str, Sequence[object]]) -> Any:
    """Return columns as a polars DataFrame; ImportError where there is no polars."""
    polars = import_module("polars")
    return polars.DataFrame([_series(name, values, "polars").to_native() for name, values in columns.items()])


def _is_of(library: str, source: object) -> bool:
    return any(kind.__module__.partition(".")[0] == library for kind in type(source).__mro__)


def _series(name: str, values: Sequence[object], library: Any) -> Any:
    """Return a column in a type that holds every one of its values."""
    import narwhals  # noqa: PLC0415  # loaded for a frame

    cells = list(map(present, values))
    kind = kind_of_column(values, cells)
    dtype = getattr(narwhals, _TYPES.get(kind, "String"))
    if kind == "lists":
        dtype = narwhals.List(getattr(narwhals, _TYPES.get(inner_kind(cells), "String")))
    return narwhals.new_series(name, stored(cells, kind), dtype, backend=library)
