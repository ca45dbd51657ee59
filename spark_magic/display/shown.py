"""A streamed answer is shown once: its cell's value fills `_` and `Out[n]` in silence."""

import sys
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:  # loading the extension loads this module, and needs no answer yet
    from ..answer import Answer

_ATTRIBUTE: Final = "_spark_magic_shown"
_FORMATS: Final = ("text/plain", "text/html")
_TYPE: Final = "spark_magic.answer.Answer"


class _SilentHook:
    """Stands before the shell's display hook: remembers the value of the cell that streamed it, shows the rest."""

    def __init__(self, hook: Any) -> None:
        self.hook = hook
        self.shown: list[object] = []

    def __call__(self, result: object = None) -> None:
        if all(result is not answer for answer in self.shown) or self.hook.quiet():
            self.hook(result)
            return
        self.hook.check_for_underscore()
        self.hook.update_user_ns(result)
        self.hook.fill_exec_result(result)

    def __getattr__(self, name: str) -> Any:
        """Be the hook in every other respect."""
        return getattr(self.hook, name)

    def forget(self, *_: object) -> None:
        """Show the cell's answers again from the next cell on."""
        self.shown.clear()


def install(shell: Any) -> None:
    """Put the hook in place and teach the shell how an Answer looks; `uninstall` undoes both."""
    if getattr(shell, _ATTRIBUTE, None) is not None:
        return
    hook = _SilentHook(shell.display_trap.hook)
    _swap(shell, hook.hook, hook)
    setattr(shell, _ATTRIBUTE, hook)
    shell.events.register("post_run_cell", hook.forget)
    formatters = shell.display_formatter.formatters
    formatters["text/plain"].for_type(_TYPE, _print_plain)
    formatters["text/html"].for_type(_TYPE, _format_html)


def uninstall(shell: Any) -> None:
    """Leave the shell as it was."""
    hook = getattr(shell, _ATTRIBUTE, None)
    if hook is None:
        return
    _swap(shell, hook, hook.hook)
    setattr(shell, _ATTRIBUTE, None)
    shell.events.unregister("post_run_cell", hook.forget)
    for name in _FORMATS:
        shell.display_formatter.formatters[name].pop(_TYPE, None)


def _swap(shell: Any, old: Any, new: Any) -> None:
    """Put one hook in the other's place, for the running cell, too: it may go on with a question."""
    if shell.display_trap.hook is old:
        shell.display_trap.hook = new
    if sys.displayhook is old:
        sys.displayhook = new


def shown_here(shell: Any, answer: object) -> None:
    """Note that the running cell has shown this answer, or is showing this pending one, already."""
    hook = getattr(shell, _ATTRIBUTE, None)
    if hook is not None:
        hook.shown.append(answer)


def _print_plain(answer: "Answer", printer: Any, cycle: Any) -> None:  # noqa: ARG001  # IPython's signature
    """Print the text; inside a list or a dict the answer is a string among others."""
    from .static import plain  # noqa: PLC0415  # loading the extension must not load Markdown

    printer.text(plain(answer) if len(printer.stack) == 1 else repr(answer))


def _format_html(answer: "Answer") -> str:
    from .static import answer_html  # noqa: PLC0415  # as above

    return answer_html(answer)
