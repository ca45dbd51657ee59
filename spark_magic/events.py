"""What goes into a conversation and what comes out of a stream: frozen data, nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Role: TypeAlias = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Message:
    """One item of a conversation as the model sees it; of a picture, `content` is its file in base64."""

    role: Role
    content: str
    content_type: Literal["text", "image"] = "text"


@dataclass(frozen=True, slots=True)
class Delta:
    """The next piece of the answer; never empty."""

    text: str


@dataclass(frozen=True, slots=True)
class Reasoning:
    """The next piece of a thinking model's reasoning; never empty, and as a rule before the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Reference:
    """One search result the answer rests on, as the server named it: nothing here is safe to show unchecked."""

    index: int
    url: str
    title: str


@dataclass(frozen=True, slots=True)
class References:
    """The search results behind an answer; they come before its first words."""

    items: tuple[Reference, ...]


@dataclass(frozen=True, slots=True)
class Usage:
    """What the vendor bills for one exchange, in tokens; `prompt_tokens` includes the history."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int

    def plus(self, other: "Usage | None") -> "Usage":
        """Return the sum; what nobody has counted counts as nothing."""
        if other is None:
            return self
        return Usage(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))


@dataclass(frozen=True, slots=True)
class Waiting:
    """Nothing came for a moment; `seconds` since the request was sent. For a status line that ticks."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Retrying:
    """It failed for `reason`, a sentence for the user, and is asked again in `seconds`: time `number` of `of`."""

    number: int
    of: int
    seconds: float
    reason: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to tell the user beside the answer: a sentence's key in `messages` and what is put into it."""

    key: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A complete answer is not of the form that was asked for: it is void, and has cost `usage`."""

    usage: Usage | None


@dataclass(frozen=True, slots=True)
class StartedOver:
    """What came so far is void, and asked for once more: another answer comes in its place."""


@dataclass(frozen=True, slots=True)
class Finished:
    """The last event of every complete answer. `usage` is None where the server sent none.

    `data` is the object the answer stands for, where one was asked for.

    `moderated`: the answer may be shown, with the Notice before this, but is nothing to go on from. `cached`: nobody
    was asked, an identical question was answered before.
    """

    sid: str
    usage: Usage | None
    moderated: bool = False
    data: Any = None
    cached: bool = False


Event: TypeAlias = Delta | Reasoning | References | Waiting | Retrying | Notice | Rejected | StartedOver | Finished
