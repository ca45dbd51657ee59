"""The few words with a proxy until the tunnel stands: CONNECT or SOCKS, spoken by python-socks over our own socket.

Loaded when a proxy is in the way and not before. The library would open a socket of its own, wait as long as it likes
and take the first piece of a CONNECT reply for all of it. Its chains of proxies have a link that gives a connected
socket: ours, which keeps to the deadline, stands in for one that was reached already.
"""

import contextlib
import re
import socket
from http import HTTPStatus
from typing import Any, Final

from python_socks import ProxyError, ProxyType
from python_socks.sync import Proxy

from ..errors import ConfigurationError, ConnectionFailed, SparkError
from .deadline import SLICE, Deadline
from .proxy import ProxyAddress

_KINDS: Final = {"socks4": ProxyType.SOCKS4, "socks5": ProxyType.SOCKS5}
_MOST_HEAD: Final = 16 * 1024  # bytes of a reply to CONNECT
_END: Final = re.compile(rb"\n\r?\n")
_MAY_PASS: Final = frozenset({1, 3, 4, 5, 6})  # SOCKS 5: failure, network or host unreachable, refused, too far


def ask_for_tunnel(proxy: ProxyAddress, raw: socket.socket, target: tuple[str, int], deadline: Deadline) -> None:
    """Have the proxy connect `raw` through to a host and port; ConnectionFailed, without the library's frames, else."""
    speaker = _speaker(proxy, (_HttpReply if proxy.scheme == "http" else _Words)(proxy, raw, deadline))
    try:
        speaker.connect(*target)
    except SparkError:
        raise
    except ProxyError as problem:
        failure = _denied(proxy, problem)
    except Exception as problem:  # noqa: BLE001  # its frames hold the password
        failure = _broken(proxy, getattr(problem, "strerror", None) or type(problem).__name__)
    else:
        return
    raise failure


class _Words:
    """What the library needs of a socket, within the deadline. Its owner closes it."""

    def __init__(self, proxy: ProxyAddress, raw: socket.socket, deadline: Deadline) -> None:
        raw.settimeout(SLICE)
        self._proxy, self._raw, self._deadline = proxy, raw, deadline

    def sendall(self, data: bytes) -> None:
        """Send all of it."""
        rest = memoryview(data)
        while rest:
            self._deadline.left()
            with contextlib.suppress(TimeoutError):
                rest = rest[self._raw.send(rest) :]

    def recv(self, size: int, flags: int = 0) -> bytes:
        """Return at least one and at most `size` bytes: SOCKS says how many there will be."""
        while True:
            self._deadline.left()
            with contextlib.suppress(TimeoutError):
                data = self._raw.recv(size, flags)
                break
        if not data:
            raise _broken(self._proxy, "it closed the connection")
        return data

    def close(self) -> None:
        """Do nothing."""


class _HttpReply(_Words):
    """The same for CONNECT, where the library reads once and takes that for the whole reply."""

    def recv(self, size: int, flags: int = 0) -> bytes:  # noqa: ARG002  # as above
        """Return the reply's whole head and not a byte of what comes behind it."""
        head = b""
        while not _END.search(head):
            if len(head) > min(size, _MOST_HEAD):
                raise _broken(self._proxy, "its reply has no end")
            seen = super().recv(_MOST_HEAD, socket.MSG_PEEK)
            end = _END.search(head + seen)
            head += super().recv(end.end() - len(head) if end else len(seen))
        return head


class _Reached:
    """The first link of the library's chain: a proxy that is there already."""

    def __init__(self, words: _Words) -> None:
        self._words = words

    def connect(self, **_: object) -> _Words:
        """Hand over our socket."""
        return self._words


def _speaker(proxy: ProxyAddress, words: _Words) -> Proxy:
    """Return the library's object. What is no address by now is for the proxy to look up: `rdns`."""
    chain: Any = _Reached(words)
    kind = _KINDS.get(proxy.scheme[:6], ProxyType.HTTP)
    user, password = proxy.user.reveal(), proxy.password.reveal()
    with contextlib.suppress(TypeError):  # python-socks 2, another package's, has no chains
        return Proxy(kind, proxy.host, proxy.port, user, password, rdns=True, forward=chain)
    raise ConfigurationError("proxy.missing", variable=proxy.variable, proxy=proxy.place)


def _denied(proxy: ProxyAddress, problem: ProxyError) -> ConnectionFailed:
    """Return ours for a refusal. An HTTP reply's own words stay untold: they may repeat what was sent."""
    code = problem.error_code
    if proxy.scheme != "http":
        return _failed("proxy.denied", proxy, str(problem), retryable=code in _MAY_PASS)
    if code is None:
        return _broken(proxy, "its reply is not HTTP's")
    if code == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        return _failed("proxy.authentication", proxy, "", retryable=False)
    phrase = next((status.phrase for status in HTTPStatus if status == code), "")
    return _failed("proxy.denied", proxy, f"{code} {phrase}", retryable=code >= HTTPStatus.INTERNAL_SERVER_ERROR)


def _broken(proxy: ProxyAddress, detail: str) -> ConnectionFailed:
    """Return the failure of a proxy that did not speak as one."""
    return _failed("proxy.broken", proxy, detail, retryable=True)


def _failed(key: str, proxy: ProxyAddress, detail: str, *, retryable: bool) -> ConnectionFailed:
    return ConnectionFailed(key, proxy=proxy.place, variable=proxy.variable, detail=detail, retryable=retryable)
