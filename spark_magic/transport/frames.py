"""The library's reader of frames, with a short cut to what was read from the socket already."""

from collections.abc import Callable
from typing import Any, Final

from websocket import continuous_frame, frame_buffer

_SMALL: Final = 126  # bytes; a shorter frame says its length in its second byte. Those of an answer are longer
_COST: Final = 128  # bytes that a small one counts as: reading it takes as long as reading a large one


class FrameReader(frame_buffer):
    """Reads as the library does. Its way to the socket, three times a frame, is most of what a frame costs."""

    def __init__(
        self, recv: Callable[[int], bytes], ready: Callable[[int], bytes | None], spend: Callable[[int], None]
    ) -> None:
        """Take the library's own way, the short one, which gives None where that has to be gone, and the budget."""
        super().__init__(recv, skip_utf8_validation=True)
        self._ready = ready
        self._spend = spend

    def recv_header(self) -> None:
        """Read the header; of small frames without end there are few."""
        super().recv_header()
        if self.header and self.header[self._HEADER_LENGTH_INDEX] < _SMALL:
            self._spend(_COST)

    def recv_strict(self, bufsize: int) -> bytes:
        """Return exactly so many bytes; after a time-out the next call goes on where this one was."""
        piece = None if self.recv_buffer else self._ready(bufsize)
        return super().recv_strict(bufsize) if piece is None else piece


class FrameJoiner(continuous_frame):
    """Joins the pieces of a frame as the library does, without copying all of them for each."""

    def __init__(self) -> None:
        """Give a frame when it is whole, unchecked: it is decoded strictly later."""
        super().__init__(fire_cont_frame=False, skip_utf8_validation=True)

    def add(self, frame: Any) -> None:
        """Add a piece; from the second one on they go to the end of what is there."""
        super().add(frame)
        if not frame.fin and self.cont_data and isinstance(self.cont_data[1], bytes):
            self.cont_data[1] = bytearray(self.cont_data[1])
