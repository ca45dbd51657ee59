"""What came of one row, and the new columns all of them add up to."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from ..errors import BadTable, SparkError
from ..formats import Form
from ..journal import Entry
from ..messages import listed
from ..render import to_plain
from ..rows import Typed

Status: TypeAlias = Literal["ok", "cut", "flagged", "failed", "skipped"]
DEFAULT_NAME: Final = "answer"
ABOUT: Final = ("status", "error", "code", "tokens")
"""The columns beside the answer, named by its first one: `answer_status` and so on."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of the row at `index` (from 0): its entry, or that it had nothing in it.

    `data` is the object an answer asked for as JSON stands for; `journalled` that it was not asked for now.
    """

    index: int
    entry: Entry | None = None
    data: Any = None
    journalled: bool = False

    @property
    def failure(self) -> SparkError | None:
        """Why there is no answer."""
        return None if self.entry is None else self.entry.failure

    @property
    def status(self) -> Status:
        """How it ended: `cut` by max_tokens, `flagged` by moderation, `skipped` for a row with nothing in it."""
        if self.entry is None:
            return "skipped"
        if self.entry.failure is not None:
            return "failed"
        return "flagged" if self.entry.moderated else "cut" if self.entry.cut else "ok"


class Columns:
    """The new columns, filled row by row in any order: `into` names those with the answer, `form` says what that is.

    Text and JSON without a schema give one column of text. With a schema each name is a key of the answer's object;
    one name that is no key has the object itself.
    """

    def __init__(self, into: Sequence[str], form: Form, total: int) -> None:
        """Take the number of rows, too; BadTable for names that do not fit the form."""
        keys = _keys(form)
        into = tuple(into) or tuple(keys) or (DEFAULT_NAME,)
        self._value = _value_of(into, form, keys)
        self._into, self._about = into, tuple(f"{into[0]}_{name}" for name in ABOUT)
        self.names = (*into, *self._about)
        self.error_name = self._about[ABOUT.index("error")]
        if twice := next((name for name in self.names if self.names.count(name) > 1), ""):
            raise BadTable("table.into_twice", name=twice)
        nothing: list[Any] = [None] * total
        self._columns: dict[str, list[Any]] = {name: nothing.copy() for name in self.names}
        self._columns |= {self._about[ABOUT.index(name)]: Typed("whole", nothing) for name in ("code", "tokens")}

    def put(self, result: Result) -> None:
        """Fill in one row."""
        row = dict(zip(self._about, _about(result), strict=True))
        if result.entry is not None and result.failure is None:
            row |= dict(zip(self._into, self._value(result.entry.text, result.data), strict=True))
        for name, value in row.items():
            self._columns[name][result.index] = value

    def filled(self) -> dict[str, list[Any]]:
        """Return the columns by name."""
        return self._columns


def _about(result: Result) -> tuple[Any, ...]:
    failure = result.failure
    usage = None if result.entry is None else result.entry.usage
    return (
        result.status,
        None if failure is None else to_plain(failure.sentence),
        None if failure is None else failure.code,
        None if usage is None else usage.total_tokens,
    )


def _keys(form: Form) -> tuple[str, ...]:
    """Return the keys of the objects that a schema describes."""
    schema = {} if form.schema is None else json.loads(form.schema.text)
    properties = schema.get("properties") if isinstance(schema, dict) else None
    return tuple(properties) if isinstance(properties, dict) else ()


def _value_of(into: Sequence[str], form: Form, keys: Sequence[str]) -> Callable[[str, Any], Sequence[Any]]:
    """Return what takes an answer's text and object apart into the values of these columns."""
    unknown = next((name for name in into if name not in keys), "")
    if len(into) > 1 and form.schema is None:
        raise BadTable("table.into_several")
    if len(into) > 1 and unknown:
        raise BadTable("table.into_no_key", name=unknown, keys=listed(keys))
    if form.schema is not None and not unknown:
        return lambda _, data: [_harmless(_member(_plain(data), name)) for name in into]
    if form.schema is not None:
        return lambda _, data: [_harmless(_plain(data))]
    if form.format == "json":
        return lambda _, data: [to_plain(json.dumps(data, ensure_ascii=False))]
    return lambda text, _: [to_plain(text).strip()]


def _harmless(data: Any) -> Any:
    """Return an object with texts that a terminal may print: whoever shows a table shows them as they are."""
    if isinstance(data, str):
        return to_plain(data)
    if isinstance(data, dict):
        return {_harmless(key): _harmless(value) for key, value in data.items()}
    return [_harmless(item) for item in data] if isinstance(data, list) else data


def _plain(data: Any) -> Any:
    """Return an object as dicts and lists; a pydantic model's instance knows how."""
    if not hasattr(data, "model_dump"):
        return data
    try:
        return data.model_dump(mode="json", by_alias=True)
    except Exception:  # noqa: BLE001  # an object of the user's own that is no JSON: it is paid for, and said in words
        return json.loads(json.dumps(data.model_dump(by_alias=True), default=str))


def _member(data: Any, name: str) -> Any:
    """Return what an object has of that name; a schema that names keys may allow for something else."""
    return data.get(name) if isinstance(data, dict) else None
