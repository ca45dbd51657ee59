"""The vendor's JSON: messages to a request's text, a frame's bytes to events. Pure, no I/O.

Sources: the protocol page, sections 3 (request) and 4 (frames). Unknown keys are ignored; the keys that real
servers leave out, or send as null, may be missing.
"""

import uuid
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Final, Literal, TypeAlias

import msgspec

from .errors import ProtocolError, SparkError, service_error
from .events import Delta, Event, Finished, Message, Reasoning, Reference, References, Usage

_NOTHING: Final = Reference(0, "", "")
_LAST: Final = 2  # the status of the last frame
_LONGEST_NUMBER: Final = 10  # digits of a reference's number
_MOST_TOKENS: Final = 10**12  # what is more is no count
_UID_LENGTH: Final = 32  # longer is refused with 10004
_THINKING: Final = {"on": "enabled", "off": "disabled", "auto": "auto"}


_Number: TypeAlias = Annotated[int, msgspec.Meta(ge=-(10**9), le=10**9)]  # it is shown


class _Header(msgspec.Struct):
    code: _Number
    message: str | None = None
    sid: str | None = None
    status: int | None = None


class _Text(msgspec.Struct):
    content: str | None = None
    reasoning_content: str | None = None


class _Choices(msgspec.Struct):
    status: int | None = None
    text: list[_Text] | None = None


class _Plugin(msgspec.Struct):
    name: str | None = None
    content: str | None = None


class _Plugins(msgspec.Struct):
    text: list[_Plugin] | None = None


class _UsageText(msgspec.Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None


class _Usage(msgspec.Struct):
    text: _UsageText | None = None


class _Payload(msgspec.Struct):
    choices: _Choices | None = None
    plugins: _Plugins | None = None
    usage: _Usage | None = None


class _Frame(msgspec.Struct):
    header: _Header
    payload: _Payload | None = None


class _FailureHeader(msgspec.Struct):
    code: _Number
    message: str | None = None
    sid: str | None = None


class _Failure(msgspec.Struct):
    """What must be read of an error frame, whatever its other parts look like."""

    header: _FailureHeader


class _Source(msgspec.Struct):
    index: int | str | None = None
    url: str | None = None
    title: str | None = None


_decode_frame: Final = msgspec.json.Decoder(_Frame).decode
_decode_failure: Final = msgspec.json.Decoder(_Failure).decode
_decode_sources: Final = msgspec.json.Decoder(list[_Source]).decode


def encode_request(  # noqa: PLR0913  # the frame's own parts, all by name
    messages: Sequence[Message],
    *,
    app_id: str,
    domain: str,
    temperature: float | None = None,
    top_k: int | None = None,
    max_tokens: int | None = None,
    thinking: Literal["on", "off", "auto"] | None = None,
    search: bool | None = None,
    search_mode: str | None = None,
    references: bool | None = None,
    patch_id: str | None = None,
) -> bytes:
    """Return the request's one text frame, with a fresh uid.

    What is None is left out, so that the server's default holds. SparkError for a lone surrogate in a message.
    """
    header: dict[str, Any] = {"app_id": app_id, "uid": uuid.uuid4().hex[:_UID_LENGTH]}
    if patch_id:
        header["patch_id"] = [patch_id]
    chat = {
        "domain": domain,
        "temperature": temperature,
        "top_k": top_k,
        "max_tokens": max_tokens,
        "thinking": {"type": _THINKING[thinking]} if thinking else None,
        "tools": _tools(search, search_mode, references),
    }
    request = {
        "header": header,
        "parameter": {"chat": {key: value for key, value in chat.items() if value is not None}},
        "payload": {"message": {"text": [_item(message) for message in messages]}},
    }
    try:
        return msgspec.json.encode(request)
    except UnicodeEncodeError as problem:
        position = problem.start
    raise SparkError("prompt.not_text", position=position)


def _item(message: Message) -> dict[str, str]:
    """Return one message as the frame has it; only a picture says what it is."""
    item: dict[str, str] = {"role": message.role, "content": message.content}
    return item if message.content_type == "text" else item | {"content_type": message.content_type}


def _tools(search: bool | None, mode: str | None, references: bool | None) -> list[dict[str, Any]] | None:  # noqa: FBT001  # the frame's own
    """Return the web search as it is wanted; None where nothing was said, and the server's default holds."""
    if search is None and mode is None and references is None:
        return None
    wanted = {"enable": search is not False, "show_ref_label": references, "search_mode": mode}
    given = {key: value for key, value in wanted.items() if value is not None}
    return [{"type": "web_search", "web_search": given}]


def decode(data: bytes) -> list[Event]:
    """Return the events of one frame: References, Reasoning, Delta, and Finished for the last one.

    ServiceError for a code other than 0, ProtocolError for what is no frame: no JSON, no UTF-8, no header, wrong
    types, or a frame with neither choices, plugins nor the last status.
    """
    try:
        frame = _decode_frame(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        failure = _failure(data) or ProtocolError("protocol.invalid", detail=str(problem))
    else:
        return _events(frame)
    raise failure


def _failure(data: bytes) -> SparkError | None:
    """Return the error of a frame whose header has a code, however odd its other parts; else None."""
    try:
        header = _decode_failure(data).header
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return _service_error(header) if header.code else None


def _service_error(header: _Header | _FailureHeader) -> SparkError:
    return service_error(header.code, header.message or "", header.sid or "")


def _events(frame: _Frame) -> list[Event]:
    header, payload = frame.header, frame.payload or _Payload()
    if header.code:
        raise _service_error(header)
    choices, plugins = payload.choices, payload.plugins
    last = header.status == _LAST or (choices is not None and choices.status == _LAST)
    if choices is None and plugins is None and not last:
        raise ProtocolError("protocol.invalid", sid=header.sid or "", detail="no choices in the frame")
    events: list[Event] = []
    if plugins is not None and (found := tuple(_references(plugins))):
        events.append(References(found))
    if choices is not None and choices.text:
        events.extend(_texts(choices.text))
    if last:
        events.append(Finished(header.sid or "", _usage(payload.usage)))
    return events


def _texts(texts: list[_Text]) -> Iterator[Event]:
    for text in texts:
        if text.reasoning_content:
            yield Reasoning(text.reasoning_content)
        if text.content:
            yield Delta(text.content)


def _references(plugins: _Plugins) -> Iterator[Reference]:
    """Read each plug-in's content: a JSON string of a list; one that is not is left out, the answer goes on."""
    for plugin in plugins.text or ():
        try:
            sources = _decode_sources(plugin.content or "[]")
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            continue
        items = (Reference(_number(s.index), s.url or "", s.title or "") for s in sources)
        yield from (item for item in items if item != _NOTHING)


def _number(index: int | str | None) -> int:
    """Return a reference's number; it has been seen as text, too."""
    text = str(index)
    return int(text) if text.isdecimal() and len(text) < _LONGEST_NUMBER else 0


def _usage(usage: _Usage | None) -> Usage | None:
    if usage is None or usage.text is None:
        return None
    text = usage.text
    counts = (text.prompt_tokens, text.completion_tokens, text.total_tokens)
    return Usage(*(min(max(count or 0, 0), _MOST_TOKENS) for count in counts))
