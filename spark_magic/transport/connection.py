"""Open, send, receive, shut. Every foreign exception becomes one of ours here, without its frames."""

import contextlib
import math
import ssl
import sys
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import websocket

from ..errors import (
    ConfigurationError,
    ConnectionFailed,
    ConnectionLost,
    ProtocolError,
    SparkError,
    handshake_error,
)
from ..secret import Secret
from .budget import BudgetSocket, ByteBudget
from .deadline import PHASES, SLICE, Deadline, Phase
from .dial import dial
from .trace import silence_trace

_CLOSE_SECONDS = 0.05  # for our close frame: the answer is complete or unwanted, nobody waits for the other side


class Connection:
    """One connection for one question; a context manager that always closes from our side, at once.

    Times in seconds: `timeouts` by phase, `total_at` on the monotonic clock. `budget` is spent on everything
    the server sends, handshake included. Raises SparkError or the user's KeyboardInterrupt, nothing else.
    """

    def __init__(self, timeouts: Mapping[Phase, float], total_at: float, budget: ByteBudget) -> None:
        """Take the budgets; nothing is opened yet."""
        self._deadline = Deadline(timeouts, total_at)
        self._budget = budget
        self._port = 0
        self._socket: BudgetSocket | None = None
        self._websocket: Any = None
        self._opened = self._sent = self._stopped = False
        self._waiting = False  # for the next frame, that is: it may take many calls

    def open(self, url: Secret) -> None:
        """Connect to a signed address; ConnectionFailed and its kinds where that fails."""
        try:
            return self._open(url)
        except BaseException as problem:  # noqa: BLE001  # see _end
            failure = self._end(problem)
        raise failure

    def _open(self, url: Secret) -> None:
        _check_library()
        parts = urlsplit(url.reveal())
        host, encrypted = parts.hostname or "", parts.scheme == "wss"
        self._deadline.host, self._port = host, parts.port or (443 if encrypted else 80)
        self._deadline.begin("open")
        raw = dial(host, self._port, self._deadline, encrypted=encrypted)
        self._socket = BudgetSocket(raw, self._deadline, self._budget)
        self._websocket = _websocket(self._socket)
        self._websocket.connect(url.reveal(), socket=self._socket, redirect_limit=0, suppress_origin=True)
        self._opened = True

    def send(self, data: bytes) -> None:
        """Send one text frame; the wait for the first frame begins with its end."""
        try:
            return self._send(data)
        except BaseException as problem:  # noqa: BLE001  # see _end
            failure = self._end(problem)
        raise failure

    def _send(self, data: bytes) -> None:
        connected = self._connected()
        self._deadline.begin("send")
        self._websocket.send(data, websocket.ABNF.OPCODE_TEXT)
        self._deadline.begin("first")
        self._sent = self._waiting = True
        connected.patient = False

    def receive(self, seconds: float = SLICE) -> bytes | None:
        """Return the next frame's bytes, or None when a moment of so many seconds passed without one.

        ConnectionLost at the end of the stream, whatever its close code; DeadlineExceeded, AnswerTooLarge. What the
        caller does between two frames is not counted as waiting for the second.
        """
        try:
            return self._receive(seconds)
        except BaseException as problem:  # noqa: BLE001  # see _end
            failure = self._end(problem)
        raise failure

    def _receive(self, seconds: float) -> bytes | None:
        connected = self._connected()
        if not self._waiting:
            self._deadline.begin("idle")
        connected.wait_at_most(seconds)
        try:
            opcode, frame = self._websocket.recv_data_frame()
        except websocket.WebSocketTimeoutException:
            self._waiting = True
            return None
        if opcode == websocket.ABNF.OPCODE_CLOSE:
            raise ConnectionLost("connection.lost")
        self._waiting = False
        data: bytes = frame.data
        return data

    def check(self) -> None:
        """ConnectionLost when it was stopped, DeadlineExceeded when the whole call has no time left."""
        if self._stopped:
            raise ConnectionLost("connection.lost")
        self._deadline.check_total()

    def end_within(self, seconds: float) -> None:
        """Let nothing that follows take longer than that, whatever the phases' limits are."""
        connected = self._connected()
        self._deadline = connected.deadline = Deadline(dict.fromkeys(PHASES, seconds), math.inf)
        self._deadline.begin("idle")

    def stop(self) -> None:
        """End it from another thread: what its own thread waits for, now or next, fails with ConnectionLost."""
        self._stopped = True
        self._deadline.stop()
        if connected := self._socket:
            connected.cut()

    def close(self) -> None:
        """Send a close frame if that is possible at once, and close the socket. Harmless when closed."""
        connected = self._socket
        if connected is None:
            return
        try:
            with contextlib.suppress(websocket.WebSocketException, OSError, SparkError):
                self._say_goodbye(connected)
        finally:
            connected.close()
            self._socket = self._websocket = None

    def _say_goodbye(self, connected: BudgetSocket) -> None:
        connected.deadline = Deadline(dict.fromkeys(PHASES, _CLOSE_SECONDS), math.inf)
        connected.deadline.begin("send")
        if self._websocket is not None and self._websocket.connected:
            self._websocket.send_close()

    def __enter__(self) -> Self:
        """Give itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close, however it ended."""
        self.close()

    def _connected(self) -> BudgetSocket:
        if self._socket is None:
            raise ConnectionLost("connection.lost")
        return self._socket

    def _end(self, problem: BaseException) -> BaseException:
        """Close, and return what to raise anew: ours for a foreign exception, without its frames.

        The library's frames hold the signed address in their locals, and a traceback would carry them away.
        """
        try:
            return self._translated(problem)
        finally:
            self.close()

    def _translated(self, problem: BaseException) -> BaseException:
        """Return ours for a foreign exception; what is ours or the user's goes on without its frames."""
        if isinstance(problem, Exception) and self._stopped:
            return ConnectionLost("connection.lost")
        if isinstance(problem, Exception) and not isinstance(problem, SparkError):
            return self._mapped(problem)
        problem.__context__ = problem.__cause__ = None
        return problem.with_traceback(None)

    def _mapped(self, problem: Exception) -> SparkError:
        if isinstance(problem, websocket.WebSocketBadStatusException) and problem.status_code:
            return self._refused(problem)
        if isinstance(problem, (websocket.WebSocketConnectionClosedException, OSError)):
            unasked = not self._sent
            return ConnectionLost("connection.lost", retryable=unasked) if self._opened else self._failed(problem)
        if self._redirected():
            return handshake_error(
                status=self._websocket.getstatus(), body="", date="", now=time.time(), host=self._deadline.host
            )
        return ProtocolError("protocol.invalid", detail=type(problem).__name__)

    def _refused(self, problem: Any) -> SparkError:
        headers, body = problem.resp_headers or {}, problem.resp_body or b""
        return handshake_error(
            status=problem.status_code,
            body=body.decode("utf-8", "replace"),
            date=headers.get("date", ""),
            now=time.time(),
            host=self._deadline.host,
        )

    def _failed(self, problem: Exception) -> SparkError:
        reason = getattr(problem, "strerror", None) or "the connection was closed"
        if isinstance(problem, ssl.SSLError):  # after TLS proved who it is: what came is no TLS any more
            reason = "the connection was broken"
        return ConnectionFailed(
            "connect.refused", host=self._deadline.host, port=self._port, detail=str(reason), retryable=True
        )

    def _redirected(self) -> bool:
        status = self._websocket.getstatus() if self._websocket is not None else None
        return status is not None and status // 100 == 3  # noqa: PLR2004  # HTTP's class of redirects


def _check_library() -> None:
    """ConfigurationError, before anything is opened, when the abandoned package of the same name took its place."""
    if not hasattr(websocket, "WebSocket") or not hasattr(websocket, "ABNF"):
        path = getattr(sys.modules["websocket"], "__file__", "") or "?"
        raise ConfigurationError("websocket.shadowed", path=path)


def _websocket(connected: BudgetSocket) -> Any:
    """Return the library's object, reading from our socket."""
    from .frames import FrameJoiner, FrameReader  # noqa: PLC0415  # there is nothing to import from the abandoned package

    silence_trace()
    made = websocket.WebSocket(enable_multithread=False, skip_utf8_validation=True)
    made.frame_buffer = FrameReader(made.frame_buffer.recv, connected.ready, connected.budget.spend)
    made.cont_frame = FrameJoiner()
    return made
