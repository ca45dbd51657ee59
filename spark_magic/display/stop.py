"""The Stop button: the browser itself interrupts the kernel.

A click on an ordinary `Button` waits in the kernel's queue until the running cell has ended. This one's JavaScript
calls `kernel.interrupt()`, which does not queue; where a frontend offers no such call the button stays hidden.
"""

from typing import Any, Final

import anywidget
import traitlets

_SCRIPT: Final = """
function render({ model, el }) {
  const kernel = model.widget_manager && model.widget_manager.kernel;
  if (!kernel || typeof kernel.interrupt !== "function") { el.style.display = "none"; return; }
  const button = document.createElement("button");
  button.className = "spark-magic-stop";
  button.type = "button";
  button.textContent = model.get("label");
  button.addEventListener("click", () => { button.disabled = true; kernel.interrupt(); });
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
