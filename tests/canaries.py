"""Canary credentials, and a search that finds them in whatever form they got out."""

import base64
import gc
import html
import os
import re
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import FrameType, FunctionType, MethodType, ModuleType, TracebackType
from typing import Any
from urllib.parse import quote, unquote

from IPython.core.interactiveshell import InteractiveShell

from spark_magic.credentials import VARIABLES
from spark_magic.sandbox import Sandbox
from spark_magic.secret import Secret

# Shaped like real ones: 8 and 32 hexadecimal digits, and 32 characters that look like base64.
APP_ID = "c5f0a91e"
API_KEY = "9b41c7e2d80f4a36b15e7c93fa2d6e08"
API_SECRET = "ZmE0YzE4ZDdiOTJlNjA1M2FjMWQ4ZTcw"
CANARIES = {"app_id": APP_ID, "api_key": API_KEY, "api_secret": API_SECRET}
ENVIRONMENT = {VARIABLES[name][0]: value for name, value in CANARIES.items()}


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


# How a text may come back: by accident (a log, a JSON string, an address) or because a server wants it so.
FORMS: dict[str, Callable[[str], str]] = {
    "verbatim": lambda s: f"<{s}>",
    "upper case": lambda s: s.upper(),
    "other case": lambda s: s.swapcase(),
    "backwards": lambda s: s[::-1],
    "base64": _base64,
    "base64 after one byte": lambda s: _base64("?" + s + "!"),
    "base64 after two bytes": lambda s: _base64("??" + s + "!!"),
    "base64 without padding": lambda s: _base64(s).rstrip("="),
    "base64 for addresses": lambda s: base64.urlsafe_b64encode(b"\xff\xfe\xfd" + s.encode()).decode(),
    "base64 in an address": lambda s: quote(_base64(s), safe=""),
    "base64 over lines": lambda s: "\n".join(re.findall(".{1,9}", _base64(s))),
    "percent-encoded": lambda s: "".join(f"%{byte:02X}" for byte in s.encode()),
    "percent-encoded twice": lambda s: "".join(f"%25{byte:02x}" for byte in s.encode()),
    "hexadecimal": lambda s: s.encode().hex(),
    "hexadecimal with colons": lambda s: s.encode().hex(":").upper(),
    "Unicode escapes": lambda s: "".join(f"\\u{ord(c):04x}" for c in s),
    "escapes escaped": lambda s: "".join(f"\\\\u{ord(c):04X}" for c in s),
    "byte escapes": lambda s: "".join(f"\\x{ord(c):02x}" for c in s),
    "HTML entities": lambda s: "".join(f"&#{ord(c)};" for c in s),
    "HTML entities, hexadecimal": lambda s: "".join(f"&#x{ord(c):x};" for c in s),
    "over lines": lambda s: "\n".join(re.findall(".{1,5}", s)),
    "over lines of source": lambda s: "\n    ".join(repr(piece) for piece in re.findall(".{1,7}", s)),
    "line ends escaped": lambda s: "\\n".join(re.findall(".{1,5}", s)),
    "letter by letter": " ".join,
    "UTF-16": lambda s: s.encode("utf-16").decode("latin-1"),
    "with zero widths between": "\u200b".join,
}


def leaked(thing: Any, more: Mapping[str, str] | None = None) -> set[str]:
    """Return the names of the canaries (and of the `more` texts) that are in a text, in bytes, or in an object.

    In all of the forms above, and in pieces: a third of one is enough. Of an object, all that it reaches counts,
    the frames of a traceback included; see `texts_in`.
    """
    text = "\n".join(texts_in(thing))
    views = list(map(_compact, _views(text)))
    wanted = CANARIES | dict(more or {})
    return {name for name, secret in wanted.items() if any(n in view for n in _needles(secret) for view in views)}


def _views(text: str) -> Iterator[str]:
    """Yield the text as it is, and what it says to one who undoes an encoding."""
    text = text.replace("\0", "")  # UTF-16
    yield text
    yield unquote(unquote(text))
    yield html.unescape(text)
    yield re.sub(r"\\+(?:u|x|U)((?<=u)[0-9a-fA-F]{4}|(?<=x)[0-9a-fA-F]{2}|(?<=U)[0-9a-fA-F]{8})", _character, text)


def _character(match: re.Match[str]) -> str:
    number = int(match[1], 16)
    return chr(number) if number <= 0x10FFFF else ""


def _compact(text: str) -> str:
    """Return the letters and digits alone: neither case nor what stands between them hides anything."""
    joined = re.sub(r"\\+[nrt]", "", text).replace("-", "+").replace("_", "/")
    return re.sub("[^a-z0-9+/]+", "", joined.lower())


def _needles(secret: str) -> list[str]:
    raw = secret.encode()
    forms = [secret, secret[::-1], raw.hex(), *(_core(raw, offset) for offset in range(3))]
    return [piece for form in forms for piece in _thirds(_compact(form))]


def _core(raw: bytes, offset: int) -> str:
    """Return the part of a base64 text that does not depend on what stands before and behind."""
    text = base64.b64encode(bytes(offset) + raw).decode().rstrip("=")
    end = -1 if (offset + len(raw)) % 3 else None
    return text[(0, 2, 3)[offset] : end]


def _thirds(text: str) -> list[str]:
    """Return the text in three pieces; a short one whole, since its pieces are in every other text."""
    if len(text) < 24:
        return [text]
    size = len(text) // 3
    return [text[start : start + size] for start in (0, size, len(text) - size)]


# What a walk stops at: what belongs to no single object, the user's own shell, and those that may know the keys.
_OPAQUE = (ModuleType, type, type(os.environ), InteractiveShell, Secret, Sandbox)
FOREIGN = re.compile(r"[/\\](?:tests|_pytest|pluggy)[/\\]")
_PLAIN = {kind.__repr__ for kind in (object, dict, list, tuple, set, frozenset, int, float, TracebackType)}


def texts_in(root: Any) -> Iterator[str]:
    """Yield every text an object reaches, and the repr of all that is on the way.

    Through containers, attributes, slots, closures, generators, and the chain of an exception with the locals of
    every frame, those of the tests excepted. A Secret is not looked into, but its repr is.
    """
    seen: dict[int, Any] = {}
    stack = [root]
    while stack:
        thing = stack.pop()
        if id(thing) in seen or type(thing) in weakref.ProxyTypes:  # a dead one raises when it is looked at
            continue
        seen[id(thing)] = thing  # kept alive, so that no other gets its number
        if isinstance(thing, str):
            yield thing
        elif isinstance(thing, bytes | bytearray | memoryview):
            yield bytes(thing).decode("latin-1")
        elif isinstance(thing, Secret):
            yield f"{thing!r} {thing}"
        elif not isinstance(thing, _OPAQUE):
            yield _shown(thing)
            stack.extend(_parts(thing))


def _shown(thing: Any) -> str:
    """Return its repr; "" where that is made of its parts, which are looked at anyway."""
    try:
        return repr(thing) if type(thing).__repr__ not in _PLAIN else ""
    except Exception as problem:  # noqa: BLE001  # a half-made object's
        return repr(problem)


def _parts(thing: Any) -> Iterable[Any]:
    if isinstance(thing, FrameType):
        return () if FOREIGN.search(thing.f_code.co_filename) else thing.f_locals.values()
    if isinstance(thing, FunctionType):
        return thing.__closure__ or (), thing.__defaults__ or (), thing.__kwdefaults__ or ()
    if isinstance(thing, MethodType):
        return thing.__self__, thing.__func__
    keys = list(dict.keys(thing)) if isinstance(thing, dict) else []  # which the collector leaves out
    return [*keys, *gc.get_referents(thing)]
