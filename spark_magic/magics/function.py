"""`spark_magic.ask`: the same as `%spark`, as a plain call."""

from typing import Any, Literal, overload

from IPython.core.getipython import get_ipython

from ..answer import Answer
from ..config import Settings
from ..display import install
from .ask import ask_in
from .deliver import delivered
from .frames import without_our_frames
from .parsers import spark_parser
from .pending import PendingAnswer
from .spark_magics import SparkMagics
from .state import State, state_of

_scripts: list[State] = []  # the conversation of a process without IPython


@overload
def ask(prompt: str, *, background: Literal[True], **options: Any) -> PendingAnswer: ...


@overload
def ask(prompt: str, *, background: Literal[False] = False, **options: Any) -> Answer: ...


def ask(prompt: str, **options: Any) -> Answer | PendingAnswer:
    """Ask, show the answer as it comes, and return it; with `background=True` return at once what will be the answer.

    `options` are those of `%%spark` with underscores: `model`, `system`, `temperature`, `top_k`, `max_tokens`,
    `no_history`, `background`, `format`; `image` is a path or the picture itself, `schema` a name or a path as there,
    or the model's class or the dict itself. Several models, `"ultra,lite"`, give a dict of their answers by alias.
    The question joins the kernel's conversation.
    TypeError for an unknown option, ValueError for an empty prompt; otherwise what `%%spark` raises.
    `{{ name }}` in it is text: Python has f-strings.
    """
    return _ask(prompt, options)


@without_our_frames
def _ask(prompt: str, options: dict[str, Any]) -> Answer | PendingAnswer:
    known = vars(spark_parser().parse_args([]))
    unknown = set(options) - (set(known) - {"help", "output", "dry_run", "raw", "cells", "further"})
    if unknown:
        message = f"ask() has no option {min(unknown)!r}"
        raise TypeError(message)
    if not prompt.strip():
        message = "the prompt is empty"
        raise ValueError(message)
    shell = get_ipython()
    namespace = spark_parser().parse_args([])
    vars(namespace).update(options, raw=True)
    answer = ask_in(shell, state_for(shell), prompt, namespace)
    return delivered(shell, answer, namespace)  # type: ignore[return-value]  # None is for a dry run


def state_for(shell: Any) -> State:
    """Return the shell's state, made ready for a call without `%load_ext`; a process without IPython has one, too."""
    if shell is not None:
        state = state_of(shell)
        if state.magics is None:
            state.magics = SparkMagics(shell, state)
        install(shell)  # `ask` may come without `%load_ext`: its answer, too, is shown once
        return state
    if not _scripts:
        _scripts.append(State(magics=Settings()))
    return _scripts[0]
