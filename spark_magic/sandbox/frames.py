"""The gateway's JSON, one function per kind of frame. Pure. Sources: the protocol page, section 4."""

import json
import secrets
import time
from collections.abc import Sequence
from typing import Any, Final

FIRST, MIDDLE, LAST = 0, 1, 2  # the values of `status`

# What is said beyond a limit, as (name, detail). The first from captures; the second's name from a client of the
# vendor's MaaS service, its detail after the first's.
OVER_LIMIT: Final = {
    11202: ("AppIdQpsOverFlowError", "appid qps over flow"),
    11203: ("AppIdConcurrencyOverFlowError", "appid concurrency over flow"),
}

# Codes whose message is known from captures; those of moderation carry a sentence meant for the user.
_MESSAGES: Final = {
    10003: "ClientMsgError:({time}) asked for by a sandbox directive",
    10004: "SchemaCheckError:({time}) asked for by a sandbox directive",
    10013: "您的问题未通过审核，请换个问法（sandbox）",
    10014: "回答涉及敏感内容，请换个话题（sandbox）",
    10019: "本次会话有违规倾向，请注意（sandbox）",
    10404: "PathDomainError:({time}) no category route found",
    11200: "AppIdNoAuthError:({time}) tokens.total",
    **{code: f"{name}:({{time}}) {detail}" for code, (name, detail) in OVER_LIMIT.items()},
}


def new_sid() -> str:
    """Return a session id in the vendor's form."""
    return f"cht000{secrets.token_hex(4)}@dx{secrets.token_hex(8)}"


def stamped(name: str, detail: str, now: float) -> str:
    """Return an error's message in the vendor's form: `Name:(HH:MM:SS.mmm) detail`."""
    return f"{name}:({_clock(now)}) {detail}"


def scripted_message(code: int, now: float) -> str:
    """Return a message such as a server sends with `code`."""
    return _MESSAGES.get(code, "SandboxError:({time}) asked for by a sandbox directive").format(time=_clock(now))


def _clock(now: float) -> str:
    return time.strftime("%H:%M:%S", time.gmtime(now)) + f".{int(now % 1 * 1000):03d}"


def error_frame(sid: str, code: int, message: str) -> str:
    """Return an error frame: a header and no payload."""
    return _dump({"header": {"code": code, "message": message, "sid": sid, "status": LAST}})


def text_frame(
    sid: str, status: int, seq: int, texts: Sequence[dict[str, str]], usage: dict[str, int] | None = None
) -> str:
    """Return a frame of the answer; each of `texts` holds `content`, `reasoning_content`, or both."""
    items = [{**text, "role": "assistant", "index": 0} for text in texts]
    payload: dict[str, Any] = {"choices": {"status": status, "seq": seq, "text": items}}
    if usage:
        payload["usage"] = {"text": usage}
    return _dump({"header": _header(sid, status), "payload": payload})


def references_frame(sid: str, sources: Sequence[dict[str, Any]]) -> str:
    """Return the frame of search references: it has plug-ins and no choices."""
    invoked = {
        "namespace": "default",
        "plugin_id": "ifly_search",
        "plugin_ver": "",
        "status_code": 200,
        "status_msg": "Success",
        "type": "local",
    }
    plugin = {
        "name": "ifly_search",
        "content": json.dumps(sources, ensure_ascii=False),
        "content_type": "text",
        "content_meta": None,
        "role": "tool",
        "status": "finished",
        "invoked": invoked,
    }
    return _dump({"header": _header(sid, MIDDLE), "payload": {"plugins": {"text": [plugin]}}})


def _header(sid: str, status: int) -> dict[str, Any]:
    return {"code": 0, "message": "Success", "sid": sid, "status": status}


def _dump(frame: dict[str, Any]) -> str:
    text = json.dumps(frame, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:  # half a character, quoted from the request: no UTF-8, but still JSON
        return json.dumps(frame, separators=(",", ":"))
    return text
