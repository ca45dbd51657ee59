"""What was asked last in a conversation, for asking again and for going on."""

import argparse
from dataclasses import dataclass, field, replace

from IPython.core.error import UsageError

from ..answer import Answer
from ..conversation import Conversation, Turn
from ..formats import Form
from ..messages import say
from .named import existing
from .request import Asked, Prompt
from .state import State


@dataclass(frozen=True)
class Last:
    """The last question: its prompt and options, the place in the conversation, and what there is of an answer.

    `turn` is the one in whose place an answer goes; where there is none yet, it carries the cell that asked.
    `number` is that turn's (from 1; 0: none yet), `complete` tells whether the model has ended the answer itself,
    `withdrawn` that moderation objects to it.
    """

    prompt: Prompt
    turn: Turn
    number: int
    answer: Answer
    options: argparse.Namespace = field(default_factory=argparse.Namespace)
    complete: bool = True
    withdrawn: bool = False


def last_of(state: State, name: str) -> Last:
    """Return the last question of that conversation; its newest turn's where no other is known (after a restart).

    UsageError where nothing was asked, or where there is no such conversation.
    """
    conversation, asked = existing(state, name), state.last.get(name)
    if asked is not None and not _forgotten(asked, conversation):
        return _asked(asked, conversation)
    if not conversation.turns:
        raise UsageError(say("usage.nothing_asked"))
    turn = conversation.turns[-1]
    prompt = Prompt(turn.question, form=Form(turn.answer.form))
    return Last(prompt, turn, len(conversation.turns), turn.answer, complete=not turn.answer.cut)


def _asked(asked: Asked, conversation: Conversation) -> Last:
    exchange, plan = asked.exchange, asked.plan
    answer = exchange.so_far() if exchange.answer is None else exchange.answer
    turn = _turn_of(answer, conversation) or plan.instead_of or plan.turn
    place = next((place for place, other in enumerate(conversation.turns, start=1) if other is turn), 0)
    return Last(
        prompt=replace(asked.prompt, notes=()),  # which have been read
        turn=turn,
        number=place if plan.remembered else 0,
        answer=answer,
        options=asked.options,
        complete=exchange.answer is not None and not answer.cut,
        withdrawn=exchange.moderated,
    )


def _turn_of(answer: Answer, conversation: Conversation) -> Turn | None:
    return next((turn for turn in conversation.turns if turn.answer is answer), None)


def _forgotten(asked: Asked, conversation: Conversation) -> bool:
    """Tell whether it was remembered and is no more: the user has taken its turn away."""
    answer = asked.exchange.answer
    return answer is not None and answer.turn > 0 and _turn_of(answer, conversation) is None


def with_given(then: argparse.Namespace, now: argparse.Namespace, usual: argparse.Namespace) -> argparse.Namespace:
    """Return the options of then, with those of now in their place that are not the usual ones.

    Where the answer is only to be shown, `--dry-run`, is decided now.
    """
    changed = {name: value for name, value in vars(now).items() if value != getattr(usual, name, None)}
    return argparse.Namespace(**{**vars(usual), **vars(then), **changed, "name": now.name, "dry_run": now.dry_run})
