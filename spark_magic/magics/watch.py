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
from ..errors import AnswerInvalid, Moderated, SparkError, SparkInterrupted, masked_text
from ..events import Event
from ..messages import say
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
        complete = exchange.answer is not None and not exchange.moderated
        raise SparkInterrupted(complete=complete, go_on=request.facts.go_on if exchange.text.strip() else "")
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
        answer = to_be_seen(exchange, outcome)
        view.finish(answer, outcome)
        sys.stdout.flush()  # ipykernel loses the reply of a cell that is interrupted while it flushes
    return answer


def to_be_seen(exchange: Exchange, outcome: Outcome) -> Answer:
    """Return the answer, or what there is of it; without a word where it is withdrawn."""
    answer = exchange.so_far() if exchange.answer is None else exchange.answer  # a complete one may be empty
    return Answer(model=answer.model, seconds=answer.seconds) if outcome is Outcome.WITHDRAWN else answer


def problem_lines(problem: BaseException) -> tuple[str, ...]:
    """Return what stands under an answer that no cell fails for: our error as a cell shows it, a bug in two lines."""
    if isinstance(problem, SparkError):
        first, *rest = problem.lines()
    else:
        first, rest = masked_text(str(problem)), [say("shown.background.bug")]
    return (f"{type(problem).__name__}: {first}", *rest)


def outcome_of(exchange: Exchange, problem: BaseException | None, *, stopped: bool) -> Outcome:
    """Tell how it ended; what moderation withdraws is not to be seen any more."""
    if isinstance(problem, Moderated) and (exchange.text or exchange.reasoning):
        return Outcome.WITHDRAWN
    if exchange.answer is not None:
        return Outcome.FLAGGED if exchange.moderated else Outcome.COMPLETE
    if isinstance(problem, AnswerInvalid):
        return Outcome.INVALID
    return Outcome.STOPPED if stopped or isinstance(problem, KeyboardInterrupt) else Outcome.FAILED
