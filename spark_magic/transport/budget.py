"""A socket that keeps to a deadline and a number of bytes, handed to the library in place of a bare one."""

import contextlib
import io
import re
import socket
import threading
import time
from typing import Final

from ..errors import AnswerTooLarge
from .deadline import SLICE, Deadline

_CHUNK: Final = 64 * 1024  # bytes read at a time: a system call per frame costs more than the frame
_END_OF_HEAD: Final = re.compile(rb"\n[ \t]*\r?\n")
_HANDSHAKE: Final = 64 * 1024  # bytes of a reply to the handshake: the library reads it one by one


def without_cookies(reply: bytes) -> bytes:
    """Return a reply to the handshake without the lines that set cookies.

    The library keeps those of all connections in one jar for the whole process, whatever domain they name, and sends
    them along later: this server would have a say in other connections' requests.
    """
    head = _END_OF_HEAD.search(reply)
    end = head.end() if head else len(reply)
    lines = re.split(rb"(?<=\n)", reply[:end])
    return b"".join(line for line in lines if "cookie" not in line.decode("utf-8", "replace").lower()) + reply[end:]


class ByteBudget:
    """How many bytes a server may still send: for one question, say, over all its connections."""

    def __init__(self, limit: int, key: str = "answer.too_large") -> None:
        """Start with all of them; `key` is the error's sentence."""
        self._left = self._limit = limit
        self._key = key

    def spend(self, count: int) -> None:
        """Take that many off; AnswerTooLarge when there were fewer."""
        self._left -= count
        if self._left < 0:
            raise AnswerTooLarge(self._key, limit=self._limit)


class BudgetSocket:
    """What the library needs of a socket, with the deadline of one connection and the byte budget of its question.

    While `patient`, `recv` waits until the deadline: a handshake cut in the middle would lose its place. When not,
    it gives up with TimeoutError at `slice_end`; frames cut in the middle go on where they were.
    """

    def __init__(self, raw: socket.socket, deadline: Deadline, budget: ByteBudget) -> None:
        """Take over an open, connected socket."""
        raw.settimeout(SLICE)
        self._raw = raw
        self._read = io.BytesIO()
        self.budget = budget
        self._handshake = ByteBudget(_HANDSHAKE, "handshake.too_large")
        self._closed = False  # the library looks at it before it closes
        self._closing = threading.RLock()  # a number once closed is soon another file's; a signal may come in between
        self.deadline = deadline
        self.patient = True
        self._head_read = False
        self.slice_end = 0.0

    def recv(self, size: int) -> bytes:
        """Return up to `size` bytes; b"" at the end of the stream."""
        return self._read.read(size) or self._more().read(size)

    def wait_at_most(self, seconds: float) -> None:
        """Have the next `recv` give up after so many seconds."""
        self.slice_end = time.monotonic() + seconds
        if seconds < SLICE:
            self._raw.settimeout(seconds)

    def ready(self, size: int) -> bytes | None:
        """Return the next `size` bytes, None if they are not all read already."""
        piece = self._read.read(size)
        if len(piece) == size:
            return piece
        self._read.seek(-len(piece), io.SEEK_CUR)
        return None

    def _more(self) -> io.BytesIO:
        """Read the next chunk; of the handshake's reply the whole head, without its cookies."""
        self._read = io.BytesIO(self._chunk() if self._head_read else without_cookies(self._head()))
        self._head_read = True
        return self._read

    def _head(self) -> bytes:
        """Return the reply up to the empty line behind its head, and what came with it."""
        head = b""
        while not _END_OF_HEAD.search(head) and (chunk := self._chunk()):
            head += chunk
        return head

    def _chunk(self) -> bytes:
        """Return the next chunk, within the budget and the deadline; b"" at the end of the stream."""
        chunk = self._waited()
        self.budget.spend(len(chunk))
        if self.patient:
            self._handshake.spend(len(chunk))
        return chunk

    def _waited(self) -> bytes:
        while True:
            self.deadline.left()
            if not self.patient and time.monotonic() >= self.slice_end:
                raise TimeoutError
            with contextlib.suppress(TimeoutError):
                return self._raw.recv(_CHUNK)

    def send(self, data: bytes) -> int:
        """Send all of it, or raise: the library's handshake does not look at what was left."""
        rest = memoryview(data)
        while rest:
            self.deadline.left()
            with contextlib.suppress(TimeoutError):
                rest = rest[self._raw.send(rest) :]
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
        with self._closing:
            self._closed = True
            self._raw.close()

    def cut(self) -> None:
        """End the stream both ways; a thread that waits for it wakes up. The socket stays its owner's to close."""
        with self._closing, contextlib.suppress(OSError):
            socket.socket.shutdown(self._raw, socket.SHUT_RDWR)  # TLS's own takes the cipher from a reader's hands

    def shutdown(self, how: int) -> None:
        """Do nothing: `close` is all there is."""
