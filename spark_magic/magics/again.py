"""`%spark_retry`: the last question once more."""

import argparse
from typing import Any

from .ask import ask_prompt
from .cached import ANEW
from .last import last_of, with_given
from .parsers import spark_parser
from .state import State


def ask_again(shell: Any, state: State, given: argparse.Namespace) -> tuple[Any, argparse.Namespace]:
    """Ask the last question again, as it was sent, with its own options but for those given; None for a dry run.

    The answer takes the place of the last one, with `--cache` in the journal too, or is added where that never came
    to its end; until it is complete the conversation stays as it is. Returns the options, too, for what is to become
    of the answer. UsageError where nothing was asked, else what every question raises.
    """
    last = last_of(state, given.name)
    options = with_given(last.options, given, spark_parser().parse([]))
    options.cache = options.cache and ANEW
    return ask_prompt(shell, state, last.prompt, options, instead_of=last.turn), options
