"""What a question may ask of the sandbox: lines of its newest message that begin with `sandbox:`.

    error CODE [after N]    an error frame, at once or after N content frames
    close [CODE] [after N]  a close frame (1000) without an answer, or after N content frames; 1006 is `drop`
    drop [after N]          the TCP connection ends without a close frame
    stall [after N]         nothing more is sent; open until the client goes away
    first N                 these endings hold the first N times this very text is asked; then it is answered
    linger                  the whole answer, then open until the client goes away
    count N [rate R]        N frames of long, deterministic Markdown, R per second (0: as fast as possible)
    say                     the answer is exactly the text after this line (or after the word), directives included
    line TEXT               TEXT is the next line of the answer; several lines add up to all of it
    then TEXT               the same of the answer to the message that follows, if it has no directives
    raw TEXT                TEXT verbatim as the one frame, then the close frame
    empty                   one last frame with no text in it
    oneframe                the whole answer in one frame, with status 2 and seq 0
    think N                 N frames of reasoning first, whatever the model
    references              a frame of search references first
    binary                  binary frames instead of text frames
    ping N                  N pings between the frames
    delay SECONDS           so long a pause before the first frame

Several lines add up; of two that contradict each other the later one counts. What cannot be read is answered with
code 10005. N counts content frames, not those of reasoning and references; an N beyond the answer's end means:
after all of its text, without the last frame.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

PREFIX: Final = "sandbox:"
_ABNORMAL: Final = 1006  # never sent: the name of an end without a close frame
_NORMAL: Final = 1000

Kind = Literal["error", "close", "drop", "stall"]


class Unreadable(Exception):
    """A `sandbox:` line that is none of the table's; its text says which."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How the answer ends other than well: at once, or after so many content frames."""

    kind: Kind
    code: int = 0
    after: int | None = None


@dataclass(frozen=True, slots=True)
class Directives:
    """What one question asks for; by default nothing special."""

    ending: Ending | None = None
    first: int | None = None
    linger: bool = False
    count: int | None = None
    rate: float | None = None
    say: str | None = None
    line: str | None = None
    then: str | None = None
    raw: str | None = None
    empty: bool = False
    oneframe: bool = False
    think: int | None = None
    references: bool = False
    binary: bool = False
    ping: int = 0
    delay: float = 0.0


_NUMBER: Final = r"(\d{1,6})"
_DECIMAL: Final = r"(\d{1,6}(?:\.\d{1,6})?)"
_CLOSE_CODE: Final = r"(100[0-36-9]|101[0-4]|[34]\d{3})"  # RFC 6455, section 7.4: what may be sent, and 1006
_VERBATIM: Final = {"raw", "line", "then"}
_AFTER: Final = rf"(?:\s*after\s+{_NUMBER})?"


def _ending(kind: Kind, code: str | None, after: str | None) -> dict[str, Any]:
    return {"ending": Ending(kind, int(code or 0), None if after is None else int(after))}


def _close(code: str | None, after: str | None) -> dict[str, Any]:
    kind: Kind = "drop" if code == str(_ABNORMAL) else "close"
    return _ending(kind, code or str(_NORMAL), after)


def _count(number: str, rate: str | None) -> dict[str, Any]:
    return {"count": int(number), "rate": None if rate is None else float(rate)}


# word -> (what follows it, what its groups mean as fields of Directives); explained in the module's docstring
TABLE: Final[dict[str, tuple[str, Callable[..., dict[str, Any]]]]] = {
    "error": (rf"{_NUMBER}{_AFTER}", lambda code, after: _ending("error", code, after)),
    "close": (rf"{_CLOSE_CODE}?{_AFTER}", _close),
    "drop": (_AFTER, lambda after: _ending("drop", None, after)),
    "stall": (_AFTER, lambda after: _ending("stall", None, after)),
    "first": (_NUMBER, lambda number: {"first": int(number)}),
    "linger": ("", lambda: {"linger": True}),
    "count": (rf"{_NUMBER}(?:\s+rate\s+{_DECIMAL})?", _count),
    "say": (r"([\s\S]*)", lambda text: {"say": text}),
    "line": (r"([\s\S]*)", lambda text: {"line": text}),
    "then": (r"([\s\S]*)", lambda text: {"then": text}),
    "raw": (r"([\s\S]*)", lambda text: {"raw": text}),
    "empty": ("", lambda: {"empty": True}),
    "oneframe": ("", lambda: {"oneframe": True}),
    "think": (_NUMBER, lambda number: {"think": int(number)}),
    "references": ("", lambda: {"references": True}),
    "binary": ("", lambda: {"binary": True}),
    "ping": (_NUMBER, lambda number: {"ping": int(number)}),
    "delay": (_DECIMAL, lambda seconds: {"delay": float(seconds)}),
}


def parse(message: str) -> Directives:
    """Return what the lines of `message` ask for; Unreadable for a directive that is none."""
    wanted = Directives()
    rest: str | None = message
    while rest is not None:
        line, newline, tail = rest.partition("\n")
        rest = tail if newline else None
        if line.startswith(PREFIX):
            wanted = replace(wanted, **_added(wanted, _fields(line, tail)))
            if wanted.say is not None:
                break  # what follows is its text
    return wanted


def following(before: str) -> Directives:
    """Return what a message with no directives of its own is answered with, by what the one before it asks for."""
    try:
        return Directives(line=parse(before).then)
    except Unreadable:  # it was refused then, and so is not what this one follows
        return Directives()


def _added(wanted: Directives, fields: dict[str, Any]) -> dict[str, Any]:
    """Put the lines of an answer below those there are."""
    for name in {"line", "then"} & fields.keys():
        if (above := getattr(wanted, name)) is not None:
            fields[name] = f"{above}\n{fields[name]}"
    return fields


def without(message: str) -> str:
    """Return `message` without its directive lines."""
    return "\n".join(line for line in message.split("\n") if not line.startswith(PREFIX)).strip()


def _fields(line: str, tail: str) -> dict[str, Any]:
    """Read one line; `tail` is all that follows it."""
    word, _, argument = line.removeprefix(PREFIX).lstrip().rstrip("\r").partition(" ")
    if word == "say":
        return {"say": f"{argument}\n{tail}" if argument and tail else argument or tail}
    pattern, meaning = TABLE.get(word, (None, None))
    match = re.fullmatch(pattern, argument if word in _VERBATIM else argument.strip()) if pattern is not None else None
    if match is None or meaning is None:
        message = f"{line[:80]!r}: known are {', '.join(TABLE)}"
        raise Unreadable(message)
    return meaning(*match.groups())
