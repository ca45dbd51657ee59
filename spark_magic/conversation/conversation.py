"""The turns of one conversation, what of them fits into the next request, and the commit that adds one."""

from collections.abc import Sequence
from dataclasses import replace

from ..answer import Answer
from ..client import Client
from ..errors import PromptTooLarge
from ..events import Message
from .claim import Claim
from .exchange import Exchange
from .judged import Judge
from .plan import Plan, asked_messages, lined_up
from .seam import Further
from .tokens import TokenScale, estimate, estimate_picture
from .turn import Example, Turn, newest_picture, pair_size, turn_for, turn_size


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

    def plan(  # noqa: PLR0913  # what a request is made of, all by name
        self,
        client: Client,
        question: str,
        *,
        system: str = "",
        examples: Sequence[Example] = (),
        picture: Message | None = None,
        cell: str | None = None,
        execution_count: int = 0,
        instead_of: Turn | None = None,
        further: Further | None = None,
        history: bool = True,
    ) -> Plan:
        """Decide what to send: the system prompt, the examples, the turns that fit, the question.

        `instead_of` is asked again with the turns before it, and so is the turn asked from the same `cell`. An
        answer to the question that is to go `further` comes behind it, with the words that ask for more. A model
        that sees pictures gets the newest one of the conversation. When all is more than the model takes, whole
        oldest turns are left out; PromptTooLarge when the question is too large without any.
        """
        model = client.target.model
        turn = turn_for(question, cell, picture, execution_count, instead_of)
        place = self._place(turn, instead_of) if history else None
        earlier = self.turns[:place] if history else []
        seen = self.picture(picture, cell=cell, instead_of=instead_of, history=history)
        shown = seen if model.images else None
        asked = asked_messages(question, further)
        texts = (system, *(message.content for message in asked))
        fixed = sum(map(estimate, texts)) + sum(map(pair_size, examples)) + estimate_picture(shown)
        if self.scale.tokens(fixed) > model.input_tokens:
            raise PromptTooLarge(
                "prompt.too_large", tokens=self.scale.tokens(fixed), limit=model.input_tokens, model=model.alias
            )
        kept = self._that_fit(earlier, fixed, model.input_tokens)
        estimated = fixed + sum(map(turn_size, kept))
        pairs = (*examples, *((turn.question, str(turn.answer)) for turn in kept))
        return Plan(
            turn=turn,
            messages=lined_up(pairs, asked, system, shown, system_role=model.system_role),
            estimated=estimated,
            tokens=self.scale.tokens(estimated),
            left_out=len(earlier) - len(kept),
            replaces=place + 1 if place is not None else 0,
            instead_of=instead_of,
            further=further,
            system_in_question=bool(system) and not model.system_role,
            picture_left_out=seen is not None and shown is None,
            remembered=history,
        )

    def picture(
        self,
        new: Message | None = None,
        *,
        cell: str | None = None,
        instead_of: Turn | None = None,
        history: bool = True,
    ) -> Message | None:
        """Return what a question is about: its own `new` picture, else the newest before it; the rest as in `plan`."""
        turn = turn_for("", cell, new, 0, instead_of)
        earlier = self.turns[: self._place(turn, instead_of)] if history else []
        return newest_picture([*earlier, turn])

    def ask(self, client: Client, plan: Plan, *, form: str = "markdown", judge: Judge | None = None) -> Exchange:
        """Return the exchange of that plan; its turn is added when, and only when, the answer is complete.

        And when the `judge` has taken it, where there is one; `form` is how the answer is to be shown.
        """
        claim = self._claim if plan.remembered else Claim()  # outside the conversation nobody is in the way
        return Exchange(
            client,
            plan.messages,
            claim,
            lambda answer, alone: self._commit(plan, answer, alone=alone),
            further=plan.further,
            form=form,
            judge=judge,
        )

    def newly_left_out(self, plan: Plan) -> int:
        """Return how many turns do not fit, once: 0 from then on, until all of them fit again."""
        if not plan.remembered:
            return 0
        told, self._told = self._told, plan.left_out > 0
        return 0 if told else plan.left_out

    def reset(self) -> int:
        """Forget all turns; return how many there were. A question under way will not be remembered either."""
        self._claim.withdraw()
        return len(self._put([]))

    def undo(self, count: int = 1) -> list[Turn]:
        """Forget the last turns; return those there were. ConversationBusy while a question is answered."""

        def step() -> list[Turn]:
            kept = max(0, len(self.turns) - count)
            return self._put(self.turns[:kept])[kept:]

        return self._claim.while_free(step)

    def restore(self, turns: Sequence[Turn]) -> int:
        """Have these turns in place of all others; return how many there were. ConversationBusy as above.

        The answers become this conversation's: they are numbered from 1.
        """
        return len(self._claim.while_free(lambda: self._put(turns)))

    def _put(self, turns: Sequence[Turn]) -> list[Turn]:
        """Have these turns, numbered; return the former ones."""
        former, self.turns = self.turns, list(turns)
        self._told = False
        for number, turn in enumerate(self.turns, start=1):
            turn.answer.turn = number
        return former

    def _commit(self, plan: Plan, answer: Answer, *, alone: bool) -> Answer:
        """Add the turn; `alone` tells whether the plan's request is all that the answer's tokens were counted for."""
        if answer.usage is not None and alone:
            before = plan.further.answer.usage if plan.further is not None else None
            self.scale.learn(plan.estimated, answer.usage.prompt_tokens - (before.prompt_tokens if before else 0))
        if not plan.remembered:
            return answer
        place = self._place(plan.turn, plan.instead_of)
        answer.turn = place + 1 if place is not None else len(self.turns) + 1
        turn = replace(plan.turn, answer=answer)
        if place is None:
            self.turns = [*self.turns, turn]  # one assignment: an interrupt finds the old list or the new one
        else:
            self.turns = [*self.turns[:place], turn, *self.turns[place + 1 :]]
        return answer

    def _place(self, turn: Turn, instead_of: Turn | None) -> int | None:
        """Return where in the list the turn goes that this one takes the place of, if there is one."""
        for place, other in enumerate(self.turns):
            if other is instead_of or (other.cell is not None and other.cell == turn.cell):
                return place
        return None

    def _that_fit(self, turns: Sequence[Turn], fixed: float, limit: int) -> list[Turn]:
        """Return the newest turns that fit beside the fixed part."""
        total = fixed
        kept: list[Turn] = []
        for turn in reversed(turns):
            total += turn_size(turn)
            if self.scale.tokens(total) > limit:
                break
            kept.insert(0, turn)
        return kept
