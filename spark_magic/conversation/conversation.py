"""The turns of one conversation, what of them fits into the next request, and the commit that adds one."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..answer import Answer
from ..client import Client
from ..errors import PromptTooLarge
from ..events import Message
from .claim import Claim
from .exchange import Exchange
from .tokens import TokenScale, estimate


@dataclass(frozen=True, slots=True)
class Turn:
    """One question with its complete answer; `cell` names the place it was asked from, if that is known."""

    question: str
    answer: Answer
    cell: str | None = None

    @property
    def messages(self) -> tuple[Message, Message]:
        """The turn as the model sees it: without the reasoning, which the vendor does not want back."""
        return Message("user", self.question), Message("assistant", str(self.answer))


@dataclass(frozen=True, slots=True)
class Plan:
    """The next request: its messages, the estimated tokens, and what the user should be told about it.

    `left_out` counts the oldest turns that did not fit, `replaces` is the number (from 1) of the turn that the
    answer takes the place of (0: none), `system_in_question` that the model has no system role.
    """

    question: str
    messages: tuple[Message, ...]
    estimated: float
    tokens: int
    left_out: int = 0
    replaces: int = 0
    system_in_question: bool = False
    cell: str | None = None
    remembered: bool = True


class Conversation:
    """Turns that are all complete; the system prompt is no turn and is given with each request.

    One question at a time: a second one meanwhile, from another thread say, fails with ConversationBusy.
    """

    def __init__(self) -> None:
        """Start empty."""
        self.turns: list[Turn] = []
        self.scale = TokenScale()
        self._told = False
        self._claim = Claim()

    def plan(
        self, client: Client, question: str, *, system: str = "", cell: str | None = None, history: bool = True
    ) -> Plan:
        """Decide what to send: the system prompt, the turns that fit, the question.

        A turn asked from the same `cell` is asked again with the turns before it. When all is more than the model
        takes, whole oldest turns are left out; PromptTooLarge when the question is too large without any.
        """
        model = client.target.model
        place = self._place(cell) if history else None
        earlier = self.turns[:place] if history else []
        fixed = estimate(system) + estimate(question)
        if self.scale.tokens(fixed) > model.input_tokens:
            raise PromptTooLarge(
                "prompt.too_large", tokens=self.scale.tokens(fixed), limit=model.input_tokens, model=model.alias
            )
        kept = self._that_fit(earlier, fixed, model.input_tokens)
        estimated = fixed + sum(map(_size, kept))
        return Plan(
            question=question,
            messages=_messages(kept, question, system, system_role=model.system_role),
            estimated=estimated,
            tokens=self.scale.tokens(estimated),
            left_out=len(earlier) - len(kept),
            replaces=place + 1 if place is not None else 0,
            system_in_question=bool(system) and not model.system_role,
            cell=cell,
            remembered=history,
        )

    def ask(self, client: Client, plan: Plan) -> Exchange:
        """Return the exchange of that plan; its turn is added when, and only when, the answer is complete."""
        claim = self._claim if plan.remembered else Claim()  # outside the conversation nobody is in the way
        return Exchange(client, plan.messages, claim, lambda answer: self._commit(plan, answer))

    def newly_left_out(self, plan: Plan) -> int:
        """Return how many turns do not fit, once: 0 from then on, until all of them fit again."""
        if not plan.remembered:
            return 0
        told, self._told = self._told, plan.left_out > 0
        return 0 if told else plan.left_out

    def reset(self) -> int:
        """Forget all turns; return how many there were. A question under way will not be remembered either."""
        self._claim.withdraw()
        count = len(self.turns)
        self.turns = []
        self._told = False
        return count

    def _commit(self, plan: Plan, answer: Answer) -> Answer:
        if answer.usage is not None:
            self.scale.learn(plan.estimated, answer.usage.prompt_tokens)
        if not plan.remembered:
            return answer
        place = self._place(plan.cell)
        answer.turn = place + 1 if place is not None else len(self.turns) + 1
        turn = Turn(plan.question, answer, plan.cell)
        if place is None:
            self.turns = [*self.turns, turn]  # one assignment: an interrupt finds the old list or the new one
        else:
            self.turns = [*self.turns[:place], turn, *self.turns[place + 1 :]]
        return answer

    def _place(self, cell: str | None) -> int | None:
        """Return where in the list the cell's own turn is, if it has one."""
        if cell is None:
            return None
        return next((place for place, turn in enumerate(self.turns) if turn.cell == cell), None)

    def _that_fit(self, turns: Sequence[Turn], fixed: float, limit: int) -> list[Turn]:
        """Return the newest turns that fit beside the fixed part."""
        total = fixed
        kept: list[Turn] = []
        for turn in reversed(turns):
            total += _size(turn)
            if self.scale.tokens(total) > limit:
                break
            kept.insert(0, turn)
        return kept


def _size(turn: Turn) -> float:
    return estimate(turn.question) + estimate(turn.answer)


def _messages(turns: Sequence[Turn], question: str, system: str, *, system_role: bool) -> tuple[Message, ...]:
    """Line up the request; without a system role the system prompt goes in front of the first question."""
    messages = [message for turn in turns for message in turn.messages]
    messages.append(Message("user", question))
    if system and system_role:
        messages.insert(0, Message("system", system))
    elif system:
        messages[0] = Message("user", f"{system}\n\n{messages[0].content}")
    return tuple(messages)
