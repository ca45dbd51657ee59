"""The vendor's JSON: messages to a request's text, a frame's bytes to events. Pure, no I/O.

Sources: the protocol page, sections 3 (request) and 4 (frames). Unknown keys are ignored; the keys that real
servers leave out, or send as null, may be missing.
"""

import uuid
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from .errors import ProtocolError, SparkError, service_error
from .events import Delta, Event, Finished, Message, Reasoning, Reference, References, Usage

_LAST: Final = 2  # the status of the last frame
_UID_LENGTH: Final = 32  # longer is refused with 10004


class _Header(msgspec.Struct):
    code: int
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
    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0


class _Usage(msgspec.Struct):
    text: _UsageText | None = None


class _Payload(msgspec.Struct):
    choices: _Choices | None = None
    plugins: _Plugins | None = None
    usage: _Usage | None = None


class _Frame(msgspec.Struct):
    header: _Header
    payload: _Payload | None = None


class _Source(msgspec.Struct):
    index: int = 0
    url: str | None = None
    title: str | None = None


_decode_frame: Final = msgspec.json.Decoder(_Frame).decode
_decode_sources: Final = msgspec.json.Decoder(list[_Source]).decode


def encode_request(  # noqa: PLR0913  # the frame's own parts, all by name
    messages: Sequence[Message],
    *,
    app_id: str,
    domain: str,
    temperature: float | None = None,
    top_k: int | None = None,
    max_tokens: int | None = None,
    patch_id: str | None = None,
) -> bytes:
    """Return the request's one text frame, with a fresh uid.

    What is None is left out, so that the server's default holds. SparkError for a lone surrogate in a message.
    """
    header: dict[str, Any] = {"app_id": app_id, "uid": uuid.uuid4().hex[:_UID_LENGTH]}
    if patch_id:
        header["patch_id"] = [patch_id]
    chat = {"domain": domain, "temperature": temperature, "top_k": top_k, "max_tokens": max_tokens}
    request = {
        "header": header,
        "parameter": {"chat": {key: value for key, value in chat.items() if value is not None}},
        "payload": {"message": {"text": [{"role": m.role, "content": m.content} for m in messages]}},
    }
    try:
        return msgspec.json.encode(request)
    except UnicodeEncodeError as problem:
        position = problem.start
    raise SparkError("prompt.not_text", position=position)


def decode(data: bytes) -> Iterator[Event]:
    """Yield the events of one frame: References, Reasoning, Delta, and Finished for the last one.

    ServiceError for a code other than 0, ProtocolError for what is no frame: no JSON, no UTF-8, no header, wrong
    types, or a frame with neither choices, plugins nor the last status.
    """
    try:
        frame = _decode_frame(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        detail = str(problem)
    else:
        return _events(frame)
    raise ProtocolError("protocol.invalid", detail=detail)


def _events(frame: _Frame) -> Iterator[Event]:
    header, payload = frame.header, frame.payload or _Payload()
    if header.code:
        raise service_error(header.code, header.message or "", header.sid or "")
    choices = payload.choices
    last = header.status == _LAST or (choices is not None and choices.status == _LAST)
    if choices is None and payload.plugins is None and not last:
        raise ProtocolError("protocol.invalid", sid=header.sid or "", detail="no choices in the frame")
    if payload.plugins is not None:
        yield from _references(payload.plugins)
    if choices is not None and choices.text:
        yield from _texts(choices.text)
    if last:
        yield Finished(header.sid or "", _usage(payload.usage))


def _texts(texts: list[_Text]) -> Iterator[Event]:
    for text in texts:
        if text.reasoning_content:
            yield Reasoning(text.reasoning_content)
        if text.content:
            yield Delta(text.content)


def _references(plugins: _Plugins) -> Iterator[Event]:
    """Read each plug-in's content: a JSON string of a list; one that is not is left out, the answer goes on."""
    for plugin in plugins.text or ():
        try:
            sources = _decode_sources(plugin.content or "[]")
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            continue
        if sources:
            yield References(tuple(Reference(s.index, s.url or "", s.title or "") for s in sources))


def _usage(usage: _Usage | None) -> Usage | None:
    if usage is None or usage.text is None:
        return None
    text = usage.text
    return Usage(text.prompt_tokens, text.completion_tokens, text.total_tokens)
