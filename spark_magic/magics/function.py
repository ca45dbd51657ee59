"""`spark_magic.ask`: the same as `%spark`, as a plain call."""

from typing import Any

from IPython.core.getipython import get_ipython

from ..answer import Answer
from ..config import Settings
from ..display import install
from .ask import ask_in
from .frames import without_our_frames
from .parsers import spark_parser
from .spark_magics import SparkMagics
from .state import State, state_of

_scripts: list[State] = []  # the conversation of a process without IPython


def ask(prompt: str, **options: Any) -> Answer:
    """Ask, show the answer as it comes, and return it.

    `options` are those of `%%spark` with underscores: `model`, `system`, `temperature`, `top_k`, `max_tokens`,
    `no_history`. The question joins the kernel's conversation. TypeError for an unknown option, ValueError for
    an empty prompt; otherwise what `%%spark` raises.
    """
    return _ask(prompt, options)


@without_our_frames
def _ask(prompt: str, options: dict[str, Any]) -> Answer:
    known = vars(spark_parser().parse_args([]))
    unknown = set(options) - (set(known) - {"help", "output", "dry_run"})
    if unknown:
        message = f"ask() has no option {min(unknown)!r}"
        raise TypeError(message)
    if not prompt.strip():
        message = "the prompt is empty"
        raise ValueError(message)
    shell = get_ipython()
    namespace = spark_parser().parse_args([])
    vars(namespace).update(options)
    return ask_in(shell, _state(shell), prompt, namespace)  # type: ignore[return-value]  # None is for a dry run


def _state(shell: Any) -> State:
    if shell is not None:
        state = state_of(shell)
        if state.magics is None:
            state.magics = SparkMagics(shell, state)
        install(shell)  # `ask` may come without `%load_ext`: its answer, too, is shown once
        return state
    if not _scripts:
        _scripts.append(State(magics=Settings()))
    return _scripts[0]
