"""What belongs to one kernel: its conversations, settings and sandbox. Outlives unloading and reloading."""

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from ..clock import Clock
from ..errors import ConfigurationError
from .interrupt import held_back
from .shelf import Shelf

if TYPE_CHECKING:
    from ..conversation import Conversation
    from ..credentials import Credentials
    from ..models import Model
    from ..sandbox import Sandbox
    from ..spending import Ledger
    from .pending import PendingAnswer
    from .request import Asked

_ATTRIBUTE: Final = "_spark_magic_state"  # on the shell: a module's own variables double when it is reloaded
DEFAULT_NAME: Final = "default"  # of the conversation where no other is named
_GOODBYE: Final = 5.0  # seconds; an answer that is stopped takes a fraction of one
_SANDBOX_DELAY: Final = 0.03  # seconds between two pieces, so that one sees it stream


@dataclass
class State:
    """One kernel's state."""

    origins: dict[str, str] = field(default_factory=dict)
    magics: Any = None
    clock: Clock = field(default_factory=Clock)  # the servers' time, once one has told
    asked: tuple[str, int] = ("", 0)  # the running request, and how many questions it has asked
    last: dict[str, "Asked"] = field(default_factory=dict)  # by the conversation's name
    unexplained: tuple[BaseException, BaseException] | None = None  # what an explaining failed with, and of what
    pending: "set[PendingAnswer]" = field(default_factory=set)  # what is being answered in the background
    sandbox: "Sandbox | None" = None
    conversations: dict[str, "Conversation"] = field(default_factory=dict)  # those that were asked for, by name
    spent_note: str = ""  # that they have cost much, until somebody has told the user
    notes: list[str] = field(default_factory=list)  # other notes that nobody has told the user yet
    shelf: Shelf = field(default_factory=Shelf)  # what is saved of the conversations
    _ledger: "Ledger | None" = None
    _making: threading.Lock = field(default_factory=threading.Lock)  # two threads may ask their first at once

    @property
    def ledger(self) -> "Ledger":
        """What the questions have cost; made when it is first needed."""
        from ..spending import Ledger  # noqa: PLC0415  # loading the extension needs none

        with self._making:
            self._ledger = self._ledger or Ledger()
            return self._ledger

    @property
    def conversation(self) -> "Conversation":
        """The kernel's conversation where no other is named."""
        return self.conversation_named(DEFAULT_NAME)

    def conversation_named(self, name: str) -> "Conversation":
        """Return the conversation of that name; made when it is first needed, since it loads the client.

        With the setting `autosave` it has the turns that were saved, if it has none of its own.
        """
        from ..conversation import Conversation  # noqa: PLC0415  # see above

        with self._making:
            if name not in self.conversations:
                self.conversations[name] = Conversation()
            conversation = self.conversations[name]
            if self.magics is not None and self.magics.autosave:
                self.shelf.take(name, conversation, self.magics)
            return conversation

    def keep(self, name: str) -> None:
        """Save a conversation if the setting `autosave` says so; call it after each change, from any thread.

        Raises nothing: what goes wrong is a note for the user, by `shelf.take_notes()`.
        """
        if self.magics.autosave and name in self.conversations:
            self.shelf.keep(name, self.conversations[name], self.magics)

    def cell(self, shell: Any) -> str | None:
        """Name the place a question is asked from: the cell, and the how-manieth question of this run it is."""
        parent = (shell.get_parent() if hasattr(shell, "get_parent") else None) or {}
        identity = parent.get("metadata", {}).get("cellId")
        if not identity:
            return None
        run = parent.get("header", {}).get("msg_id", "")
        count = self.asked[1] + 1 if run == self.asked[0] else 1
        self.asked = (run, count)
        return f"{identity}#{count}"

    def note(self, text: str) -> None:
        """Leave a note for the user; "" is none."""
        if text:
            self.notes = [*self.notes, text]

    def take_notes(self) -> tuple[str, ...]:
        """Return all that is to be told to the user; once."""
        notes, self.notes = tuple(self.notes), []
        return (*self.take_spent_note(), *notes, *self.shelf.take_notes())

    def take_spent_note(self) -> tuple[str, ...]:
        """Return the note that is due on what was spent, if there is one; once."""
        note, self.spent_note = self.spent_note, ""
        return (note,) if note else ()

    def at_sandbox(self, model: "Model") -> "tuple[Model, Credentials]":
        """Return the sandbox's model at its running address, starting it if need be, and its credentials."""
        from dataclasses import replace  # noqa: PLC0415  # a sandbox is rare

        from ..sandbox import Sandbox  # noqa: PLC0415  # as above; loads a web server

        with held_back(), self._making:
            box = self.sandbox = self.sandbox or Sandbox(delay=_SANDBOX_DELAY)
            try:
                box.start()  # does nothing where it runs
            except OSError as problem:
                raise ConfigurationError("sandbox.failed", detail=str(problem)) from None
        return replace(model, url=box.url("sandbox")), box.credentials

    def stop_pending(self) -> None:
        """Stop the answers in the background, and wait a moment for them to be put away."""
        if self.pending:
            from .background import stop_all  # noqa: PLC0415  # it is loaded where there are any

            stop_all(self.pending, _GOODBYE)

    def close(self) -> None:
        """Stop what runs; the conversation stays."""
        self.stop_pending()
        sandbox, self.sandbox = self.sandbox, None
        if sandbox is not None:
            sandbox.stop()


def state_of(shell: Any) -> State:
    """Return the shell's state, made at the first call."""
    state = getattr(shell, _ATTRIBUTE, None)
    if state is None:
        state = State()
        setattr(shell, _ATTRIBUTE, state)
    return state
