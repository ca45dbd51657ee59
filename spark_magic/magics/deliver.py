"""What becomes of an answer besides its place on the screen."""

import argparse
from typing import Any

from ..answer import Answer
from ..formats import python_code
from ..messages import say
from .pending import PendingAnswer

_Given = Answer | PendingAnswer | dict[str, Answer] | None


def delivered(shell: Any, answer: _Given, options: argparse.Namespace) -> _Given:
    """Put it where `--output` says, of JSON its object, and code into the next cell, where it does not run.

    One that is still being written fills the variable when it is complete. Nothing happens without a shell or
    without an answer. Returns the answer.
    """
    if shell is None or answer is None:
        return answer
    if isinstance(answer, PendingAnswer):
        if options.output:
            answer.fill(shell.user_ns, options.output)
        return answer
    if isinstance(answer, dict):
        if options.output:
            shell.user_ns[options.output] = answer
        return answer
    if options.output:
        shell.user_ns[options.output] = answer.value
    if answer.form == "code":
        _fill_next_cell(shell, str(answer))
    return answer


def _fill_next_cell(shell: Any, text: str) -> None:
    code = python_code(text)
    if code is None:
        print(say("note.no_code"))  # noqa: T201  # below the answer that has none
    else:
        shell.set_next_input(code, replace=False)  # of several calls the last one wins: all blocks in one
