"""A failure as data and back: the same class with the same words, in the language of the day it is shown."""

from pathlib import PurePath
from typing import Any, Final

from .. import errors
from ..errors import SparkError
from ..errors.handshake import Said

_PLAIN: Final = (str, int, float, bool, type(None))
_FACTS: Final = ("code", "sid", "detail", "retryable", "attempts")


def failure_data(failure: SparkError) -> dict[str, Any]:
    """Return what is kept of it: of its values only plain data and paths, and never anything that hides a secret."""
    values = {name: kept for name, value in failure.values.items() if (kept := _kept(value)) is not _NOT_KEPT}
    facts = {name: getattr(failure, name) for name in _FACTS}
    return {"class": type(failure).__name__, "key": failure.key, **facts, "values": values}


_NOT_KEPT: Final = object()


def _kept(value: object) -> object:
    if isinstance(value, Said):
        return {"said": value.key}
    if isinstance(value, PurePath):
        return str(value)
    return value if isinstance(value, _PLAIN) else _NOT_KEPT


def failure_from(data: dict[str, Any]) -> SparkError:
    """Return it again; a plain SparkError for a class or words that this version does not know."""
    name, key = str(data["class"]), str(data["key"])
    kind = getattr(errors, name, None)
    if not (isinstance(kind, type) and issubclass(kind, SparkError)):
        return _unknown(data, name, key)
    values: dict[str, Any] = {name: _value(value) for name, value in data["values"].items()}
    failure = kind(key, **values)
    _fill(failure, data)
    try:
        str(failure)
    except (LookupError, ValueError, TypeError, AttributeError):  # no such sentence, or one that needs other values
        return _unknown(data, name, key)
    return failure


def _value(kept: Any) -> object:
    return Said(kept["said"]) if isinstance(kept, dict) else kept


def _unknown(data: dict[str, Any], name: str, key: str) -> SparkError:
    failure = SparkError("journal.failure", kind=name, about=key)
    _fill(failure, data)
    return failure


def _fill(failure: SparkError, data: dict[str, Any]) -> None:
    """Give it its facts as they were: masked and shortened already."""
    for name in _FACTS:
        setattr(failure, name, data[name])
