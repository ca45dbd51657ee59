"""`spark_magic.map_prompts`: the same as `%%spark_map`, as a plain call."""

from argparse import ArgumentTypeError
from collections.abc import Iterable
from numbers import Number
from os import PathLike
from typing import Any, Final

from IPython.core.error import UsageError
from IPython.core.getipython import get_ipython

from ..messages import say
from .frames import without_our_frames
from .function import state_for
from .map_rows import mapped
from .options import Parser
from .parsers import map_parser

_PLAIN: Final = (str, Number)
_KINDS: Final = {"system": str, "journal": (str, PathLike), "examples": (str, PathLike), "schema": object}


def map_prompts(rows: Any, template: str, *, executor: Any = None, **options: Any) -> Any:
    """Ask the template for each row and return the same kind of table with new columns.

    `rows` is a pandas or polars DataFrame, a list of dicts or of texts (column `text`), or the path of a CSV, TSV,
    XLSX, JSON or JSON Lines file; `{{ column }}` in the template is the row's text. `executor` is any
    `concurrent.futures.Executor`, Dask's client or ipyparallel's view; by default threads of this process ask.
    `options` are those of `%%spark_map` with underscores: `into` (a name, or several), `workers`, `concurrency`, `qps`,
    `model`, `system`, `examples`, `format`, `schema` (also the class or dict itself), `fresh`, `retry_failed`,
    `errors`, `replace`, `limit`, `journal`; nobody is asked before many rows.
    Each finished row is in the journal before it counts: after an error or an interrupt the same call asks the rest.
    TypeError for an unknown option or a value that it cannot be; otherwise what `%%spark_map` raises.
    """
    return _mapped(rows, template, executor, options)


def _checked(parser: Parser, name: str, value: Any) -> Any:
    """Return an option's value as the magic line would have it; UsageError for one that it would refuse.

    TypeError for a value of another kind.
    """
    if name == "into":
        return _names((value,) if isinstance(value, str) else value)
    action = parser.action_of(f"--{name.replace('_', '-')}")
    is_switch = action is None or action.nargs == 0  # --no-search has another name
    _check_kind(name, value, bool if is_switch else _KINDS.get(name, _PLAIN))
    if value is None or action is None or is_switch or not callable(action.type):
        return value
    try:
        return action.type(str(value))
    except ArgumentTypeError as problem:
        refused = str(problem)
    raise UsageError(say("usage.option", option=name, problem=refused))


def _check_kind(name: str, value: Any, kinds: Any) -> None:
    """Raise TypeError for a value that is nothing of these; True and False are no numbers."""
    if value is None or (isinstance(value, kinds) and (kinds in (bool, object) or not isinstance(value, bool))):
        return
    message = f"map_prompts() takes no {type(value).__name__} for {name}"
    raise TypeError(message)


def _names(into: Iterable[str] | None) -> tuple[str, ...]:
    names = tuple(into or ())
    for name in names:
        _check_kind("into", name, str)
        if not name.strip() or not name.isprintable():
            raise UsageError(say("usage.option", option="into", problem=say("usage.into", name=name)))
    return names


@without_our_frames
def _mapped(rows: Any, template: str, executor: Any, options: dict[str, Any]) -> Any:
    _check_kind("template", template, str)
    parser = map_parser()
    namespace = parser.parse_args([])
    unknown = set(options) - (set(vars(namespace)) - {"help", "output", "dry_run", "table", "yes", "executor"})
    if unknown:
        message = f"map_prompts() has no option {min(unknown)!r}"
        raise TypeError(message)
    checked = {name: _checked(parser, name, value) for name, value in options.items()}
    vars(namespace).update(checked, executor=executor, yes=True)
    shell = get_ipython()
    return mapped(shell, state_for(shell), rows, template, namespace)
