"""A conversation as bytes and back: JSON Lines, a header and then one turn in each line.

`{"spark_magic": 1, "name": "default", "turns": 2}`, then `{"question": …, "answer": …, …}` as often; what a turn does
not have is left out. Reading is all or nothing.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Annotated, Any, Final, TypeAlias, TypeVar

import msgspec

from ..answer import Answer
from ..errors import HistoryDamaged, PictureRefused
from ..events import Message, Reference, Usage
from ..formats import FORMATS, MARKDOWN, Invalid, found_json
from ..picture import checked, picture_in
from .turn import Turn

VERSION: Final = 1
MOST_BYTES: Final = 64 * 1024 * 1024  # of a whole file, pictures included: about two seconds of reading

_JSON: Final = "json"  # the format whose answers stand for an object
_MOST: Final = 2**53  # of a number: further up, other readers of JSON round it
_Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=_MOST)]
_Index: TypeAlias = Annotated[int, msgspec.Meta(ge=-_MOST, le=_MOST)]
_Seconds: TypeAlias = Annotated[float, msgspec.Meta(ge=0, le=sys.float_info.max)]
_Shape = TypeVar("_Shape", bound=msgspec.Struct)


class _Header(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    spark_magic: int
    name: str
    turns: _Count | None = None  # how many there are, so that a file that was cut short is noticed


class _Usage(msgspec.Struct, forbid_unknown_fields=True):
    prompt_tokens: _Count
    completion_tokens: _Count
    total_tokens: _Count


class _Reference(msgspec.Struct, forbid_unknown_fields=True):
    index: _Index
    url: str
    title: str


class _Turn(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    question: str
    answer: str
    reasoning: str = ""
    references: list[_Reference] = []  # msgspec copies it
    model: str = ""
    usage: _Usage | None = None
    sid: str = ""
    seconds: _Seconds = 0.0
    cut: bool = False
    cached: bool = False
    form: str = MARKDOWN
    cell: str | None = None
    execution_count: _Count = 0
    picture: str | None = None  # the file in base64


@dataclass(frozen=True, slots=True)
class Transcript:
    """A conversation's name and its turns, whose answers are numbered from 1."""

    name: str
    turns: tuple[Turn, ...]


def encoded(transcript: Transcript, *, source: str) -> bytes:
    """Return the file; HistoryDamaged, naming `source`, for more than MOST_BYTES: nobody could read it again."""
    header = _Header(VERSION, transcript.name, len(transcript.turns))
    lines = [_line(header), *(_line(_row(turn)) for turn in transcript.turns)]
    if sum(map(len, lines)) > MOST_BYTES:
        raise _too_large(source)
    return b"".join(lines)


def decoded(content: bytes, *, source: str) -> Transcript:
    """Read a file again; HistoryDamaged, with `source` and the line, for one that is not whole or not ours."""
    if len(content) > MOST_BYTES:
        raise _too_large(source)
    lines = _lines(content)
    header = _header(next(lines, b""), source)
    turns: list[Turn] = []
    cells: dict[str, int] = {}
    for number, row in enumerate(lines, start=2):
        turn = _turn(_shaped(row, _Turn, source, number), len(turns) + 1, source, number)
        if turn.cell is not None and cells.setdefault(turn.cell, number) != number:
            raise HistoryDamaged("history.cell_twice", source=source, line=number, other=cells[turn.cell])
        turns.append(turn)
    if header.turns is not None and header.turns != len(turns):
        key = "history.count"
        raise HistoryDamaged(key, source=source, line=len(turns) + 1, count=header.turns, found=len(turns))
    return Transcript(header.name, tuple(turns))


def data_of(transcript: Transcript) -> dict[str, Any]:
    """Return it as plain data for JSON, pictures left out."""
    rows = [msgspec.to_builtins(_row(replace(turn, picture=None))) for turn in transcript.turns]
    return {"name": transcript.name, "turns": rows}


def _line(row: msgspec.Struct) -> bytes:
    """Return one line; half a character (a lone surrogate), which UTF-8 does not know, becomes JSON's escape for it."""
    text = json.dumps(msgspec.to_builtins(row), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", "backslashreplace") + b"\n"


def _row(turn: Turn) -> _Turn:
    answer, usage = turn.answer, turn.answer.usage
    return _Turn(
        question=turn.question,
        answer=str(answer),
        reasoning=answer.reasoning,
        references=[_Reference(r.index, r.url, r.title) for r in answer.references],
        model=answer.model,
        usage=None if usage is None else _Usage(usage.prompt_tokens, usage.completion_tokens, usage.total_tokens),
        sid=answer.sid,
        seconds=answer.seconds,
        cut=answer.cut,
        cached=answer.cached,
        form=answer.form,
        cell=turn.cell,
        execution_count=turn.execution_count,
        picture=None if turn.picture is None else turn.picture.content,
    )


def _lines(content: bytes) -> Iterator[bytes]:
    """Yield the lines, whatever an editor has done to their ends and to the start and the end of the file."""
    return (line.rstrip(b"\r\n") for line in BytesIO(content.removeprefix(b"\xef\xbb\xbf").rstrip()))


def _header(line: bytes, source: str) -> _Header:
    """Read the first line; what is no such file at all is told apart from one of a later version."""
    try:
        found = _parsed(line, source, 1)
    except HistoryDamaged:
        found = None
    if not isinstance(found, dict) or "spark_magic" not in found:
        raise HistoryDamaged("history.header", source=source, line=1)
    if found["spark_magic"] != VERSION or found["spark_magic"] is True:
        raise HistoryDamaged("history.version", source=source, line=1, version=VERSION)
    return _shaped(line, _Header, source, 1)


def _shaped(line: bytes, shape: type[_Shape], source: str, number: int) -> _Shape:
    """Read one line as what it should be."""
    try:
        return msgspec.convert(_parsed(line, source, number), shape)
    except (msgspec.ValidationError, UnicodeEncodeError) as problem:  # the latter: half a character in a key
        detail = str(problem)
    raise HistoryDamaged("history.line", source=source, line=number, detail=detail)


def _parsed(line: bytes, source: str, number: int) -> Any:
    """Read JSON; by the standard library, since msgspec refuses half characters."""
    try:
        return json.loads(line.decode("utf-8"), object_pairs_hook=_object, parse_constant=_no_number)
    except RecursionError:
        detail = "nested too deeply"
    except ValueError as problem:  # no UTF-8, no JSON, a number of thousands of digits
        detail = f"column {problem.colno}: {problem.msg}" if isinstance(problem, json.JSONDecodeError) else str(problem)
    raise HistoryDamaged("history.line", source=source, line=number, detail=detail)


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse an object that says something twice: nobody knows which is meant."""
    found = dict(pairs)
    if len(found) != len(pairs):
        message = "a key stands there twice"
        raise ValueError(message)
    return found


def _no_number(word: str) -> Any:
    message = f"{word} is no JSON"
    raise ValueError(message)


def _turn(row: _Turn, turn: int, source: str, number: int) -> Turn:
    if row.form not in FORMATS:
        raise HistoryDamaged("history.line", source=source, line=number, detail="unknown form")
    usage = row.usage
    answer = Answer(
        row.answer,
        reasoning=row.reasoning,
        references=tuple(Reference(r.index, r.url, r.title) for r in row.references),
        usage=None if usage is None else Usage(usage.prompt_tokens, usage.completion_tokens, usage.total_tokens),
        model=row.model,
        sid=row.sid,
        seconds=row.seconds,
        turn=turn,
        cut=row.cut,
        cached=row.cached,
        form=row.form,
        data=_data(row.answer) if row.form == _JSON else None,
    )
    picture = None if row.picture is None else _picture(row.picture, source, number)
    return Turn(row.question, answer, row.cell, picture, row.execution_count)


def _data(text: str) -> Any:
    """Return the object an answer stands for, of JSON's own types; None where it has come to stand for none."""
    try:
        return found_json(text)
    except Invalid:
        return None


def _picture(text: str, source: str, number: int) -> Message:
    """Return the picture of a turn; what is none would fail each question from then on."""
    message = Message("user", text, "image")
    try:
        checked(picture_in(message))
    except (ValueError, PictureRefused):
        fine = False
    else:
        fine = True
    if not fine:
        raise HistoryDamaged("history.picture", source=source, line=number)
    return message


def _too_large(source: str) -> HistoryDamaged:
    return HistoryDamaged("history.too_large", source=source, limit=MOST_BYTES // 1024**2)
