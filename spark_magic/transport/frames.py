"""The library's reader of frames, with a short cut to what was read from the socket already."""

from collections.abc import Callable

from websocket import frame_buffer


class FrameReader(frame_buffer):
    """Reads as the library does. Its way to the socket, three times a frame, is most of what a frame costs."""

    def __init__(self, recv: Callable[[int], bytes], ready: Callable[[int], bytes | None]) -> None:
        """Take the library's own way, and the short one, which gives None where that has to be gone."""
        super().__init__(recv, skip_utf8_validation=True)
        self._ready = ready

    def recv_strict(self, bufsize: int) -> bytes:
        """Return exactly so many bytes; after a time-out the next call goes on where this one was."""
        piece = None if self.recv_buffer else self._ready(bufsize)
        return super().recv_strict(bufsize) if piece is None else piece
