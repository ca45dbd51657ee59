"""DataFrames and Series of pandas, which keep their index, their types and their own names."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

from .cells import Kind, kind_of_column, present, stored
from .table import TEXT, counted, fitting, names_of

_COPY_ON_WRITE: Final = 3  # from this version on a shallow copy stays as it is whatever is done to the original
_TYPES: Final[dict[Kind, tuple[str | None, str | None]]] = {  # of a column with every cell, and of one with holes
    "truth": ("bool", "boolean"),
    "whole": ("int64", "Int64"),
    "number": ("float64", "float64"),
    "text": (None, None),  # whatever this pandas has for text
}


@dataclass(frozen=True, slots=True)
class PandasFrame:
    """A DataFrame as it was when it was taken."""

    columns: tuple[str, ...]
    frame: Any

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.frame)

    def rows(self) -> Iterator[Mapping[str, object]]:
        """Yield every row."""
        for row in self.frame.itertuples(index=False, name=None):
            yield dict(zip(self.columns, map(present, row), strict=True))

    def with_columns(self, new: Mapping[str, Sequence[object]]) -> Any:
        """Return a DataFrame of the same class, index, attributes and column labels."""
        places = {name: place for place, name in enumerate(self.columns)}
        added = [name for name in fitting(new, len(self)) if name not in places]
        places |= {name: place for place, name in enumerate(added, len(places))}
        result = _copied(self.frame)
        labels, result.columns = result.columns, range(len(self.columns))  # labels of any kind would be searched
        for name, values in new.items():
            result[places[name]] = _series(values, result.index)
        result.columns = _appended(labels, added)
        return result


def pandas_table(source: Any) -> PandasFrame | None:
    """Return a DataFrame or Series as a table, None for anything else of pandas.

    BadTable for no rows, no columns, or names that are missing or there twice.
    """
    pandas = import_module("pandas")
    if isinstance(source, pandas.Series):
        source = source.to_frame(TEXT if source.name is None else source.name)
    if not isinstance(source, pandas.DataFrame):
        return None
    names = names_of(source.columns)
    counted(len(source))
    return PandasFrame(names, _copied(source))


def frame_of(columns: Mapping[str, Sequence[object]]) -> Any:
    """Return columns as a DataFrame; ImportError where there is no pandas."""
    pandas = import_module("pandas")
    index = pandas.RangeIndex(len(next(iter(columns.values()))))
    return pandas.DataFrame({name: _series(values, index) for name, values in columns.items()}, index=index)


def _copied(frame: Any) -> Any:
    version = import_module("pandas").__version__
    return frame.copy(deep=int(version.partition(".")[0]) < _COPY_ON_WRITE)


def _series(values: Sequence[object], index: Any) -> Any:
    """Return a column; of what has no type of its own, the objects themselves."""
    cells = list(map(present, values))
    kind = kind_of_column(values, cells)
    pandas = import_module("pandas")
    if kind not in _TYPES:
        return pandas.Series(cells, index=index, dtype=object)
    return pandas.Series(stored(cells, kind), index=index, dtype=_TYPES[kind][None in cells])


def _appended(labels: Any, names: Sequence[str]) -> Any:
    """Return column labels with these behind them; where there are several levels, on the first."""
    if not names:
        return labels
    pandas = import_module("pandas")
    if labels.nlevels > 1:
        rest = ("",) * (labels.nlevels - 1)
        return pandas.MultiIndex.from_tuples([*labels, *((name, *rest) for name in names)], names=labels.names)
    return labels.append(pandas.Index(list(names), name=labels.name))
