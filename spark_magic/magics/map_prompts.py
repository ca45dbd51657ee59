"""`spark_magic.map_prompts`: the same as `%%spark_map`, as a plain call."""

from argparse import ArgumentTypeError
from collections.abc import Iterable
from typing import Any, Final

from IPython.core.error import UsageError
from IPython.core.getipython import get_ipython

from ..messages import say
from .frames import without_our_frames
from .function import state_for
from .map_rows import mapped
from .options import Parser
from .parsers import map_parser

_PLAIN: Final = (str, int, float)  # other values are objects of their own: a schema, a path


def map_prompts(rows: Any, template: str, *, executor: Any = None, **options: Any) -> Any:
    """Ask the template for each row and return the same kind of table with new columns.

    `rows` is a pandas or polars DataFrame, a list of dicts or of texts (column `text`), or the path of a CSV, TSV,
    XLSX, JSON or JSON Lines file; `{{ column }}` in the template is the row's text. `executor` is any
    `concurrent.futures.Executor`, Dask's client or ipyparallel's view; by default threads of this process ask.
    `options` are those of `%%spark_map` with underscores: `into` (a name, or several), `workers`, `concurrency`, `qps`,
    `model`, `system`, `examples`, `format`, `schema` (also the class or dict itself), `fresh`, `retry_failed`,
    `errors`, `replace`, `limit`, `journal`; nobody is asked before many rows.
    Each finished row is in the journal before it counts: after an error or an interrupt the same call asks the rest.
    TypeError for an unknown option; otherwise what `%%spark_map` raises.
    """
    return _mapped(rows, template, executor, options)


def _checked(parser: Parser, name: str, value: Any) -> Any:
    """Return an option's value as the magic line would have it; UsageError for one that it would refuse."""
    if name == "into":
        return _names((value,) if isinstance(value, str) else value)
    option = f"--{name.replace('_', '-')}"
    action = parser.action_of(option)
    if action is None or not callable(action.type) or isinstance(value, bool) or not isinstance(value, _PLAIN):
        return value
    try:
        return action.type(str(value))
    except ArgumentTypeError as problem:
        refused = str(problem)
    raise UsageError(say("usage.option", option=name, problem=refused))


def _names(into: Iterable[str] | None) -> tuple[str, ...]:
    names = tuple(into or ())
    for name in names:
        if not name.strip() or not name.isprintable():
            raise UsageError(say("usage.option", option="into", problem=say("usage.into", name=name)))
    return names


@without_our_frames
def _mapped(rows: Any, template: str, executor: Any, options: dict[str, Any]) -> Any:
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
