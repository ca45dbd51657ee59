"""Lists: of dicts, which come back as dicts, and of texts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..errors import BadTable
from .cells import present
from .columns import Columns, as_records
from .table import TEXT, Table, counted, fitting, names_of


@dataclass(frozen=True, slots=True)
class Records:
    """A list of dicts; a column is what any of them has, `keys` their own names of the columns."""

    columns: tuple[str, ...]
    keys: tuple[object, ...]
    records: tuple[Mapping[object, object], ...]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.records)

    def rows(self) -> Iterator[Mapping[str, object]]:
        """Yield every row; what a dict has not is None."""
        for record in self.records:
            yield {name: present(record.get(key)) for name, key in zip(self.columns, self.keys, strict=True)}

    def with_columns(self, new: Mapping[str, Sequence[object]]) -> list[dict[object, object]]:
        """Return new dicts, each with what its own has."""
        known = dict(zip(self.columns, self.keys, strict=True))
        names = [known.get(name, name) for name in fitting(new, len(self))]
        if not names:
            return [dict(record) for record in self.records]
        added = zip(*new.values(), strict=True)
        return [
            {**record, **dict(zip(names, cells, strict=True))}
            for record, cells in zip(self.records, added, strict=True)
        ]


def listed_table(source: Sequence[object]) -> Table:
    """Return a list of dicts or of texts as a table; BadTable for anything else in it, and for an empty one."""
    rows = tuple(source)
    counted(len(rows))
    if not any(isinstance(row, Mapping) for row in rows) and any(isinstance(row, str) for row in rows):
        return _texts(rows)
    records = tuple(_record(row, place) for place, row in enumerate(rows, 1))
    keys = tuple(dict.fromkeys(key for record in records for key in record))
    return Records(names_of(keys), keys, records)


def _record(row: object, place: int) -> Mapping[object, object]:
    if not isinstance(row, Mapping):
        raise _mixed(row, place)
    return row


def _texts(rows: Sequence[object]) -> Columns:
    """Take texts, some of which may be missing."""
    for place, row in enumerate(rows, 1):
        if not isinstance(row, str) and present(row) is not None:
            raise _mixed(row, place)
    return Columns((TEXT,), (rows,), as_records)


def _mixed(row: object, place: int) -> BadTable:
    """Say which is the first that does not fit: among others, or of a kind that never does."""
    return BadTable("table.mixed", place=place, kind=type(row).__name__)
