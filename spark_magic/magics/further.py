"""`--continue`: go on with an answer that was cut or stopped."""

import argparse
from dataclasses import replace
from typing import Any

from IPython.core.error import UsageError

from ..conversation import Further
from ..messages import say
from ..render import open_fence
from .ask import ask_prompt
from .last import Last, last_of, with_given
from .parsers import spark_parser
from .state import State


def go_on(shell: Any, state: State, text: str, given: argparse.Namespace) -> tuple[Any, argparse.Namespace]:
    """Ask for more of the last answer, in the words of `text` beside ours, and show it whole; None for a dry run.

    Both halves together become one turn, in the place of the first where that was remembered. When it is stopped
    again, all that has come is there for the next time. Returns the options, too, for what is to become of the
    answer. UsageError where there is nothing to go on with, else what every question raises.
    """
    if given.cache:
        raise UsageError(say("usage.cache.further"))
    last = last_of(state, given.name)
    if last.withdrawn:
        raise UsageError(say("usage.withdrawn"))
    if not last.answer.strip():
        raise UsageError(say("usage.nothing_to_continue"))
    options = with_given(last.options, given, spark_parser().parse([]))
    prompt = replace(last.prompt, notes=(_note(last),))
    return ask_prompt(shell, state, prompt, options, instead_of=last.turn, further=_further(last, text)), options


def _further(last: Last, text: str) -> Further:
    request = "\n".join(filter(None, (say("sent.go_on"), text.strip("\n"))))
    return Further(last.answer, request, open_fence(str(last.answer)) or "")


def _note(last: Last) -> str:
    if not last.number:
        return say("note.goes_on.partial")
    return say("note.goes_on.complete" if last.complete else "note.goes_on", number=last.number)
