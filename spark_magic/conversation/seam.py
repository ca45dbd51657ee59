"""Where an answer goes on: the text there was, and what a second request adds to it, as one stream of events."""

from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from ..answer import Answer
from ..events import Delta, Event, Finished, Reasoning, References, Usage

_LEAST: Final = 12  # letters and digits (an ideograph counts as two) of a repetition that is no accident
_LOOKED_AT: Final = 400  # characters of the end that may be repeated
_WIDE: Final = "\u2e80"  # from here on, a character says as much as two letters


@dataclass(frozen=True, slots=True)
class Further:
    """What a request goes on with: the answer so far, the words that ask for more, and the code it stops in.

    `fence` is the line that opened the code block the answer stops in ("": it stops in none).
    """

    answer: Answer
    request: str
    fence: str = ""


class Seam:
    """Joins two halves of an answer; words that the second half repeats from the end of the first come once.

    Until it is clear what is repeated, the first letters of the second half are held back: `held` has them.
    """

    def __init__(self, further: Further | None) -> None:
        """Take what there is already, if anything."""
        self.before = further.answer if further is not None else Answer()
        self._fence = further.fence if further is not None else ""
        self._coming: str | None = None if further is None else ""  # None: decided, all that comes is new

    @property
    def held(self) -> str:
        """The letters that are held back, but for what they repeat."""
        return without_repeated(str(self.before), self._coming or "", self._fence)

    def opening(self) -> Iterator[Event]:
        """Yield the first half: whoever shows the second one shows both."""
        if self.before.references:
            yield References(self.before.references)
        if self.before.reasoning:
            yield Reasoning(self.before.reasoning)
        if self.before:
            yield Delta(str(self.before))

    def joined(self, events: Iterable[Event]) -> Generator[Event, None, None]:
        """Yield the events of the second half, the repeated words left out."""
        thoughts = "\n\n" if self.before.reasoning else ""
        for event in events:
            if isinstance(event, Delta) and self._coming is not None:
                yield from self._decided(self._coming + event.text)
            elif isinstance(event, Reasoning):
                yield replace(event, text=thoughts + event.text)
                thoughts = ""
            else:
                if isinstance(event, Finished):
                    yield from self._given()
                yield event

    def _decided(self, coming: str) -> Iterator[Event]:
        """Hold the letters back while more of them may turn out to be repeated, then give what is new."""
        self._coming = coming
        if not may_repeat(str(self.before), coming, self._fence):
            yield from self._given()

    def _given(self) -> Iterator[Event]:
        text, self._coming = self.held, None
        if text:
            yield Delta(text)

    def whole(self, usage: Usage | None) -> Usage | None:
        """Return the tokens of both halves; of the second alone where the first was stopped and nobody counted."""
        first = self.before.usage
        if first is None or usage is None:
            return usage
        return Usage(*(getattr(first, name) + getattr(usage, name) for name in Usage.__dataclass_fields__))


def without_repeated(before: str, coming: str, fence: str = "") -> str:
    """Return what is new in `coming`, which goes on where `before` ends.

    Left out are the line that opens the code block once more, and the longest beginning that is also the end of
    `before`, if it is of twelve letters at least. Anything else stays.
    """
    text = coming.removeprefix(f"{fence}\n") if fence else coming
    tail = before[-_LOOKED_AT:]
    for length in range(min(len(tail), len(text)), 0, -1):
        if tail.endswith(text[:length]):
            return text[length:] if _weight(text[:length]) >= _LEAST else text
    return text


def may_repeat(before: str, coming: str, fence: str = "") -> bool:
    """Tell whether more letters could make a longer repetition of `coming`."""
    if fence and len(coming) <= len(fence) and f"{fence}\n".startswith(coming):
        return True
    text = coming.removeprefix(f"{fence}\n") if fence else coming
    return text in before[-_LOOKED_AT:][:-1] or not text


def _weight(text: str) -> int:
    """Count letters and digits: indentation and rules are repeated for good reasons."""
    return sum(2 if character >= _WIDE else 1 for character in text if character.isalnum())
