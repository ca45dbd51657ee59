"""Open, send, receive, shut. Every foreign exception becomes one of ours here, without its frames."""

import contextlib
import ssl
import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TypeVar
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
from .budget import SLICE, BudgetSocket, Deadline, Phase
from .dial import dial

_T = TypeVar("_T")
_CLOSE_SECONDS = 0.05  # for our close frame: the answer is complete or unwanted, nobody waits for the other side


class Connection:
    """One connection for one question; a context manager that always closes from our side, at once.

    Times in seconds: `timeouts` by phase, `total_at` on the monotonic clock. `max_bytes` counts everything the
    server sends, handshake included. Raises SparkError or the user's KeyboardInterrupt, nothing else.
    """

    def __init__(self, timeouts: dict[Phase, float], total_at: float, max_bytes: int) -> None:
        """Take the budgets; nothing is opened yet."""
        self._timeouts = timeouts
        self._total_at = total_at
        self._max_bytes = max_bytes
        self._host, self._port = "", 0
        self._socket: BudgetSocket | None = None
        self._websocket: Any = None

    def open(self, url: Secret) -> None:
        """Connect to a signed address; ConnectionFailed and its kinds where that fails."""
        self._guarded(lambda: self._open(url))

    def _open(self, url: Secret) -> None:
        parts = urlsplit(url.reveal())
        self._host, encrypted = parts.hostname or "", parts.scheme == "wss"
        self._port = parts.port or (443 if encrypted else 80)
        deadline = self._deadline("open")
        raw = dial(self._host, self._port, deadline, encrypted=encrypted)
        self._socket = BudgetSocket(raw, deadline, self._max_bytes)
        self._websocket = _library().WebSocket(enable_multithread=False, skip_utf8_validation=True)
        self._websocket.connect(url.reveal(), socket=self._socket, redirect_limit=0, suppress_origin=True)

    def send(self, data: bytes) -> None:
        """Send one text frame; the wait for the first frame begins with its end."""
        self._guarded(lambda: self._send(data))

    def _send(self, data: bytes) -> None:
        connected = self._connected()
        connected.deadline = self._deadline("send")
        self._websocket.send(data, websocket.ABNF.OPCODE_TEXT)
        connected.deadline = self._deadline("first")
        connected.patient = False

    def receive(self) -> bytes | None:
        """Return the next frame's bytes, or None when a moment (0.1 s) passed without one.

        ConnectionLost at the end of the stream, whatever its close code; DeadlineExceeded, AnswerTooLarge.
        """
        return self._guarded(self._receive)

    def _receive(self) -> bytes | None:
        connected = self._connected()
        connected.slice_end = time.monotonic() + SLICE
        try:
            opcode, frame = self._websocket.recv_data_frame()
        except websocket.WebSocketTimeoutException:
            return None
        if opcode == websocket.ABNF.OPCODE_CLOSE:
            raise ConnectionLost("connection.lost")
        connected.deadline = self._deadline("idle")
        data: bytes = frame.data
        return data

    def close(self) -> None:
        """Send a close frame if that is possible at once, and close the socket. Harmless when closed."""
        connected, self._socket = self._socket, None
        if connected is None:
            return
        connected.deadline = Deadline("send", _CLOSE_SECONDS, time.monotonic() + _CLOSE_SECONDS, self._host)
        try:
            with contextlib.suppress(websocket.WebSocketException, OSError, SparkError):
                if self._websocket is not None and self._websocket.connected:
                    self._websocket.send_close()
        finally:
            connected.close()
            self._websocket = None

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

    def _deadline(self, phase: Phase) -> Deadline:
        """Return the phase's deadline, or the whole call's where that comes first."""
        seconds = self._timeouts[phase]
        at = time.monotonic() + seconds
        if at <= self._total_at:
            return Deadline(phase, seconds, at, self._host)
        return Deadline("total", self._timeouts["total"], self._total_at, self._host)

    def _guarded(self, step: Callable[[], _T]) -> _T:
        """Run a step; whatever goes wrong closes the connection and is raised anew.

        The library's frames hold the signed address in their locals, and a traceback would carry them away.
        """
        try:
            return step()
        except BaseException as problem:  # noqa: BLE001  # the one place where foreign errors are mapped
            failure = self._translated(problem)
        self.close()
        raise failure

    def _translated(self, problem: BaseException) -> BaseException:
        """Return ours for a foreign exception, and a bare copy for what is ours or the user's."""
        if isinstance(problem, SparkError):
            problem.__context__ = problem.__cause__ = None
            return problem.with_traceback(None)
        if not isinstance(problem, Exception):
            return type(problem)()
        if isinstance(problem, websocket.WebSocketBadStatusException):
            return self._refused(problem)
        if isinstance(problem, (websocket.WebSocketConnectionClosedException, OSError)):
            return self._broken(problem)
        if self._redirected():
            return handshake_error(
                status=self._websocket.getstatus(), body="", date="", now=time.time(), host=self._host
            )
        return ProtocolError("protocol.invalid", detail=type(problem).__name__)

    def _refused(self, problem: Any) -> SparkError:
        headers, body = problem.resp_headers or {}, problem.resp_body or b""
        return handshake_error(
            status=problem.status_code,
            body=body.decode("utf-8", "replace"),
            date=headers.get("date", ""),
            now=time.time(),
            host=self._host,
        )

    def _broken(self, problem: Exception) -> SparkError:
        if self._websocket is not None and self._websocket.connected:
            return ConnectionLost("connection.lost")
        reason = getattr(problem, "strerror", None) or "the connection was closed"
        kind = "connect.tls" if isinstance(problem, ssl.SSLError) else "connect.refused"
        return ConnectionFailed(kind, host=self._host, port=self._port, detail=str(reason), retryable=True)

    def _redirected(self) -> bool:
        status = self._websocket.getstatus() if self._websocket is not None else None
        return status is not None and status // 100 == 3  # noqa: PLR2004  # HTTP's class of redirects


def _library() -> Any:
    """Return the library; ConfigurationError when the abandoned package of the same name took its place."""
    if not hasattr(websocket, "WebSocket") or not hasattr(websocket, "ABNF"):
        path = getattr(sys.modules["websocket"], "__file__", "") or "?"
        raise ConfigurationError("websocket.shadowed", path=path)
    return websocket
