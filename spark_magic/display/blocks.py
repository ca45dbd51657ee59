"""A growing text as widgets: finished blocks, sent once, and one live block, sent again as it grows."""

from collections.abc import Sequence
from typing import Any, Final

import ipywidgets as widgets  # type: ignore[import-untyped]  # it ships no types

from ..render import finished_length, open_fence
from .body import as_markdown, body_html

# Characters of the live block from which on its finished part becomes a block of its own: as many as all blocks before
# it, within these bounds. Every block is a message more at the end, every character a little more in every update.
_LEAST, _MOST = 1500, 6000
_LEAST_OF_FENCE: Final = 3000  # same for a long code block or a text as it stands: split between two lines
_MOST_AT_ONCE: Final = 30_000  # characters of an update: of a torrent some wait for the next, so that there is a next
_MESSAGES_TO_FREEZE: Final = 3  # the finished value, the new live block, the list of children
_CLASSES: Final = ("jp-RenderedHTMLCommon", "jp-RenderedHTML", "spark-magic-block")


class BlockStream:
    """Append text as it comes, `flush` when an update is due; `box` is what to display."""

    def __init__(
        self,
        layout: Any,
        before: Sequence[Any] = (),
        classes: Sequence[str] = (),
        format: str = "markdown",  # noqa: A002  # the option's name
    ) -> None:
        """Start empty, below what else is to be in the box; all share one layout, so that a block is one message.

        `format` is the one that was asked for, which decides how the text is laid out.
        """
        self._layout = layout
        self._style: Any = None
        self._asked = self._format = format
        self._finished: list[Any] = []
        self._coming: list[str] = []
        self._tail = ""
        self._frozen = 0
        self._live = self._block("")
        self.box = widgets.VBox([*before, self._live], layout=layout, _dom_classes=classes)

    def append(self, text: str) -> None:
        """Take the next piece; nothing is sent yet."""
        self._coming.append(text)

    @property
    def empty(self) -> bool:
        """Tell whether nothing was appended yet."""
        return not (self._coming or self._tail or self._frozen)

    @property
    def dirty(self) -> bool:
        """Tell whether there is text that was not sent."""
        return bool(self._coming)

    def flush(self) -> tuple[int, int]:
        """Send what is new; return how many messages that took, and how many bytes sent or characters read."""
        self._take()
        cut, reopen = self._cut()
        if not cut:
            self._live.value = self._html(self._tail)
            return 1, max(_size(self._live), len(self._tail))
        finished = self._live
        finished.value = self._html(self._tail[:cut])
        self._finished.append(finished)
        read, self._frozen = len(self._tail), self._frozen + cut
        self._tail = reopen + self._tail[cut:]
        self._live = self._block(self._html(self._tail))
        self.box.children = (*self.box.children, self._live)
        sent = _size(finished) + _size(self._live) + 45 * len(self.box.children)
        return _MESSAGES_TO_FREEZE, max(sent, read)

    def clear(self) -> None:
        """Start over: nothing of the text stays."""
        self._coming, self._tail, self._frozen, self._format = [], "", 0, self._asked
        self._live.value = ""
        gone, self._finished = self._finished, []
        if gone:
            self.box.children = tuple(child for child in self.box.children if child not in gone)
        for block in gone:
            block.close()

    def _html(self, text: str) -> str:
        return body_html(text, self._format, complete=False)

    def _take(self) -> None:
        """Move what has come into the live block's text."""
        text = "".join(self._coming)
        self._tail += text[:_MOST_AT_ONCE]
        self._coming = [text[_MOST_AT_ONCE:]] if len(text) > _MOST_AT_ONCE else []
        if not self._frozen and as_markdown(self._tail, self._format):
            self._format = "markdown"  # whatever comes behind the first words

    def _cut(self) -> tuple[int, str]:
        """Return where the live block may be cut, 0 for nowhere, and what the rest must begin with."""
        least = min(max(_LEAST, self._frozen), _MOST)
        if len(self._tail) < least:
            return 0, ""
        if self._format != "markdown":
            return (self._tail.rfind("\n") + 1 if len(self._tail) >= max(least, _LEAST_OF_FENCE) else 0), ""
        if cut := finished_length(self._tail):
            return cut, ""
        fence = open_fence(self._tail) if len(self._tail) >= max(least, _LEAST_OF_FENCE) else None
        cut = self._tail.rfind("\n") + 1
        if fence is None or self._tail.find("\n") + 1 == cut:  # a cut behind the opening line leaves all to the rest
            return 0, ""
        return cut, f"{fence}\n"

    def _block(self, value: str) -> Any:
        options = {"style": self._style} if self._style is not None else {}
        block = widgets.HTMLMath(value=value, layout=self._layout, _dom_classes=_CLASSES, **options)
        self._style = block.style
        return block

    def close(self) -> None:
        """Close the box and all that is in it."""
        for widget in (self.box, *self.box.children, self._style):
            widget.close()


def _size(block: Any) -> int:
    return len(block.value.encode(errors="replace"))
