"""What `%spark_reset` does: forget a conversation, or all, in the kernel and where it is saved."""

import argparse
from typing import Any

from IPython.core.error import UsageError

from ..messages import listed, say
from .named import all_names, existing
from .state import DEFAULT_NAME, State


def run_reset(magics: Any, state: State, options: argparse.Namespace) -> None:
    """Forget what the options name, and say how many turns it had; UsageError for a name that there is not.

    A question under way goes on, and is not remembered. ConfigurationError where what is saved cannot be removed.
    """
    if options.all and options.name:
        raise UsageError(say("usage.reset_which"))
    if options.all:
        counts = {name: _forget(state, name) for name in all_names(state)}
        names = listed(f"{name} ({count})" for name, count in counts.items() if count or name == DEFAULT_NAME)
        print(say("reset.all", names=names))  # noqa: T201  # a magic's answer to its user
    else:
        count = _forget(state, options.name or DEFAULT_NAME)
        print(say("reset.done.one" if count == 1 else "reset.done", count=count))  # noqa: T201  # as above
    if magics.system:
        print(say("reset.system_gone" if options.system else "reset.system_stays"))  # noqa: T201  # as above
    if options.system:
        magics.system = ""


def _forget(state: State, name: str) -> int:
    count = existing(state, name).reset()
    state.last.pop(name, None)  # nor is it asked again
    if state.magics.autosave or state.shelf.knows(name):
        state.shelf.remove(name, state.magics)
    return count
