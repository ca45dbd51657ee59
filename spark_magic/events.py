"""What goes into a conversation and what comes out of a stream: frozen data, nothing else."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Role: TypeAlias = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Message:
    """One item of a conversation as the model sees it."""

    role: Role
    content: str


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


@dataclass(frozen=True, slots=True)
class Waiting:
    """Nothing came for a moment; `seconds` since the request was sent. For a status line that ticks."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Finished:
    """The last event of every complete answer. `usage` is None where the server sent none."""

    sid: str
    usage: Usage | None


Event: TypeAlias = Delta | Reasoning | References | Waiting | Finished
