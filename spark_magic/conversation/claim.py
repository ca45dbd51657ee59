"""Who is asking in a conversation: one question at a time."""

import inspect
import threading
import weakref
from collections.abc import Callable, Generator
from typing import Any, TypeVar

from ..answer import Answer
from ..errors import ConversationBusy

_Result = TypeVar("_Result")


class Claim:
    """The right to ask, held by one stream of events until that has ended, however it did.

    It is read off the stream itself, so there is nothing to give back and nothing that an interrupt could keep.
    """

    def __init__(self) -> None:
        """Start with nobody's."""
        self._taking = threading.Lock()
        self._owner: weakref.ref[Any] | None = None
        self._events: weakref.ref[Generator[Any, Any, Any]] | None = None

    def take(self, owner: object, events: Generator[Any, Any, Any]) -> None:
        """Give it to `owner` for as long as `events` last; ConversationBusy while others do."""
        with self._taking:
            self._check_free()
            self._owner, self._events = weakref.ref(owner), weakref.ref(events)

    def while_free(self, step: Callable[[], _Result]) -> _Result:
        """Do a step that no question may come between; ConversationBusy while one is asked."""
        with self._taking:
            self._check_free()
            return step()

    def _check_free(self) -> None:
        former = self._events() if self._events else None
        if former is not None and inspect.getgeneratorstate(former) != inspect.GEN_CLOSED:
            raise ConversationBusy("conversation.busy")

    def committed(self, owner: object, answer: Answer, commit: Callable[[Answer], Answer]) -> Answer:
        """Return the answer, committed if the claim is still with its owner: nobody has taken it away."""
        with self._taking:
            still = self._owner is not None and self._owner() is owner
            return commit(answer) if still else answer

    def withdraw(self) -> None:
        """Take it away: what is under way goes on for itself."""
        with self._taking:
            self._owner = self._events = None
