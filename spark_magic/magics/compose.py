"""From the text of a cell to the prompt: cells in front of it, variables in it, and a word on both."""

import argparse
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from ..errors import BadVariable
from ..events import Message
from ..messages import listed, say
from ..prompt import Expanded, expand
from .form import form_of
from .request import Prompt
from .screen import Screen

if TYPE_CHECKING:
    from ..prompt.value import Inserted

_NAMED: Final = 6  # expressions that a note names; the others are counted
_NOT_THEIRS: Final = ("exit", "quit", "get_ipython", "open")  # IPython's own, unless they mean something else by now


def composed(shell: Any, text: str, options: argparse.Namespace) -> Prompt:
    """Return the prompt; BadVariable where a variable cannot be put in."""
    form = form_of(shell, options)
    picture, notes = _picture(shell, options)
    variables = _variables(shell)
    screen = Screen(variables)
    question = text.strip("\n")
    expanded = Expanded(question) if options.raw else _expanded(question, variables, _plain(shell), screen)
    front, told = _cells(shell, options.cells, screen)
    notes = (*notes, *_notes(expanded), *told, *([say("note.credentials_withheld")] if screen.withheld else []))
    return Prompt(form.asked_for("\n\n".join(filter(None, [front, expanded.text]))), picture, notes, form)


def _picture(shell: Any, options: argparse.Namespace) -> tuple[Message | None, tuple[str, ...]]:
    """Return the picture and what to tell about it."""
    if options.image is None:
        return None, ()
    from .pictures import picture_asked  # noqa: PLC0415  # few questions have one

    return picture_asked(shell, options.image)


def _expanded(text: str, variables: Mapping[str, Any], plain: Callable[[object], str], screen: Screen) -> Expanded:
    try:
        return expand(text, variables, plain, screen)
    except BadVariable as problem:
        problem.withhold(secret.reveal() for secret in screen.secrets)
        raise


def _variables(shell: Any) -> dict[str, Any]:
    """Return the user's variables, `In` and `Out` among them."""
    if shell is None:
        return {}
    hidden = shell.user_ns_hidden
    own = {name: hidden[name] for name in _NOT_THEIRS if name in hidden}
    return {name: value for name, value in shell.user_ns.items() if name not in own or own[name] is not value}


def _plain(shell: Any) -> Callable[[object], str]:
    """Return the shell's own text/plain, but for its traceback on the screen: what an object raises comes through."""
    if shell is None:
        return repr
    formatter = shell.display_formatter.formatters["text/plain"]
    shown = type(formatter).__call__
    bare = getattr(shown, "__wrapped__", shown)
    return lambda value: str(bare(formatter, value))


def _cells(shell: Any, count: int, screen: Screen) -> tuple[str, tuple[str, ...]]:
    """Return the last cells as Markdown, and the note on them."""
    if not count:
        return "", ()
    from .cells import cells_markdown, last_cells  # noqa: PLC0415  # as above

    cells = [] if shell is None else last_cells(shell, count)
    key = {0: "note.cells.none", 1: "note.cells.one"}.get(len(cells), "note.cells")
    return cells_markdown(cells, screen), (say(key, count=len(cells)),)


def _notes(expanded: Expanded) -> Iterator[str]:
    """Say in one line what was put in, and in another what looks like a variable and is none."""
    for key, items in (("note.put_in", [*map(_item, expanded.inserted)]), ("note.left_as_is", [*expanded.left])):
        if items:
            more = [say("label.and_more", count=len(items) - _NAMED)] if len(items) > _NAMED else []
            yield say(key, items=listed([*items[:_NAMED], *more]))


def _item(value: "Inserted") -> str:
    form = ".part" if value.size < value.whole else ".one" if value.size == 1 else ""
    return say(f"label.put_in.{value.kind}{form}", expression=value.expression, size=value.size, whole=value.whole)
