"""One question's course as steps: what is sent, when, and how it ends. Pure; the gateway performs them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from . import frames, script
from .directives import Ending
from .schema import Question

CLOSE_REASON = "close this ws conn"  # seen in a capture of the vendor's


@dataclass(frozen=True, slots=True)
class Send:
    """Send one frame, not before `at` seconds after the question."""

    text: str
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Ping:
    """Send a ping; wait for no pong."""


@dataclass(frozen=True, slots=True)
class Close:
    """Send a close frame with this code."""

    code: int = 1000


@dataclass(frozen=True, slots=True)
class Drop:
    """End the TCP connection after what was sent, without a close frame."""


@dataclass(frozen=True, slots=True)
class Stall:
    """Do nothing until the client goes away."""


Step = Send | Ping | Close | Drop | Stall


@dataclass(frozen=True, slots=True)
class Pace:
    """When frame `i` is due: on an absolute schedule, so that a late one does not delay the rest."""

    start: float
    interval: float

    def due(self, index: int) -> float:
        """Return the seconds after the question at which that frame is due."""
        return self.start + index * self.interval


def steps(question: Question, *, delay: float, now: float) -> Iterator[Step]:
    """Yield the steps that answer `question`, `delay` seconds apart; `now` dates error messages."""
    wanted, sid = question.directives, frames.new_sid()
    interval = delay if wanted.rate is None else (1 / wanted.rate if wanted.rate else 0.0)
    pace = Pace(wanted.delay, interval)
    if wanted.raw is not None:
        yield Send(wanted.raw, pace.start)
        yield Close()
    elif wanted.ending is not None and wanted.ending.after is None:
        yield from _ended(wanted.ending, sid, pace.start, now)
    else:
        yield from _answered(question, sid, pace)
        ending = wanted.ending or (Ending("stall") if wanted.linger else Ending("close", 1000))
        yield from _ended(ending, sid, pace.start, now)


def as_often(question: Question, times: int) -> Question:
    """Return the question as it is to be taken when it is asked for the `times`-th time."""
    wanted = question.directives
    if wanted.first is None or times <= wanted.first:
        return question
    return replace(question, directives=replace(wanted, ending=None))


def refusal(code: int, message: str) -> Iterator[Step]:
    """Yield the steps that refuse a request: an error frame, then the close frame."""
    yield Send(frames.error_frame(frames.new_sid(), code, message))
    yield Close()


def _ended(ending: Ending, sid: str, at: float, now: float) -> Iterator[Step]:
    if ending.kind == "error":
        yield Send(frames.error_frame(sid, ending.code, frames.scripted_message(ending.code, now)), at)
        yield Close()
    elif ending.kind == "close":
        yield Close(ending.code)
    else:
        yield Drop() if ending.kind == "drop" else Stall()


def _answered(question: Question, sid: str, pace: Pace) -> Iterator[Step]:
    """Yield references, reasoning and content; without the last frame if the answer is to be broken off."""
    wanted = question.directives
    if question.references:
        yield Send(frames.references_frame(sid, script.sources(question)), pace.start)
    thoughts, contents = script.reasoning(question), script.content(question)
    usage = script.usage(question, thoughts, contents)
    texts = _texts(question, thoughts, contents)
    broken = wanted.ending is not None
    for index, items in enumerate(texts):
        yield from [Ping()] * _pings_before(index, len(texts), wanted.ping)
        last = index == len(texts) - 1 and not broken
        status = frames.LAST if last else frames.MIDDLE if index else frames.FIRST
        yield Send(frames.text_frame(sid, status, index, items, usage if last else None), pace.due(index))


def _texts(question: Question, thoughts: list[str], contents: list[str]) -> Sequence[list[dict[str, str]]]:
    """Return what the frames' `text` holds, one list per frame."""
    wanted = question.directives
    if wanted.empty:
        return [[]]
    if wanted.ending is not None:
        contents = contents[: wanted.ending.after]
    if wanted.oneframe:
        thought = {"reasoning_content": "".join(thoughts)} if thoughts else {}
        return [[{**thought, "content": "".join(contents)}]]
    return [[{"reasoning_content": text}] for text in thoughts] + [[{"content": text}] for text in contents]


def _pings_before(index: int, count: int, pings: int) -> int:
    """Spread `pings` evenly over the gaps between `count` frames; all before the only one if there is no gap."""
    gaps = count - 1
    if index == 0:
        return 0 if gaps else pings
    return pings * index // gaps - pings * (index - 1) // gaps
