"""What the user sees while an answer streams and after: one view for each kind of frontend."""

from typing import TYPE_CHECKING, Any

from .shown import install, shown_here, uninstall

if TYPE_CHECKING:  # loading the extension loads this package, and needs neither
    from .facts import Facts
    from .view import View

__all__ = ["install", "open_view", "shown_here", "uninstall"]


def open_view(shell: Any, facts: "Facts") -> "View":
    """Return the view for the shell's frontend, showing its status line already.

    A kernel whose request names a cell has a frontend with widgets (JupyterLab, Notebook 7, VS Code; Colab names
    none); any other (nbclient, papermill) gets a static output that is updated; no kernel: plain text.
    """
    if shell is None or getattr(shell, "kernel", None) is None:
        from .terminal import TerminalView  # noqa: PLC0415  # only the view that is needed is loaded

        return TerminalView(facts)
    if _has_widgets(shell):
        from .live import LiveView  # noqa: PLC0415  # ipywidgets takes a while

        return LiveView(facts)
    from .updating import UpdatingView  # noqa: PLC0415  # as above

    return UpdatingView(facts)


def _has_widgets(shell: Any) -> bool:
    request = shell.get_parent() if hasattr(shell, "get_parent") else {}
    colab = type(shell).__module__.startswith("google.colab")  # its own shell: the module alone imports anywhere
    return colab or bool((request or {}).get("metadata", {}).get("cellId"))
