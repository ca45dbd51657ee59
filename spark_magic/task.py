"""One step in a thread of its own: what comes of it, an error as well, goes to those who wait."""

from collections.abc import Callable
from concurrent.futures import Future
from contextvars import Context
from threading import Thread
from typing import TypeVar

_Result = TypeVar("_Result")


def in_thread(step: Callable[[], _Result], name: str, context: Context | None = None) -> "Future[_Result]":
    """Run a step in a daemon thread of that name and return at once; the future gets its result or its error.

    It runs in `context`, by default in an empty one: nothing of the caller's comes along. RuntimeError where the
    system gives no thread.
    """
    future: Future[_Result] = Future()
    place = Context() if context is None else context

    def run() -> None:
        try:
            result = place.run(step)
        except BaseException as problem:  # noqa: BLE001  # it is raised again where the future is waited for
            future.set_exception(problem)
        else:
            future.set_result(result)

    Thread(target=run, name=name, daemon=True).start()
    return future
