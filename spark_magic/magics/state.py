"""What belongs to one kernel: its conversations, settings and sandbox. Outlives unloading and reloading."""

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from ..clock import Clock
from ..errors import ConfigurationError
from .interrupt import held_back

if TYPE_CHECKING:
    from ..conversation import Conversation
    from ..credentials import Credentials
    from ..models import Model
    from ..sandbox import Sandbox
    from .request import Asked

_ATTRIBUTE: Final = "_spark_magic_state"  # on the shell: a module's own variables double when it is reloaded
DEFAULT_NAME: Final = "default"  # of the conversation where no other is named
_SANDBOX_DELAY: Final = 0.03  # seconds between two pieces, so that one sees it stream


@dataclass
class State:
    """One kernel's state."""

    origins: dict[str, str] = field(default_factory=dict)
    magics: Any = None
    clock: Clock = field(default_factory=Clock)  # the servers' time, once one has told
    asked: tuple[str, int] = ("", 0)  # the running request, and how many questions it has asked
    last: dict[str, "Asked"] = field(default_factory=dict)  # by the conversation's name
    sandbox: "Sandbox | None" = None
    conversations: dict[str, "Conversation"] = field(default_factory=dict)  # those that were asked for, by name
    _making: threading.Lock = field(default_factory=threading.Lock)  # two threads may ask their first at once

    @property
    def conversation(self) -> "Conversation":
        """The kernel's conversation where no other is named."""
        return self.conversation_named(DEFAULT_NAME)

    def conversation_named(self, name: str) -> "Conversation":
        """Return the conversation of that name; made when it is first needed, since it loads the client."""
        from ..conversation import Conversation  # noqa: PLC0415  # see above

        with self._making:
            if name not in self.conversations:
                self.conversations[name] = Conversation()
            return self.conversations[name]

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

    def close(self) -> None:
        """Stop what runs; the conversation stays."""
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
