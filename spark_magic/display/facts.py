"""What is known of one answer besides its text, as frozen data."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Self

from ..answer import Answer
from ..events import Notice, Retrying
from ..messages import say


class Outcome(Enum):
    """How an answer ended, or that it has not yet."""

    RUNNING = "answering"
    COMPLETE = "complete"
    STOPPED = "stopped"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"
    FLAGGED = "flagged"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Facts:
    """The model's alias, the parameters that were sent, and notes the user should read once.

    `problem` has the lines of an error, where no cell is there to fail. `format` is how the answer is laid out,
    `conversation` the name of one that has a name of its own; `go_on` is the line that continues an answer which was
    cut, or "" where none does.
    """

    model: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    remembered: bool = True
    problem: tuple[str, ...] = ()
    format: str = "markdown"
    conversation: str = ""
    go_on: str = "%spark --continue"

    def noting(self, notice: Notice) -> Self:
        """Return them with one more note."""
        return replace(self, notes=(*self.notes, say(notice.key, **notice.values).strip()))


def footer(facts: Facts, answer: Answer, outcome: Outcome) -> str:
    """Return the line under an answer: model, seconds, tokens, and how it ended if not well.

    Of one that nobody was asked for, that it has cost nothing takes the place of seconds and tokens.
    """
    parts = [facts.model, say("label.cached") if answer.cached else say("label.seconds", seconds=answer.seconds)]
    if answer.usage is not None and not answer.cached:
        usage = answer.usage
        parts.append(say("label.tokens", prompt=usage.prompt_tokens, completion=usage.completion_tokens))
    if facts.conversation and facts.remembered:
        parts.append(say("label.in_conversation", name=facts.conversation))
    if how := ending(answer, outcome, facts.go_on):
        parts.append(how)
    if not facts.remembered or not answer.turn or outcome is not Outcome.COMPLETE:  # maybe a reset came in between
        parts.append(say("label.not_remembered"))
    return " · ".join(parts)


def ending(answer: Answer, outcome: Outcome, go_on: str = "") -> str:
    """Return how it ended, if not well: nothing for one that the model has ended. `go_on` continues one it has not."""
    if outcome is not Outcome.COMPLETE:
        return say(f"label.{outcome.value}")
    if not answer.cut:
        return ""
    return say("label.cut.go_on", line=go_on) if go_on else say("label.cut")


def retrying(event: Retrying) -> str:
    """Return why it is asked again, and when."""
    seconds = math.ceil(event.seconds)
    return say("label.retrying", reason=event.reason, seconds=seconds, number=event.number, of=event.of)


def metadata(facts: Facts, answer: Answer, outcome: Outcome) -> dict[str, Any]:
    """Return what the saved output says of itself, under the key `spark_magic`."""
    usage = answer.usage
    counts = None if usage is None else {name: getattr(usage, name) for name in usage.__dataclass_fields__}
    return {
        "spark_magic": {
            "model": facts.model,
            "parameters": dict(facts.parameters),
            "usage": counts,
            "sid": answer.sid,
            "seconds": round(answer.seconds, 3),
            "outcome": outcome.value,
            "stopped": outcome is Outcome.STOPPED,
            "turn": answer.turn,
            **({"cached": True} if answer.cached else {}),
        }
    }
