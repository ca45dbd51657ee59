"""A socket that keeps to a deadline and a number of bytes, handed to the library in place of a bare one."""

import socket
import time
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from ..errors import AnswerTooLarge, DeadlineExceeded

Phase: TypeAlias = Literal["open", "send", "first", "idle", "total"]

SLICE: Final = 0.1  # seconds of waiting at a time: an interrupt is noticed on Windows, too
_CHUNK: Final = 64 * 1024  # bytes read at a time: a system call per frame costs more than the frame


@dataclass(frozen=True, slots=True)
class Deadline:
    """When (on the monotonic clock) a phase must be over, and what it was allowed, in seconds."""

    phase: Phase
    seconds: float
    at: float
    host: str

    def left(self) -> float:
        """Return the seconds left; DeadlineExceeded when there are none."""
        left = self.at - time.monotonic()
        if left <= 0:
            self.fail()
        return left

    def fail(self) -> None:
        """Raise the DeadlineExceeded of this phase; asking again may help while nothing was answered."""
        key, option = f"deadline.{self.phase}", f"{self.phase}-timeout"
        raise DeadlineExceeded(
            key,
            retryable=self.phase == "open",
            phase=self.phase,
            seconds=self.seconds,
            host=self.host,
            option=option,
        )


class BudgetSocket:
    """What the library needs of a socket, with the deadline and the byte budget of one connection.

    While `patient`, `recv` waits until the deadline: a handshake cut in the middle would lose its place. When not,
    it gives up with TimeoutError at `slice_end`; frames cut in the middle go on where they were.
    """

    def __init__(self, raw: socket.socket, deadline: Deadline, max_bytes: int) -> None:
        """Take over an open, connected socket."""
        raw.settimeout(SLICE)
        self._raw = raw
        self._buffer = b""
        self._position = 0
        self._left = self._max_bytes = max_bytes
        self._closed = False  # the library looks at it before it closes
        self.deadline = deadline
        self.patient = True
        self.slice_end = 0.0

    def recv(self, size: int) -> bytes:
        """Return up to `size` bytes; b"" at the end of the stream."""
        if self._position == len(self._buffer):
            self._fill()
        end = self._position + size
        piece = self._buffer[self._position : end]
        self._position += len(piece)
        return piece

    def _fill(self) -> None:
        """Read the next chunk, within the budget and the deadline."""
        while True:
            now = time.monotonic()
            if now >= self.deadline.at:
                self.deadline.fail()
            if not self.patient and now >= self.slice_end:
                raise TimeoutError
            try:
                self._buffer = self._raw.recv(_CHUNK)
            except TimeoutError:
                continue
            self._position = 0
            self._left -= len(self._buffer)
            if self._left < 0:
                raise AnswerTooLarge("answer.too_large", limit=self._max_bytes)
            return

    def send(self, data: bytes) -> int:
        """Send all of it, or raise: the library's handshake does not look at what was left."""
        rest = memoryview(data)
        while rest:
            self.deadline.left()
            try:
                rest = rest[self._raw.send(rest) :]
            except TimeoutError:
                continue
        return len(data)

    def gettimeout(self) -> float:
        """Return 0: the waiting is done here, the library must not select on its own."""
        return 0.0

    def settimeout(self, seconds: float | None) -> None:
        """Ignore the library's own idea of a timeout."""

    def fileno(self) -> int:
        """Return the descriptor, -1 once closed."""
        return self._raw.fileno()

    def close(self) -> None:
        """Close at once, without waiting for the other side."""
        self._closed = True
        self._raw.close()

    def shutdown(self, how: int) -> None:
        """Do nothing: `close` is all there is."""
