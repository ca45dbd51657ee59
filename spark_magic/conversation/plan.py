"""What the next request is: its messages in the order the vendor wants them, and what there is to say about it."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..events import Message
from .seam import Further
from .turn import Example, Turn


@dataclass(frozen=True, slots=True)
class Plan:
    """The next request: its messages, the estimated tokens, and what the user should be told about it.

    `turn` is the one that a complete answer adds, but for that answer. `left_out` counts the oldest turns that did
    not fit, `replaces` is the number (from 1) of the turn that the answer takes the place of (0: none), `instead_of`
    that turn where it was named, `further` the answer it goes on with, `system_in_question` that the model has no
    system role, `picture_left_out` that it does not see the conversation's picture.
    """

    turn: Turn
    messages: tuple[Message, ...]
    estimated: float
    tokens: int
    left_out: int = 0
    replaces: int = 0
    instead_of: Turn | None = None
    further: Further | None = None
    system_in_question: bool = False
    picture_left_out: bool = False
    remembered: bool = True

    @property
    def question(self) -> str:
        """The question."""
        return self.turn.question


def asked_messages(question: str, further: Further | None) -> list[Message]:
    """Return the question, and of an answer to go on with what there is, and that more is wanted."""
    if further is None:
        return [Message("user", question)]
    so_far = Message("assistant", str(further.answer))
    return [Message("user", question), so_far, Message("user", further.request)]


def lined_up(
    pairs: Sequence[Example], asked: Sequence[Message], system: str, picture: Message | None, *, system_role: bool
) -> tuple[Message, ...]:
    """Line up the request; without a system role the system prompt goes in front of the first question.

    A picture comes before all questions, whichever turn brought it in; the system prompt alone before it.
    """
    messages = [message for q, a in pairs for message in (Message("user", q), Message("assistant", a))]
    messages += asked
    if system and system_role:
        messages.insert(0, Message("system", system))
    elif system:
        messages[0] = Message("user", f"{system}\n\n{messages[0].content}")
    place = 1 if messages[0].role == "system" else 0
    return (*messages[:place], *([picture] if picture is not None else []), *messages[place:])
