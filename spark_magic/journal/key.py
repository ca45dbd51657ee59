"""By what a question is found again: a sum of all that reaches the model, and of nothing else."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from ..address import is_loopback
from ..events import Message
from ..models import Model
from ..target import Parameters, Target

_FORM: Final = 1  # of what is summed up; another one makes all keys new


def key_of(target: Target, messages: Sequence[Message]) -> str:
    """Return the question's key: 64 hexadecimal digits, the same in every process and version of Python.

    Equal for questions that are the same on the wire, credentials and the request's own number aside. On this machine
    (a sandbox) any port is the same. It is a sum: the question does not stand in it.
    """
    model = target.model
    question = {
        "form": _FORM,
        "address": _place(model.url),
        "domain": model.domain,
        "patch_id": model.patch_id or None,
        "parameters": _sent(model, target.parameters),
        "messages": [[message.role, message.content, message.content_type] for message in messages],
    }
    text = json.dumps(question, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _place(url: str) -> str:
    """Return the address, without the port if it is this machine: a sandbox has another one each time."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    return f"{parts.scheme}://{host}{parts.path}" if is_loopback(host) else url


def _sent(model: Model, parameters: Parameters) -> dict[str, Any]:
    """Return the parameters as `client.checked_parameters` sends them; a test holds the two together."""
    given = {name: getattr(parameters, name) for name in parameters.__dataclass_fields__}
    able = {"thinking": model.reasoning} | dict.fromkeys(("search", "search_mode", "references"), model.web_search)
    sent = {name: value for name, value in given.items() if value is not None and able.get(name, True)}
    if "temperature" in sent:
        sent["temperature"] = float(max(sent["temperature"], model.temperature_least))  # 1 is 1.0
    if "search_mode" in sent or "references" in sent:
        sent.setdefault("search", True)  # how to search says to search
    return sent
