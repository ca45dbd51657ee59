"""Which of the user's variables are tables or executors, and what a table's columns are called; nothing is computed."""

from collections.abc import Mapping
from itertools import islice
from typing import Any, Final

from ..rows.frame import is_frame
from ..rows.table import TEXT

_OF_EXECUTORS: Final = ("submit", "get_executor", "executor")  # what `executors.found_executor` takes
_MOST: Final = 1000  # columns that are looked at


def is_table(value: Any) -> bool:
    """Tell whether `%%spark_map` may take it, as far as one look at its type and first item tells."""
    return is_frame(value) or _first(value) is not None


def is_executor(value: Any) -> bool:
    """Tell whether it may ask a table's rows, by its type."""
    return not isinstance(value, type) and any(hasattr(type(value), name) for name in _OF_EXECUTORS)


def column_names(value: Any) -> tuple[str, ...]:
    """Return the columns as they are written in a template: `name`, or `row["any name"]`; none for what is no table."""
    first = _first(value)
    names = [TEXT] if isinstance(first, str) else list(first or ())
    if is_frame(value):
        names = list(getattr(value, "columns", ())) or [getattr(value, "name", None) or TEXT]
    written = (_written(" / ".join(map(str, n)) if isinstance(n, tuple) else str(n)) for n in islice(names, _MOST))
    return tuple(filter(None, written))


def _first(value: Any) -> Mapping[Any, Any] | str | None:
    """Return the first item of a list of dicts or texts."""
    first = value[0] if type(value) in (list, tuple) and value else None
    return first if isinstance(first, Mapping | str) else None


def _written(name: str) -> str:
    if name.isidentifier():
        return name
    return f'row["{name}"]' if name.isprintable() and not set('"\\{}') & set(name) else ""
