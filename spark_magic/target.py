"""Where and how to ask, as frozen data: what a client needs besides credentials and messages."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

if TYPE_CHECKING:  # loading the extension loads this module for its numbers, and needs no catalogue yet
    from .models import Model

_MIB: Final = 1024 * 1024

Thinking: TypeAlias = Literal["on", "off", "auto"]
SearchMode: TypeAlias = Literal["normal", "deep"]


@dataclass(frozen=True, slots=True)
class Parameters:
    """How the model answers; None leaves a value to the server's own default.

    `thinking` is the switch of the reasoning models. `search` lets the model look things up in the web (the server's
    default is that it may), `search_mode` in summaries or in whole pages (more tokens), `references` has it name them.
    """

    temperature: float | None = None
    top_k: int | None = None
    max_tokens: int | None = None
    thinking: Thinking | None = None
    search: bool | None = None
    search_mode: SearchMode | None = None
    references: bool | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """How long each phase of a call may take, in seconds, and how much the server may send, in bytes.

    `open_timeout` covers name look-up, connecting, TLS and the handshake; `first_timeout` the wait for the first
    frame (long: thinking models); `idle_timeout` the wait for each further one; `total_timeout` the whole call, with
    all its attempts: `retries` says how often a failure before the first words is asked again.
    """

    open_timeout: float = 10.0
    send_timeout: float = 10.0
    first_timeout: float = 120.0
    idle_timeout: float = 60.0
    total_timeout: float = 1800.0
    max_bytes: int = 8 * _MIB
    retries: int = 2


@dataclass(frozen=True, slots=True)
class Target:
    """One resolved model with its parameters and limits, and the hosts besides the vendor's that may get keys."""

    model: "Model"
    parameters: Parameters = field(default_factory=Parameters)
    limits: Limits = field(default_factory=Limits)
    allowed_hosts: tuple[str, ...] = ()

    @property
    def most_tokens(self) -> int:
        """How many tokens an answer may have; one of so many was cut."""
        return self.parameters.max_tokens or self.model.output_tokens
