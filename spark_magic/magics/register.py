"""Put the magics into a shell and take them out again, leaving what others registered in place."""

from collections.abc import Callable
from typing import Any, Final

from ..display import install, uninstall
from ..messages import say
from .parsers import config_parser, reset_parser, spark_parser
from .spark_magics import SparkMagics
from .state import State, state_of

_SAVED: Final = "_spark_magic_replaced"
_ALWAYS: Final = (("line", "xinghuo"), ("cell", "xinghuo"), ("line", "spark_config"), ("line", "spark_reset"))
_OWN_NAME: Final = (("line", "spark"), ("cell", "spark"))


def load(shell: Any) -> None:
    """Register the magics; a second call does nothing. Another extension's `%%spark` stays unless take_over is set."""
    if getattr(shell, _SAVED, None) is not None:
        return
    state = state_of(shell)
    if state.magics is None:
        state.magics = SparkMagics(shell, state)
    elif state.magics not in shell.configurables:
        shell.configurables.append(state.magics)
    functions = _functions(state.magics)
    wanted = [*_ALWAYS, *_names(shell, state.magics)]
    tables = shell.magics_manager.magics
    setattr(shell, _SAVED, {(kind, name): tables[kind].get(name) for kind, name in wanted})
    for kind, name in wanted:
        tables[kind][name] = functions[name]
    shell.events.register("pre_run_cell", state.new_run)
    install(shell)


def _names(shell: Any, magics: SparkMagics) -> tuple[tuple[str, str], ...]:
    """Return the places of our own name, none where somebody else has it."""
    owners = {kind: shell.magics_manager.magics[kind].get(name) for kind, name in _OWN_NAME}
    if not any(owners.values()) or magics.take_over:
        return _OWN_NAME
    owner = next(filter(None, owners.values()))
    print(say("load.taken", owner=getattr(owner, "__module__", "?")))  # noqa: T201  # a magic's word to its user
    return ()


def unload(shell: Any) -> None:
    """Take the magics out, put back what was there, and close what is open; the conversation stays."""
    saved: dict[tuple[str, str], Any] | None = getattr(shell, _SAVED, None)
    if saved is None:
        return
    setattr(shell, _SAVED, None)
    tables = shell.magics_manager.magics
    for (kind, name), previous in saved.items():
        tables[kind].pop(name, None)
        if previous is not None:
            tables[kind][name] = previous
    state: State = state_of(shell)
    shell.events.unregister("pre_run_cell", state.new_run)
    shell.configurables.remove(state.magics)
    uninstall(shell)
    state.close()


def _functions(magics: SparkMagics) -> dict[str, Callable[..., Any]]:
    """Return the magics by name, each with the help of all its options, for `%%spark?`."""
    helps = {"spark": spark_parser(), "spark_config": config_parser(), "spark_reset": reset_parser()}
    functions = {name: _documented(getattr(magics, name), parser.help_text()) for name, parser in helps.items()}
    return functions | {"xinghuo": functions["spark"]}


def _documented(method: Any, text: str) -> Callable[..., Any]:
    """Return the method as a function with a docstring of its own."""

    def magic(*arguments: str) -> Any:
        return method(*arguments)

    magic.__doc__ = text
    magic.__name__ = method.__name__
    magic.__module__ = method.__module__
    magic._ipython_magic_no_var_expand = True  # type: ignore[attr-defined]  # noqa: SLF001  # what @no_var_expand sets; a wrapper loses it
    return magic
