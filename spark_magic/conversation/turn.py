"""One turn of a conversation, and the examples that stand before all turns."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self, TypeAlias

from ..answer import Answer
from ..events import Message
from .tokens import estimate

Example: TypeAlias = tuple[str, str]  # a question and the answer to it, for the model to go by


@dataclass(frozen=True, slots=True)
class Turn:
    """One question with its complete answer, and the picture it was about, if any.

    `cell` names the place it was asked from, if that is known, `execution_count` the cell's number (0: none).
    """

    question: str
    answer: Answer
    cell: str | None = None
    picture: Message | None = None
    execution_count: int = 0

    def copied(self) -> Self:
        """Return it for another conversation, with an answer that may have another number there."""
        facts = {name: getattr(self.answer, name) for name in Answer.__slots__}
        return replace(self, answer=Answer(str(self.answer), **facts))


def turn_size(turn: Turn) -> float:
    """Return about how many tokens it is, before any correction and without its picture."""
    return pair_size((turn.question, turn.answer))


def pair_size(pair: Example) -> float:
    """Return the same of a question and its answer."""
    question, answer = pair
    return estimate(question) + estimate(answer)


def newest_picture(turns: Sequence[Turn]) -> Message | None:
    """Return the picture that came in last, if any."""
    return next((turn.picture for turn in reversed(turns) if turn.picture is not None), None)


def turn_for(
    question: str, cell: str | None, picture: Message | None, execution_count: int, instead_of: Turn | None
) -> Turn:
    """Return what the answer will make a turn; in the place of another it has that one's cell and picture."""
    turn = Turn(question, Answer(), cell, picture, execution_count)
    if instead_of is None:
        return turn
    return replace(turn, cell=instead_of.cell, picture=picture or instead_of.picture)
