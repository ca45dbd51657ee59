"""One value in a cell, and what a column of them can be stored as."""

import json
from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import chain
from numbers import Number
from typing import Final, Literal, TypeAlias

Kind: TypeAlias = Literal["nothing", "truth", "whole", "number", "text", "lists", "mixed"]

_NOTHING: Final = {"NAType", "NaTType"}  # pandas' own words for nothing, wherever they stand
_MOST_WHOLE: Final = 2**63  # what a frame's integers hold
_MOST_EXACT: Final = 2**53  # what a float holds of an integer


class Typed(list[object]):
    """A column whose kind is known: it is stored as that where it has nothing in it, too."""

    def __init__(self, kind: Kind, values: Iterable[object]) -> None:
        """Take its values."""
        super().__init__(values)
        self.kind = kind


def present(value: object) -> object:
    """Return a value, or None for every way of saying that there is none."""
    if value is None or type(value) is str:
        return value
    if isinstance(value, Number):
        return None if _is_nan(value) else value
    kind = type(value).__name__
    return None if kind in _NOTHING or (kind == "datetime64" and str(value) == "NaT") else value


def _is_nan(value: Number) -> bool:
    if isinstance(value, Decimal):
        return value.is_nan()  # a signalling one is not to be compared
    return bool(value != value)  # noqa: PLR0124  # only NaN


def kind_of(values: Iterable[object]) -> Kind:
    """Return what a column of these (None apart) can be stored as without a loss; "mixed": only as objects."""
    held = [value for value in values if value is not None]
    types = set(map(type, held))
    if not types:
        return "nothing"
    if types == {bool}:
        return "truth"
    if types <= {int, float}:
        return _numeric_kind(held)  # type: ignore[arg-type]  # just looked
    if all(issubclass(kind, str) for kind in types):
        return "text"
    return "lists" if types == {list} and _inner(held) not in ("lists", "mixed") else "mixed"


def kind_of_column(column: Sequence[object], cells: Sequence[object]) -> Kind:
    """Return the kind of a column's cells; of none at all, what is known of the column."""
    kind = kind_of(cells)
    return column.kind if kind == "nothing" and isinstance(column, Typed) else kind


def inner_kind(values: Sequence[object]) -> Kind:
    """Return what the items of a column of lists can be stored as."""
    return _inner(value for value in values if value is not None)


def _inner(lists: Iterable[object]) -> Kind:
    return kind_of(chain.from_iterable(lists))  # type: ignore[arg-type]  # every one is a list


def _numeric_kind(held: list[int | float]) -> Kind:
    whole = [value for value in held if type(value) is int]
    most = _MOST_WHOLE if len(whole) == len(held) else _MOST_EXACT
    if not all(-most <= value < most for value in whole):
        return "mixed"
    return "whole" if len(whole) == len(held) else "number"


def stored(values: Sequence[object], kind: Kind) -> list[object]:
    """Return a column's values as a typed column takes them: plain and whole text, floats, JSON for what is mixed."""
    if kind == "text":
        return [None if value is None else _sound(str.__str__(value)) for value in values]
    if kind == "number":
        return [None if value is None else float(value) for value in values]  # type: ignore[arg-type]  # a number
    if kind == "lists":
        inner = inner_kind(values)
        return [None if value is None else stored(value, inner) for value in values]  # type: ignore[arg-type]  # a list
    if kind == "mixed":
        return [None if value is None else _sound(_json(value)) for value in values]
    return list(values)


def _sound(text: str) -> str:
    """Return a text that can be stored and saved: half a character (a lone surrogate) becomes U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _json(value: object) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, default=str)
    except (TypeError, ValueError, RecursionError):  # keys that are no text; one within itself
        return str(value)
