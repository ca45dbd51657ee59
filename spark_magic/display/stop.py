"""The Stop buttons: of an answer whose cell runs, and of one in the background.

A click on an ordinary `Button` waits in the kernel's queue until the running cell has ended. So the first one's
JavaScript calls `kernel.interrupt()`, which does not queue; where a frontend offers no such call it stays hidden.
In the background an interrupt would hit a stranger: whatever cell runs meanwhile. There the ordinary one is right.
"""

from collections.abc import Callable
from typing import Any, Final

import anywidget
import ipywidgets as widgets  # type: ignore[import-untyped]  # it ships no types
import traitlets

_SCRIPT: Final = """
function render({ model, el }) {
  const kernel = model.widget_manager && model.widget_manager.kernel;
  if (!kernel || typeof kernel.interrupt !== "function") { el.style.display = "none"; return; }
  const button = document.createElement("button");
  button.className = "spark-magic-stop";
  button.type = "button";
  button.textContent = model.get("label");
  button.addEventListener("click", () => {
    button.disabled = true;
    setTimeout(() => { button.disabled = false; }, 3000);  // whoever still sees it may try again
    kernel.interrupt();
  });
  el.appendChild(button);
}
export default { render };
"""
_STYLE: Final = """
.spark-magic-stop {
  cursor: pointer; padding: 0 .9em; line-height: 1.7; border-radius: 3px; font: inherit; font-size: 85%;
  border: 1px solid var(--jp-border-color1, #bdbdbd); background: var(--jp-layout-color1, transparent);
  color: var(--jp-ui-font-color1, inherit);
}
.spark-magic-stop:hover { background: var(--jp-layout-color2, #eee); }
.spark-magic-stop:disabled { opacity: .5; cursor: default; }
"""


class StopButton(anywidget.AnyWidget):
    """A button that interrupts the kernel it belongs to."""

    _esm: Any = _SCRIPT
    _css: Any = _STYLE
    label = traitlets.Unicode("Stop").tag(sync=True)


class BackgroundStopButton(widgets.Button):  # type: ignore[misc]  # untyped: see above
    """An ordinary button that calls `stop`, as soon as no cell runs; it takes one click."""

    def __init__(self, stop: Callable[[], None], *, label: str, layout: Any) -> None:
        """Take what a click is to call."""
        super().__init__(description=label, layout=layout, _dom_classes=("spark-magic-background-stop",))
        self._ended_by = stop
        self.on_click(BackgroundStopButton._clicked)

    def _clicked(self) -> None:
        self.disabled = True
        self._ended_by()

    def close(self) -> None:
        """Close it with the style that came with it."""
        style, self._ended_by = self.style, _nothing
        super().close()
        if style is not None:
            style.close()


def _nothing() -> None:
    """Do nothing: the answer has ended before the click came."""
