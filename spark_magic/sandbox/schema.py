"""Whether a request is one the vendor documents. Pure. Sources: the protocol page, sections 1 and 3.

What is not documented is let pass: unknown keys, tools, a system message to a model that ignores it.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, NoReturn
from urllib.parse import urlsplit

from ..models import MODELS, SANDBOX_ALIAS, Model
from ..picture import Picture
from . import pictures
from .directives import Directives, Unreadable, following, parse

_UID_LENGTH: Final = 32
_MOST_TOP_K: Final = 6
_FOLLOWING: Final = 2  # messages from one question to the next
_ROLES: Final = ("system", "user", "assistant")


def _by_path() -> dict[str, tuple[Model, ...]]:
    paths = dict.fromkeys(urlsplit(model.url).path for model in MODELS)
    return {path: tuple(model for model in MODELS if urlsplit(model.url).path == path) for path in paths}


PATHS: Final = _by_path()


class Refused(Exception):
    """A request answered with an error frame: its code, and the message's two halves."""

    def __init__(self, code: int, name: str, detail: str) -> None:
        """Take the code, the error's name as the vendor writes it, and what is the matter."""
        super().__init__(code, name, detail)
        self.code, self.name, self.detail = code, name, detail


@dataclass(frozen=True, slots=True)
class Question:
    """A request that passed: its messages, what the answer has to have, and the picture it is about."""

    messages: tuple[tuple[str, str], ...]  # (role, content)
    reasoning: bool
    references: bool
    directives: Directives
    picture: Picture | None = None

    @property
    def newest(self) -> str:
        """The text of the newest message."""
        return self.messages[-1][1]


def domains(path: str) -> tuple[str, ...]:
    """Return the domains served at `path`, the older names included."""
    names = [name for model in PATHS[path] for name in (model.domain, *model.legacy_domains)]
    return tuple(dict.fromkeys(names))


def decode(data: str | bytes) -> dict[str, Any]:
    """Return the frame as a JSON object; Refused 10003 when it is none."""
    try:
        request = json.loads(data, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Refused(10003, "ClientMsgError", "request is not valid JSON") from None
    if not isinstance(request, dict):
        raise Refused(10003, "ClientMsgError", "request is not a JSON object")
    return request


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)  # NaN and Infinity: Python's invention


def check(request: dict[str, Any], path: str, app_id: str) -> Question:
    """Return the question; Refused 10004 for the first thing wrong in it, 11200 and 10404 for app id and domain."""
    complaint = next(_complaints(request, path), None)
    if complaint:
        raise Refused(10004, "SchemaCheckError", complaint)
    chat = request["parameter"]["chat"]
    if request["header"]["app_id"] != app_id:
        raise Refused(11200, "AppIdNoAuthError", f"appid no auth, domain.{chat['domain']}")
    if chat["domain"] not in domains(path):
        raise Refused(10404, "PathDomainError", f"path {path} domain {chat['domain']}: no category route found")
    return _question(request, path)


def _question(request: dict[str, Any], path: str) -> Question:
    chat = request["parameter"]["chat"]
    texts = request["payload"]["message"]["text"]
    messages = tuple((item["role"], item["content"]) for item in texts if not pictures.is_picture(item))
    picture = _picture(texts)
    try:
        directives = parse(messages[-1][1])
    except Unreadable as problem:
        raise Refused(10005, "SandboxDirectiveError", str(problem)) from None
    references = directives.references or _wants_references(chat)
    if directives == Directives() and len(messages) > _FOLLOWING:
        directives = following(messages[-1 - _FOLLOWING][1])
    return Question(messages, _thinks(path, chat), references, directives, picture)


def _picture(texts: list[dict[str, Any]]) -> Picture | None:
    """Return the picture, if there is one; Refused 10029 or 10041 for one of the wrong size."""
    picture = next((pictures.read(item) for item in texts if pictures.is_picture(item)), None)
    if picture is not None and (wrong := pictures.beyond_limits(picture)):
        raise Refused(wrong[0], "ImageSizeError", wrong[1])
    return picture


def _thinks(path: str, chat: dict[str, Any]) -> bool:
    """Tell whether reasoning comes first: as a rule with the models that have it, with others where it is asked for."""
    by_itself = any(model.reasoning for model in PATHS[path] if model.alias != SANDBOX_ALIAS)
    wanted = _inside(chat, "thinking", "type")
    return wanted == "enabled" or (by_itself and wanted != "disabled")


def _wants_references(chat: dict[str, Any]) -> bool:
    tools = chat.get("tools")
    searches = [_inside(tool, "web_search", "show_ref_label") for tool in tools] if isinstance(tools, list) else []
    return chat.get("show_ref_label") is True or True in searches


def _inside(value: Any, *keys: str) -> Any:
    """Follow `keys` into nested objects; None where there is no such thing."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _complaints(request: dict[str, Any], path: str) -> Iterator[str]:
    yield from _header_complaints(_inside(request, "header"))
    yield from _chat_complaints(_inside(request, "parameter", "chat"), path)
    yield from _message_complaints(_inside(request, "payload", "message", "text"), path)


def _header_complaints(header: Any) -> Iterator[str]:
    if not isinstance(header, dict):
        yield "'$.header' is required and must be object"
    if not isinstance(_inside(header, "app_id"), str):
        yield "'$.header.app_id' is required and must be string"
    uid, patch_id = header.get("uid", ""), header.get("patch_id", [])
    if not isinstance(uid, str):
        yield "'$.header.uid' must be string"
    elif len(uid) > _UID_LENGTH:
        yield f"'$.header.uid' length must be less or equal than {_UID_LENGTH}"
    if not (isinstance(patch_id, list) and all(isinstance(item, str) for item in patch_id)):
        yield "'$.header.patch_id' must be array of string"


def _chat_complaints(chat: Any, path: str) -> Iterator[str]:
    if not isinstance(chat, dict):
        yield "'$.parameter.chat' is required and must be object"
    if not isinstance(_inside(chat, "domain"), str):
        yield "'$.parameter.chat.domain' is required and must be string"
    most = max(model.temperature_most for model in PATHS[path])
    temperature, top_k, max_tokens = (chat.get(name, 1) for name in ("temperature", "top_k", "max_tokens"))
    if type(temperature) not in (int, float) or not 0 < temperature <= most:
        yield f"'$.parameter.chat.temperature' must be number greater than 0 and less or equal than {most:g}"
    if type(top_k) is not int or not 1 <= top_k <= _MOST_TOP_K:
        yield f"'$.parameter.chat.top_k' must be integer from 1 to {_MOST_TOP_K}"
    if type(max_tokens) is not int or max_tokens < 1:
        yield "'$.parameter.chat.max_tokens' must be integer greater or equal than 1"


def _message_complaints(texts: Any, path: str) -> Iterator[str]:
    where = "$.payload.message.text"
    if not isinstance(texts, list) or not texts:
        yield f"'{where}' is required and must be non-empty array"
    for index, item in enumerate(texts):
        if _inside(item, "role") not in _ROLES:
            yield f"'{where}[{index}].role' must be one of system, user, assistant"
        if not isinstance(_inside(item, "content"), str):
            yield f"'{where}[{index}].content' is required and must be string"
    yield from pictures.complaints(texts, PATHS[path], where)
    roles = [(index, item["role"]) for index, item in enumerate(texts) if not pictures.is_picture(item)]
    yield from _order_complaints(roles, where)


def _order_complaints(roles: list[tuple[int, str]], where: str) -> Iterator[str]:
    """Find what is out of order in [system,] user, assistant, user, …, user; a picture is not among them."""
    first = 1 if roles[:1] == [(0, "system")] else 0
    for number, (index, role) in enumerate(roles[first:]):
        expected = "assistant" if number % 2 else "user"
        if role != expected:
            yield f"'{where}[{index}].role' must be {expected}"
    if not roles or roles[-1][1] != "user":
        yield f"'{where}[{roles[-1][0] if roles else 1}].role' must be user: the newest message is the question"
