"""Ask in the background: the cell ends at once, a thread goes on with the answer where the cell has shown it."""

import argparse
from collections.abc import Generator
from concurrent.futures import wait
from contextlib import ExitStack, closing
from itertools import count
from typing import Any, Final

from ..answer import Answer
from ..conversation import Exchange
from ..display import background_context, open_view, shown_here
from ..display.facts import Outcome
from ..display.view import View
from ..errors import AnswerStopped, Moderated, SparkError
from ..events import Event
from ..task import in_thread
from .interrupt import Interrupt, held_back
from .pending import PendingAnswer
from .record import record
from .request import Asked, Prompt, Request
from .state import State
from .watch import follow, problem_lines

_numbers: Final = count(1)  # of the threads


def ask_in_background(
    shell: Any, state: State, prompt: Prompt, options: argparse.Namespace, request: Request
) -> PendingAnswer:
    """Begin to ask, and return at once; nothing can fail any more then but the answer itself.

    Raises ConversationBusy. An interrupt before it returns stops the answer.
    """
    exchange = request.exchange()
    pending = PendingAnswer(exchange, request.facts.model)
    try:
        with held_back():  # until there is something whole to stop
            _begin(shell, state, request, exchange, pending)
    except KeyboardInterrupt:
        pending.stop()
        raise
    state.last[request.name] = Asked(prompt, options, request.plan, exchange)
    if getattr(shell, "kernel", None) is not None:
        shown_here(shell, pending)  # the answer itself is what the cell shows; in a terminal it is all there is to see
    return pending


def stop_all(pending: "set[PendingAnswer]", seconds: float) -> None:
    """Stop them, and wait so long at most for their threads to put all away."""
    for answer in (running := list(pending)):
        answer.stop()
    wait([answer.future for answer in running], seconds)


def _begin(shell: Any, state: State, request: Request, exchange: Exchange, pending: PendingAnswer) -> None:
    """Claim the conversation, show the view, start the thread; where that fails, give back what was taken."""
    with ExitStack() as undone:
        events = undone.enter_context(closing(iter(exchange)))
        view = _LateEnd(open_view(shell, request.facts, pending.stop))
        undone.callback(view.end)
        view.finish(exchange.so_far(), Outcome.FAILED)  # should the system have no thread left

        def step() -> Answer:
            try:
                return pending.completed(_followed(view, exchange, events, pending.interrupt))
            finally:
                record(state, request, exchange)
                state.keep(request.name)

        name = f"spark-magic-background-{next(_numbers)}"
        pending.future = in_thread(step, name, background_context(shell))
        undone.pop_all()
    state.pending.add(pending)
    pending.future.add_done_callback(lambda _: state.pending.discard(pending))


def _followed(
    view: "_LateEnd", exchange: Exchange, events: Generator[Event, None, None], interrupt: Interrupt
) -> Answer:
    """Show the answer as it comes; what keeps it from being complete is said below: no cell can fail."""
    try:
        answer = follow(view, exchange, interrupt, events)
    except BaseException as problem:
        stopped = interrupt.came and isinstance(problem, SparkError) and not isinstance(problem, Moderated)
        view.problem = () if stopped else problem_lines(problem)
        view.end()
        if stopped:
            raise AnswerStopped("answer.stopped") from None
        raise
    view.end()
    return answer


class _LateEnd:
    """A view that is finished by `end`: when it is known what there is to say of an error."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._final: tuple[Answer, Outcome] | None = None
        self.problem: tuple[str, ...] = ()

    def take(self, event: Event) -> None:
        self._view.take(event)

    def finish(self, answer: Answer, outcome: Outcome, problem: tuple[str, ...] = ()) -> None:
        self._final, self.problem = (answer, outcome), problem

    def end(self) -> None:
        if self._final is not None:
            self._view.finish(*self._final, self.problem)
