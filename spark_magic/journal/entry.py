"""One finished question: its answer, or what it failed with; as a row of the file and back."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import starmap
from typing import Any, Final, TypeAlias

from ..errors import SparkError
from ..events import Reference, Usage
from .failure import failure_data, failure_from

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)

Row: TypeAlias = tuple[int, str, int, int | None, int | None, int | None, bytes]
COLUMNS: Final = "at, model, failed, prompt_tokens, completion_tokens, total_tokens, body"


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Entry:
    """What came of one question; the fields are those of `Answer`.

    `model` is the alias, `at` the moment it was finished, with its time zone. `failure` is there where there is no
    answer; `moderated` tells that moderation warns of it.
    """

    text: str = ""
    reasoning: str = ""
    usage: Usage | None = None
    model: str = ""
    sid: str = ""
    seconds: float = 0.0
    cut: bool = False
    moderated: bool = False
    at: datetime = field(default_factory=_now)
    failure: SparkError | None = None
    references: tuple[Reference, ...] = ()


def row_of(entry: Entry) -> Row:
    """Return what is stored of it; TypeError for what is no plain data, a Secret above all."""
    usage = entry.usage
    counts = (None,) * 3 if usage is None else (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens)
    body = {
        "text": _plain(entry.text),
        "reasoning": _plain(entry.reasoning),
        "references": [[_number(item.index), _plain(item.url), _plain(item.title)] for item in entry.references],
        "sid": _plain(entry.sid),
        "seconds": float(entry.seconds),
        "cut": bool(entry.cut),
        "moderated": bool(entry.moderated),
        "failure": None if entry.failure is None else failure_data(entry.failure),
    }
    prompt, completion, total = (None if count is None else _number(count) for count in counts)
    data = json.dumps({name: value for name, value in body.items() if value}, ensure_ascii=False)
    content = data.encode("utf-8", "surrogatepass")  # half a character in an error's words
    return moment(entry.at), _plain(entry.model), entry.failure is not None, prompt, completion, total, content


def entry_from(row: Row) -> Entry:
    """Return it again. ValueError, KeyError or TypeError for a row that nobody has written like this."""
    at, model, _, prompt, completion, total, content = row
    body: dict[str, Any] = json.loads(bytes(content).decode("utf-8", "surrogatepass"))
    failure = body.get("failure")
    return Entry(
        text=_plain(body.get("text", "")),
        reasoning=_plain(body.get("reasoning", "")),
        usage=None if prompt is None else Usage(prompt, _number(completion), _number(total)),
        model=model,
        sid=_plain(body.get("sid", "")),
        seconds=float(body.get("seconds", 0.0)),
        cut=bool(body.get("cut")),
        moderated=bool(body.get("moderated")),
        at=_EPOCH + at * _MICROSECOND,
        failure=None if failure is None else failure_from(failure),
        references=tuple(starmap(_reference, body.get("references", []))),
    )


def _reference(index: object, url: object, title: object) -> Reference:
    return Reference(_number(index), _plain(url), _plain(title))


def moment(at: datetime) -> int:
    """Return a moment as a number: microseconds since 1970 in UTC."""
    return (at.astimezone(UTC) - _EPOCH) // _MICROSECOND


def _plain(value: object) -> str:
    """Return a text; an Answer is one, a Secret is none."""
    if not isinstance(value, str):
        message = f"a journal takes texts, not {type(value).__name__}"
        raise TypeError(message)
    return str(value)


def _number(value: object) -> int:
    if not isinstance(value, int):
        message = f"a journal takes whole numbers, not {type(value).__name__}"
        raise TypeError(message)
    return int(value)
