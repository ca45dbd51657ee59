"""Who does an executor's work, and what has to be known of it: tasks begun twice, and workers that are all gone.

Dask and ipyparallel are recognised by their executors; neither is imported for it.
"""

import itertools
from collections.abc import Iterable, Sequence
from concurrent.futures import Executor, Future
from typing import Any, Final

from ..errors import ExecutorFailed
from .task import Outcome, Task, perform

_TOPIC: Final = "all"  # under which Dask's scheduler logs its events
_ANSWER: Final = 0.5  # seconds for a scheduler to say who is there


class Workers:
    """Those of any executor: one that loses a task says so."""

    repeated = 0
    """How many tasks were begun again without a word, because their worker died."""

    def __init__(self, executor: Executor) -> None:
        """Take the executor, which stays its owner's."""
        self._executor = executor

    def submit(self, task: Task) -> "Future[Outcome]":
        """Hand it over; raises whatever the executor does."""
        return self._executor.submit(perform, task)

    def are_there(self) -> bool:
        """Tell whether there is any, as far as one can know. ExecutorFailed where there will be none again."""
        return True

    def cancel(self, futures: Iterable["Future[Outcome]"]) -> None:
        """Take back what nobody has begun; what is being asked far away is answered there, and nobody hears of it."""
        for future in futures:
            future.cancel()

    def leave(self) -> None:
        """Listen no more."""


class DaskWorkers(Workers):
    """Dask's: its scheduler gives the tasks of a dead worker to another one by itself, and tells of it in an event.

    `repeated` counts all that were with that worker, so it is an upper bound: some may not have been begun there.
    """

    def __init__(self, executor: Any, run: str) -> None:
        """Listen to the scheduler; the keys of this run's tasks begin with its name."""
        super().__init__(executor)
        self._client = executor._client  # noqa: SLF001  # the executor has no other way to it
        self._name = f"spark-magic-{run}"
        self._numbers = itertools.count()
        self._check_open()
        self._former = self._client._event_handlers.get(_TOPIC)  # noqa: SLF001  # the user's own; there is room for one
        self._client.subscribe_topic(_TOPIC, self._note)

    def submit(self, task: Task) -> "Future[Outcome]":
        """Hand it over, under a key of its own: to ask again what was asked before is another task."""
        key = f"{self._name}-{next(self._numbers)}"
        return self._executor.submit(perform, task, key=key)  # type: ignore[call-arg]  # Dask's own

    def _note(self, event: tuple[float, Any]) -> Any:
        """Count what a worker had that is gone; events come in the thread of Dask's loop, before what they led to."""
        message = event[1]
        if isinstance(message, dict) and message.get("action") == "remove-worker":
            lost = {*message.get("processing-tasks", ()), *message.get("lost-computed-tasks", ())}
            self.repeated += sum(str(key).startswith(self._name) for key in lost)
        return None if self._former is None else self._former(event)

    def are_there(self) -> bool:
        """Ask the scheduler."""
        self._check_open()
        client = self._client
        try:
            return bool(client.sync(client.scheduler.ncores, callback_timeout=_ANSWER))
        except (OSError, TimeoutError, RuntimeError):  # the connection is lost, or being made again
            return False

    def _check_open(self) -> None:
        if self._client.status not in ("running", "connecting"):
            raise ExecutorFailed("executor.closed", detail=f"Client: {self._client.status}")

    def leave(self) -> None:
        """Listen no more; whoever listened before does again."""
        handlers = self._client._event_handlers  # noqa: SLF001  # as above
        if handlers.get(_TOPIC) != self._note:
            return  # another run listens
        if self._former is not None:
            handlers[_TOPIC] = self._former
            return
        if self._client.status == "running":
            self._client.unsubscribe_topic(_TOPIC)
        del handlers[_TOPIC]


class Engines(Workers):
    """ipyparallel's. Each task goes to one of them: a direct view would have all of them ask the same."""

    def __init__(self, executor: Any) -> None:
        """Take the executor of a view; ExecutorFailed where none of its engines is there any more."""
        super().__init__(executor)
        self._client = executor.view.client
        self._view = self._client.load_balanced_view(self._chosen(executor.view.targets))

    def _chosen(self, targets: "int | Sequence[int] | str | None") -> "list[int] | None":
        """Return which engines of a view are there; None for all, and those that come later."""
        chosen = [targets] if isinstance(targets, int) else targets
        if chosen is None or isinstance(chosen, str) or set(chosen) >= set(self._client.ids):
            return None
        if there := [engine for engine in chosen if engine in self._client.ids]:
            return there
        raise ExecutorFailed("executor.closed", detail="ipyparallel: no engines")

    def submit(self, task: Task) -> "Future[Outcome]":
        """Hand it over, to any that is there of those the user's view has."""
        future: Future[Outcome] = self._view.apply_async(perform, task)
        return future

    def are_there(self) -> bool:
        """Tell how it is by what the controller has told."""
        return bool(self._client.ids)

    def cancel(self, futures: Iterable["Future[Outcome]"]) -> None:
        """Have the engines leave out what they have not begun; a future of ipyparallel's cannot be cancelled itself."""
        if (asked := list(futures)) and self._client.ids:
            self._client.abort(asked, block=False)


def workers_of(executor: Executor, run: str) -> Workers:
    """Return those of the executor, for this run."""
    kind = f"{type(executor).__module__.partition('.')[0]}.{type(executor).__name__}"
    if kind == "distributed.ClientExecutor":
        return DaskWorkers(executor, run)
    if kind == "ipyparallel.ViewExecutor":
        return Engines(executor)
    return Workers(executor)
