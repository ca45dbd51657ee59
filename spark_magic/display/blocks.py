"""A growing Markdown text as widgets: finished blocks, sent once, and one live block, sent again as it grows."""

from typing import Any, Final

import ipywidgets as widgets  # type: ignore[import-untyped]  # it ships no types

from ..render import finished_length, open_fence, to_html

_FREEZE: Final = 1500  # characters of the live block from which on its finished part is worth a widget of its own
_FENCE_FREEZE: Final = 3000  # same for a long code block, which is split between two lines
_MESSAGES_TO_FREEZE: Final = 3  # the finished value, the new live block, the list of children
_CLASSES: Final = ("jp-RenderedHTMLCommon", "jp-RenderedHTML", "spark-magic-block")


class BlockStream:
    """Append text as it comes, `flush` when an update is due; `box` is what to display."""

    def __init__(self, layout: Any) -> None:
        """Start empty; all blocks share `layout` and one style, so that a block is one message."""
        self._layout = layout
        self._style: Any = None
        self._tail = ""
        self._dirty = False
        self._live = self._block("")
        self.box = widgets.VBox([self._live], layout=layout)

    def append(self, text: str) -> None:
        """Take the next piece; nothing is sent yet."""
        self._tail += text
        self._dirty = True

    @property
    def dirty(self) -> bool:
        """Tell whether there is text that was not sent."""
        return self._dirty

    def flush(self) -> tuple[int, int]:
        """Send what is new; return how many messages and characters that took."""
        self._dirty = False
        cut, reopen = self._cut()
        if not cut:
            self._live.value = to_html(self._tail)
            return 1, len(self._live.value)
        self._live.value = to_html(self._tail[:cut])
        size = len(self._live.value)
        self._tail = reopen + self._tail[cut:]
        self._live = self._block(to_html(self._tail))
        self.box.children = (*self.box.children, self._live)
        return _MESSAGES_TO_FREEZE, size + len(self._live.value) + 45 * len(self.box.children)

    def _cut(self) -> tuple[int, str]:
        """Return where the live block may be cut, 0 for nowhere, and what the rest must begin with."""
        if len(self._tail) < _FREEZE:
            return 0, ""
        if cut := finished_length(self._tail):
            return cut, ""
        fence = open_fence(self._tail) if len(self._tail) >= _FENCE_FREEZE else None
        return (self._tail.rfind("\n") + 1, f"{fence}\n") if fence is not None else (0, "")

    def _block(self, value: str) -> Any:
        options = {"style": self._style} if self._style is not None else {}
        block = widgets.HTMLMath(value=value, layout=self._layout, _dom_classes=_CLASSES, **options)
        self._style = block.style
        return block

    def close(self) -> None:
        """Blank and close all widgets of the stream: a saved widget state must not hold the text a second time."""
        blocks, self.box.children = self.box.children, ()
        for block in blocks:
            block.close()
        self._style.close()
        self.box.close()
