"""Show an answer as it comes, to its end or to the user's stop."""

import sys
from collections.abc import Generator
from contextlib import closing
from typing import Any

from ..answer import Answer
from ..conversation import Exchange
from ..display import open_view
from ..display.facts import Outcome
from ..display.view import View
from ..errors import AnswerInvalid, Moderated, SparkError, SparkInterrupted
from ..events import Event
from .interrupt import Interrupt, interrupted_by
from .request import Request


def watched(shell: Any, request: Request, exchange: Exchange) -> Answer:
    """Show the answer as it comes. An interrupt stops the stream, and is raised when all is put away."""
    with interrupted_by(exchange.stop) as interrupt:
        try:
            answer = follow(open_view(shell, request.facts), exchange, interrupt)
        except Moderated:
            raise
        except (SparkError, KeyboardInterrupt):
            if not interrupt.came:
                raise
    if interrupt.came:
        raise SparkInterrupted(complete=exchange.answer is not None and not exchange.moderated)
    return answer


def follow(
    view: View, exchange: Exchange, interrupt: Interrupt, events: Generator[Event, None, None] | None = None
) -> Answer:
    """Show the events until the last one; whatever ends them early leaves the partial answer, marked.

    `events` are the exchange's where somebody has begun them already, and so claimed the conversation.
    """
    problem: BaseException | None = None
    try:
        with closing(iter(exchange) if events is None else events) as coming:
            for event in coming:
                view.take(event)
    except BaseException as early:
        problem = early
        raise
    finally:
        outcome = outcome_of(exchange, problem, stopped=interrupt.came)
        answer = exchange.so_far() if exchange.answer is None else exchange.answer  # a complete one may be empty
        if outcome is Outcome.WITHDRAWN:
            answer = Answer(model=answer.model, seconds=answer.seconds)
        view.finish(answer, outcome)
        sys.stdout.flush()  # ipykernel loses the reply of a cell that is interrupted while it flushes
    return answer


def outcome_of(exchange: Exchange, problem: BaseException | None, *, stopped: bool) -> Outcome:
    """Tell how it ended; what moderation withdraws is not to be seen any more."""
    if isinstance(problem, Moderated) and (exchange.text or exchange.reasoning):
        return Outcome.WITHDRAWN
    if exchange.answer is not None:
        return Outcome.FLAGGED if exchange.moderated else Outcome.COMPLETE
    if isinstance(problem, AnswerInvalid):
        return Outcome.INVALID
    return Outcome.STOPPED if stopped or isinstance(problem, KeyboardInterrupt) else Outcome.FAILED
