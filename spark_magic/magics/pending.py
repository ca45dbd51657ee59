"""An answer that is being written in the background, as the user holds it."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Any, Final

from ..answer import Answer
from ..conversation import Exchange
from ..errors import Moderated, StillAnswering, WaitInterrupted
from ..messages import say
from .frames import without_our_frames
from .interrupt import Interrupt

_SLICE: Final = 0.1  # seconds: nothing interrupts a longer wait on Windows


class PendingAnswer:
    """An answer that is being written in the background: `wait()` returns it, `stop()` ends it.

    `done` tells whether it has ended, however it did; `str()` is what has come so far, and nothing of an answer that
    moderation has withdrawn.
    """

    def __init__(self, exchange: Exchange, model: str) -> None:
        """Take what is asked, and of which model."""
        self._exchange, self._model = exchange, model
        self.interrupt = Interrupt()
        self.future: Future[Answer] = Future()
        self._lock = threading.Lock()
        self._answer: Answer | None = None
        self._uses: list[Callable[[Answer], None]] = []

    @property
    def done(self) -> bool:
        """Whether it has ended: complete, failed or stopped."""
        return self.future.done()

    @without_our_frames
    def wait(self, timeout: float | None = None) -> Answer:
        """Return the answer when it is complete; it is asked for once, however often it is waited for.

        Raises what kept it from being complete: its SparkError, AnswerStopped after a stop; StillAnswering, a
        TimeoutError, after `timeout` seconds. An interrupt ends the waiting alone.
        """
        try:
            self._wait(timeout)
        except KeyboardInterrupt:
            interrupted = True
        else:
            interrupted = False
        if interrupted:
            raise WaitInterrupted
        return self.future.result()

    def _wait(self, timeout: float | None) -> None:
        until = None if timeout is None else time.monotonic() + timeout
        while not self.done:
            left = _SLICE if until is None else until - time.monotonic()
            if left <= 0:
                raise StillAnswering("answer.running", seconds=timeout)
            wait([self.future], min(left, _SLICE))

    def stop(self) -> None:
        """End it: what has come stays on the screen, marked, and is not remembered; nothing if it is done."""
        self.interrupt.came = True
        self._exchange.stop()

    def fill(self, names: dict[str, Any], name: str) -> None:
        """Put itself into a variable, and the complete answer in its place, unless that has another value by then.

        The answer itself of JSON, too (its object is `data`): `NAME.wait()` must work before the end and after it.
        """
        names[name] = self
        self.then(lambda answer: names.update({name: answer}) if names.get(name) is self else None)

    def then(self, use: Callable[[Answer], None]) -> None:
        """Have the complete answer used: from its thread before any wait for it ends, at once if it is there."""
        with self._lock:
            if self._answer is None:
                self._uses.append(use)
                return
        use(self._answer)

    def completed(self, answer: Answer) -> Answer:
        """Take the complete answer, for those who want to use it."""
        with self._lock:
            self._answer, uses = answer, self._uses
        for use in uses:
            use(answer)
        return answer

    def __str__(self) -> str:
        """Return what has come so far."""
        withdrawn = self.done and isinstance(self.future.exception(), Moderated)
        return "" if withdrawn else self._exchange.text

    def __format__(self, spec: str) -> str:
        """Format what has come so far."""
        return format(str(self), spec)

    def __repr__(self) -> str:
        """Say how far it is, and what to do."""
        facts: dict[str, Any] = {"model": self._model, "count": len(str(self))}
        if not self.done:
            return say("shown.pending", seconds=self._exchange.seconds, **facts)
        problem = self.future.exception()
        if problem is None:
            return say("shown.pending.complete", **facts)
        return say("shown.pending.failed", model=self._model, kind=type(problem).__name__)
