"""Put the magics into a shell and take them out again, leaving what others registered in place."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from IPython.core.error import UsageError
from traitlets import TraitError

from ..display import install, uninstall
from ..messages import say
from .completion import Completion
from .frames import without_our_frames
from .options import Parser
from .parsers import (
    config_parser,
    explain_parser,
    history_parser,
    journal_parser,
    map_parser,
    reset_parser,
    retry_parser,
    spark_parser,
    usage_parser,
)
from .question import Questions
from .spark_magics import SparkMagics
from .state import State, state_of

_ATTRIBUTE: Final = "_spark_magic_loaded"
_ALWAYS: Final = (
    *(("line", "xinghuo"), ("cell", "xinghuo"), ("line", "spark_config"), ("line", "spark_reset")),
    *(("line", "spark_usage"), ("line", "spark_retry"), ("line", "spark_explain"), ("line", "spark_history")),
    ("line", "spark_journal"),
    ("cell", "spark_map"),
)
_OWN_NAME: Final = (("line", "spark"), ("cell", "spark"))
_PARSERS: Final[dict[str, Callable[[], Parser]]] = {
    "spark": spark_parser,
    "spark_config": config_parser,
    "spark_reset": reset_parser,
    "spark_history": history_parser,
    "spark_usage": usage_parser,
    "spark_journal": journal_parser,
    "spark_map": map_parser,
    "spark_retry": retry_parser,
    "spark_explain": explain_parser,
}

_Place = tuple[str, str]  # "line" or "cell", and the magic's name


@dataclass(frozen=True)
class _Loaded:
    """What was put into a shell, and what had been there before."""

    ours: dict[_Place, Any]
    before: dict[_Place, Any]
    questions: Questions
    completion: Completion


def load(shell: Any) -> None:
    """Register the magics; a second call does nothing. Another extension's `%%spark` stays unless take_over is set."""
    if getattr(shell, _ATTRIBUTE, None) is not None:
        return
    magics = _magics(shell, state_of(shell))
    places = [*_ALWAYS, *_own_name(shell, magics)]
    functions, tables = _functions(magics), shell.magics_manager.magics
    before = {(kind, name): tables[kind].get(name) for kind, name in places}
    ours = {(kind, name): functions[name] for kind, name in places}
    questions = Questions(name for name in ("spark", "xinghuo", "spark_explain") if ("line", name) in ours)
    for (kind, name), function in ours.items():
        tables[kind][name] = function
    shell.input_transformer_manager.token_transformers.append(questions)
    install(shell)
    completion = Completion(shell, magics.state, {place: _parser_of(place[1]) for place in ours})
    completion.install()
    setattr(shell, _ATTRIBUTE, _Loaded(ours, before, questions, completion))


def _magics(shell: Any, state: State) -> SparkMagics:
    """Return the shell's settings and magics, the same ones after a reload; UsageError for a wrong configuration."""
    others = list(shell.configurables)
    try:
        magics: SparkMagics = state.magics or SparkMagics(shell, state)
    except TraitError as problem:
        shell.configurables[:] = others  # IPython lists it before it is whole
        detail = str(problem)
    else:
        state.magics = magics
        if magics not in shell.configurables:
            shell.configurables.append(magics)
        return magics
    raise UsageError(detail)


def _own_name(shell: Any, magics: SparkMagics) -> tuple[_Place, ...]:
    """Return the places of our own name, none where somebody else has it."""
    owners = [shell.magics_manager.magics[kind].get(name) for kind, name in _OWN_NAME]
    owner = next(filter(None, owners), None)
    if owner is None or magics.take_over:
        return _OWN_NAME
    print(say("load.taken", owner=getattr(owner, "__module__", "?")))  # noqa: T201  # a magic's word to its user
    return ()


def unload(shell: Any) -> None:
    """Take the magics out, put back what was there, and close what is open; the conversation stays."""
    loaded: _Loaded | None = getattr(shell, _ATTRIBUTE, None)
    if loaded is None:
        return
    setattr(shell, _ATTRIBUTE, None)
    tables, state = shell.magics_manager.magics, state_of(shell)
    for (kind, name), function in loaded.ours.items():
        if tables[kind].get(name) is function:  # what somebody else has put there since is theirs
            _put(tables[kind], name, loaded.before[kind, name])
    shell.input_transformer_manager.token_transformers.remove(loaded.questions)
    loaded.completion.remove()
    shell.configurables.remove(state.magics)
    uninstall(shell)
    state.close()


def _put(table: dict[str, Any], name: str, function: Any) -> None:
    if function is None:
        del table[name]
    else:
        table[name] = function


def _functions(magics: SparkMagics) -> dict[str, Callable[..., Any]]:
    """Return the magics by name, each with the help of all its options, for `%%spark?`."""
    functions = {name: _documented(getattr(magics, name), parser) for name, parser in _PARSERS.items()}
    return functions | {"xinghuo": functions["spark"]}


def _parser_of(name: str) -> Callable[[], Parser]:
    return _PARSERS["spark" if name == "xinghuo" else name]


def _documented(method: Any, parser: Callable[[], Parser]) -> Callable[..., Any]:
    """Return the method as a function whose documentation is its parser's, in the language of the moment."""

    @without_our_frames
    def magic(*arguments: str) -> Any:
        return method(*arguments)

    magic.__doc__ = method.__doc__
    magic.__name__ = method.__name__
    magic.__module__ = method.__module__
    magic.getdoc = lambda: parser().format_help()  # type: ignore[attr-defined]  # where IPython looks first
    magic._ipython_magic_no_var_expand = True  # type: ignore[attr-defined]  # noqa: SLF001  # what @no_var_expand sets; a wrapper loses it
    return magic
