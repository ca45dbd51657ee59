"""What every table can do, and how its columns are called."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

from ..errors import BadTable
from .cells import present

TEXT: Final = "text"
"""The column of a table that is just texts, or a series without a name."""

_MOST_SHOWN: Final = 60  # characters of a name within a sentence
_MOST_OF_PATH: Final = 200  # somebody may have meant a text


class Table(Protocol):
    """Rows in their order, each a mapping from the columns' names.

    It is what the source was when it was taken: columns added to that later, or rows moved there, change nothing.
    """

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns' names, in order, each once; at least one."""

    def __len__(self) -> int:
        """Return the number of rows; at least one."""

    def rows(self) -> Iterator[Mapping[str, object]]:
        """Yield every row in order, made as it is asked for; again from the first at every call.

        A missing value (None, NaN, NaT, pandas' NA, null, an empty cell) is None.
        """

    def with_columns(self, new: Mapping[str, Sequence[object]]) -> Any:
        """Return the same kind of thing as came in, with these columns at its end, or in place of one of that name.

        Rows keep their order, a frame its index, types and own names; the source stays as it is. ValueError for a
        column that is not as long as the table.
        """


def names_of(labels: Iterable[object]) -> tuple[str, ...]:
    """Return the columns' names as they are shown: `1` for the number, `a / b` for one of several levels.

    BadTable for no column, one without a name, and a name that is there twice.
    """
    names = tuple(map(_name, labels))
    if not names:
        raise BadTable("table.no_columns")
    for place, name in enumerate(names, 1):
        if not name.strip():
            raise BadTable("table.unnamed", place=place)
    name, count = Counter(names).most_common(1)[0]
    if count > 1:
        raise BadTable("table.twice", name=name[:_MOST_SHOWN])
    return names


def counted(count: int) -> int:
    """Return the number of rows; BadTable for none."""
    if not count:
        raise BadTable("table.no_rows")
    return count


def fitting(new: Mapping[str, Sequence[object]], count: int) -> Mapping[str, Sequence[object]]:
    """Return the new columns; ValueError for one that has not as many cells as the table rows."""
    for name, cells in new.items():
        if len(cells) != count:
            problem = f"column {name!r} has {len(cells)} cells for {count} rows"
            raise ValueError(problem)
    return new


def shown(path: Path) -> str:
    """Return a path as it stands in a sentence: printable and not too long."""
    return "".join(c if c.isprintable() else " " for c in str(path)[:_MOST_OF_PATH])


def _name(label: object) -> str:
    if isinstance(label, tuple):
        return " / ".join(filter(None, map(_name, label)))
    return "" if present(label) is None else str(label)
