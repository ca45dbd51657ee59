"""Several answers at once: a thread for each gets it, and the thread that runs the cell shows them all."""

import sys
from collections.abc import Generator, Sequence
from concurrent.futures import Future, wait
from contextlib import closing
from functools import partial
from itertools import count
from queue import Empty, SimpleQueue
from typing import Any, Final

from ..answer import Answer
from ..conversation import Exchange
from ..display import open_columns
from ..display.columns import ColumnsView
from ..display.facts import Facts, Outcome
from ..errors import SparkError, SparkInterrupted
from ..events import Event
from ..task import in_thread
from .interrupt import Interrupt, interrupted_by
from .watch import outcome_of, problem_lines, to_be_seen

_SLICE: Final = 0.1  # seconds without any news until the status lines tick
_GOODBYE: Final = 5.0  # seconds; an answer that is stopped takes a fraction of one

_numbers: Final = count(1)  # of the threads

End = Answer | SparkError
_News = Event | Future[None]


def raced(shell: Any, facts: Sequence[Facts], exchanges: Sequence[Exchange]) -> list[End]:
    """Show the answers as they come, side by side; return for each the answer, or the error that ended it early.

    An interrupt stops all of them, and is raised when all is put away. Raises ConversationBusy, with nothing sent.
    """
    with interrupted_by(partial(_stop, exchanges)) as interrupt:
        try:
            ends = _shown(shell, facts, exchanges, interrupt)
        except (SparkError, KeyboardInterrupt):
            if not interrupt.came:
                raise
    if interrupt.came:
        kept = [answer.model for exchange in exchanges if (answer := exchange.answer) is not None and answer.turn]
        complete = all(exchange.answer is not None and not exchange.moderated for exchange in exchanges)
        raise SparkInterrupted(complete=complete, kept="" if complete else "".join(kept))
    return ends


def _stop(exchanges: Sequence[Exchange]) -> None:
    for exchange in exchanges:
        exchange.stop()


def _shown(shell: Any, facts: Sequence[Facts], exchanges: Sequence[Exchange], interrupt: Interrupt) -> list[End]:
    streams = [iter(exchange) for exchange in exchanges]  # claims the conversation for the one that is remembered
    race = _Race(open_columns(shell, facts), exchanges, interrupt)
    try:
        for number, stream in enumerate(streams):
            race.start(number, stream)
        race.follow()
    finally:
        race.put_away()
    return race.ends


class _Race:
    """The exchanges on their way: what comes of them goes through one queue, to one view."""

    def __init__(self, view: ColumnsView, exchanges: Sequence[Exchange], interrupt: Interrupt) -> None:
        self._view, self._exchanges, self._interrupt = view, exchanges, interrupt
        self._coming: SimpleQueue[tuple[int, _News]] = SimpleQueue()
        self._futures: dict[int, Future[None]] = {}
        self._ends: dict[int, End] = {}

    @property
    def ends(self) -> list[End]:
        """How they have ended, in their order."""
        return [self._ends[number] for number in range(len(self._exchanges))]

    def start(self, number: int, stream: Generator[Event, None, None]) -> None:
        """Begin to get one."""
        future = in_thread(partial(self._get, number, stream), f"spark-magic-compared-{next(_numbers)}")
        self._futures[number] = future
        future.add_done_callback(lambda done: self._coming.put((number, done)))

    def _get(self, number: int, stream: Generator[Event, None, None]) -> None:
        """Hand on all events; in the exchange's own thread."""
        with closing(stream):
            for event in stream:
                self._coming.put((number, event))

    def follow(self) -> None:
        """Show the events until all have ended; what is no SparkError is a bug of ours, and raised."""
        while len(self._ends) < len(self._exchanges):
            try:
                number, news = self._coming.get(timeout=_SLICE)
            except Empty:
                self._view.tick()
                continue
            if not isinstance(news, Future):
                self._view.take(number, news)
                continue
            problem = news.exception()
            self._end(number, problem)
            if problem is not None and not isinstance(problem, SparkError):
                raise problem

    def _end(self, number: int, problem: BaseException | None) -> None:
        """Note and show how one has ended."""
        exchange = self._exchanges[number]
        outcome = outcome_of(exchange, problem, stopped=self._interrupt.came)
        answer = to_be_seen(exchange, outcome)
        failure = problem if isinstance(problem, SparkError) else None
        self._ends[number] = answer if failure is None else failure
        lines = () if failure is None or outcome is Outcome.STOPPED else problem_lines(failure)
        self._view.end(number, answer, outcome, lines)

    def put_away(self) -> None:
        """Stop what is still under way, wait a moment for its end, and leave the final form on the screen."""
        left = [number for number in range(len(self._exchanges)) if number not in self._ends]
        try:
            _stop([self._exchanges[number] for number in left])
            wait(self._futures.values(), _GOODBYE)
            for number in left:
                future = self._futures.get(number)
                self._end(number, future.exception() if future is not None and future.done() else None)
        finally:
            self._view.close()
            sys.stdout.flush()  # ipykernel loses the reply of a cell that is interrupted while it flushes
