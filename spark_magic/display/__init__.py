"""What the user sees while an answer streams and after: one view for each kind of frontend."""

from collections.abc import Callable, Sequence
from contextvars import Context, copy_context
from typing import TYPE_CHECKING, Any

from .shown import install, shown_here, uninstall

if TYPE_CHECKING:  # loading the extension loads this package, and needs neither
    from .columns import ColumnsView
    from .facts import Facts
    from .view import View

__all__ = ["background_context", "install", "open_columns", "open_view", "shown_here", "uninstall"]


def open_view(shell: Any, facts: "Facts", stop: Callable[[], None] | None = None) -> "View":
    """Return the view for the shell's frontend, showing its status line already.

    A kernel whose request names a cell has a frontend with widgets (JupyterLab, Notebook 7, VS Code; Colab names
    none); any other (nbclient, papermill) gets a static output that is updated; no kernel: plain text. An answer in
    the background is stopped by `stop`; its view may be fed and finished by another thread.
    """
    if shell is None or getattr(shell, "kernel", None) is None:
        from .terminal import QuietView, TerminalView  # noqa: PLC0415  # only the view that is needed is loaded

        return TerminalView(facts) if stop is None else QuietView(facts)
    if _has_widgets(shell):
        from .live import LiveView  # noqa: PLC0415  # ipywidgets takes a while

        return LiveView(facts, stop)
    from .updating import LaterView, UpdatingView  # noqa: PLC0415  # as above

    return UpdatingView(facts) if stop is None else LaterView(facts, shell.events)


def open_columns(shell: Any, facts: "Sequence[Facts]") -> "ColumnsView":
    """Return the view of several answers for the shell's frontend, as above."""
    if shell is None or getattr(shell, "kernel", None) is None:
        from .columns_plain import TerminalColumns  # noqa: PLC0415  # as above

        return TerminalColumns(facts)
    if _has_widgets(shell):
        from .columns_live import LiveColumns  # noqa: PLC0415  # as above

        return LiveColumns(facts)
    from .columns_plain import UpdatingColumns  # noqa: PLC0415  # as above

    return UpdatingColumns(facts)


def _has_widgets(shell: Any) -> bool:
    request = shell.get_parent() if hasattr(shell, "get_parent") else {}
    colab = type(shell).__module__.startswith("google.colab")  # its own shell: the module alone imports anywhere
    return colab or bool((request or {}).get("metadata", {}).get("cellId"))


def background_context(shell: Any) -> Context:
    """Return the context in which a thread may update the outputs of the running cell, later too.

    An empty one, where ipykernel then counts an update to the cell that runs at that time: nbclient listens to no
    other. ipykernel 7.0 knows a cell in its own context only.
    """
    try:
        Context().run(getattr, getattr(shell, "display_pub", None), "parent_header", None)
    except LookupError:
        return copy_context()
    return Context()
