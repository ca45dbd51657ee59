"""Tasks handed to an executor, whatever kind it is; what comes of them arrives in one queue."""

import time
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from contextlib import suppress
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Final, Generic, Self, TypeVar

from ..credentials import Credentials
from ..errors import ExecutorFailed
from ..events import Message
from ..target import Target
from .task import DESKS, Desk, Outcome, Task, new_run
from .workers import workers_of

Job = TypeVar("Job")

# What a future fails with when its worker is gone, by name: none of these libraries is imported for it.
_DIED: Final = {"KilledWorker", "EngineError", "TaskAborted", "CommClosedError", "FutureCancelledError"}
_GOODBYE: Final = 0.6  # seconds for what is stopped to come back; a thread of ours takes a fraction of it
_SILENCE: Final = 2.0  # seconds without any news, after which one looks whether there are workers
_NOBODY: Final = 30.0  # seconds without workers: a cluster that starts them again needs some
_GRACE: Final = 60.0  # seconds beyond the time that a request may take at most


class Crew(Generic[Job]):
    """An executor at work for one run: `submit` a job, and hear of it in `ended`.

    Executors of this process share one client, with these credentials; other processes find their own.
    """

    def __init__(self, executor: Executor, target: Target, credentials: Credentials | None) -> None:
        """Take the executor, which stays its owner's; without credentials they are looked for where they are needed."""
        self._target, self._run = target, new_run()
        self._workers = workers_of(executor, self._run)
        self._desk = DESKS[self._run] = Desk(target, credentials)
        self._news: SimpleQueue[Future[Outcome]] = SimpleQueue()
        self._jobs: dict[Future[Outcome], Job] = {}
        self._heard = self._looked = self._seen = time.monotonic()  # from the workers, after them, of any

    @property
    def repeated(self) -> int:
        """How many jobs the executor itself has begun again, because a worker died."""
        return self._workers.repeated

    def __len__(self) -> int:
        """Return how many are under way."""
        return len(self._jobs)

    def submit(self, job: Job, messages: tuple[Message, ...]) -> None:
        """Hand it over; ExecutorFailed where the executor takes no more."""
        try:
            future = self._workers.submit(Task(self._target, messages, self._run))
            if future in self._jobs:
                raise TypeError("a future given twice")  # noqa: TRY003, TRY301  # said below
            future.add_done_callback(self._news.put)
        except Exception as problem:  # noqa: BLE001  # of the executor's own library: broken, shut down, disconnected
            detail = _said(problem)
        else:
            if not self._jobs:
                self._heard = self._seen = time.monotonic()
            self._jobs[future] = job
            return
        raise ExecutorFailed("executor.closed", detail=detail)

    def ended(self, timeout: float) -> Iterator[tuple[Job, Outcome | None]]:
        """Yield what has ended, waiting up to `timeout` seconds for the first; None for one whose worker died.

        ExecutorFailed for what is neither: a worker that cannot run the task at all, or none that is there.
        """
        try:
            future = self._news.get(timeout=timeout)
            self._heard = time.monotonic()
            while True:
                if future in self._jobs:
                    yield self._jobs.pop(future), _outcome_of(future)
                future = self._news.get_nowait()
        except Empty:
            self._look_after_workers()

    def _look_after_workers(self) -> None:
        """Raise ExecutorFailed if nothing can come of the jobs any more: no run waits for ever."""
        now = time.monotonic()
        if not self._jobs or now - max(self._heard, self._looked) < _SILENCE:
            return
        if now - self._heard > (most := self._target.limits.total_timeout + _GRACE):
            raise ExecutorFailed("executor.silent", seconds=round(most))
        self._looked = now
        if self._workers.are_there():
            self._seen = now
        elif now - max(self._seen, self._heard) > _NOBODY:
            raise ExecutorFailed("executor.gone", seconds=round(_NOBODY))

    def stop(self) -> None:
        """Stop what is being asked here, from any thread or a signal's handler."""
        self._desk.close()

    def __enter__(self) -> Self:
        """Give itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop what is still under way and forget the run, however it ended."""
        self._cancel()
        DESKS.pop(self._run, None)
        self._workers.leave()

    def dismiss(self) -> Iterator[tuple[Job, Outcome | None]]:
        """Cancel what has not begun and stop the rest; yield what was complete by then."""
        self._cancel()
        until = time.monotonic() + _GOODBYE
        while self._jobs and (left := until - time.monotonic()) > 0:
            with suppress(ExecutorFailed):  # the run is over already; behind this one there may be answers
                yield from self.ended(left)

    def _cancel(self) -> None:
        """Stop what runs here, and see to it that the executor begins none of the rest."""
        self._desk.close()
        self._workers.cancel(list(self._jobs))


def _outcome_of(future: "Future[Outcome]") -> Outcome | None:
    """Return the outcome; None where the worker is gone with it. ExecutorFailed for any other end."""
    try:
        problem = future.exception(timeout=0)
    except CancelledError:
        return None
    if problem is None:
        return _checked(future.result(timeout=0))
    if isinstance(problem, BrokenExecutor) or not isinstance(problem, Exception):
        return None  # of a broken one the next to be submitted says so; a worker was interrupted, or told to exit
    names = {kind.__name__ for kind in type(problem).__mro__} | {
        str(getattr(problem, "ename", ""))
    }  # ipyparallel's wrapper
    if names & _DIED:
        return None
    raise ExecutorFailed("executor.failed", detail=_said(problem))


def _checked(outcome: object) -> Outcome:
    if isinstance(outcome, Outcome):
        return outcome
    raise ExecutorFailed("executor.failed", detail=f"a result of type {type(outcome).__name__}")


def _said(problem: BaseException) -> str:
    try:
        return f"{type(problem).__name__}: {problem}"
    except Exception:  # noqa: BLE001  # whatever a foreign class does
        return type(problem).__name__
