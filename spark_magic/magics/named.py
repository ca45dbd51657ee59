"""Conversations by their names: which there are, and the one that is meant."""

import difflib
from typing import TYPE_CHECKING

from IPython.core.error import UsageError

from ..messages import say
from .state import DEFAULT_NAME, State

if TYPE_CHECKING:
    from ..conversation import Conversation


def all_names(state: State) -> list[str]:
    """Return the names of the kernel's conversations, saved ones too, the one without a name of its own first."""
    saved = state.shelf.names(state.magics) if state.magics.autosave else ()
    return sorted({DEFAULT_NAME, *state.conversations, *saved}, key=lambda name: (name != DEFAULT_NAME, name))


def existing(state: State, name: str) -> "Conversation":
    """Return the conversation of that name, with what is to be told about it; UsageError where there is none."""
    if name not in state.conversations:
        names = all_names(state)
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1)
            key = "usage.near_conversation" if near else "usage.no_conversation"
            raise UsageError(say(key, nearest="".join(near)))  # the word itself may be anything: a password, say
    conversation = state.conversation_named(name)
    tell(state)
    return conversation


def tell(state: State) -> None:
    """Print what there is to be told about saved conversations."""
    for note in state.shelf.take_notes():
        print(note)  # noqa: T201  # a magic's answer to its user
