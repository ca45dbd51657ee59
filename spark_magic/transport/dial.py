"""From a host name to a connected, verified socket: look-up, connecting, proxy and TLS under one deadline."""

import contextlib
import errno
import os
import selectors
import socket
import threading
from collections.abc import Callable
from typing import Any, Final, TypeAlias

from ..errors import ConfigurationError, ConnectionFailed
from .deadline import SLICE, Deadline
from .proxy import ProxyAddress, proxy_for
from .tls import encrypt, tls_context, trust

_Address: TypeAlias = tuple[int, int, int, str, Any]
_Tunnel: TypeAlias = Callable[[ProxyAddress, socket.socket, tuple[str, int], Deadline], None]
_IN_PROGRESS: Final = (errno.EINPROGRESS, errno.EWOULDBLOCK, getattr(errno, "WSAEWOULDBLOCK", errno.EWOULDBLOCK))


def dial(host: str, port: int, deadline: Deadline, *, encrypted: bool) -> socket.socket:
    """Return a connected socket to `host`; ConnectionFailed if there is none.

    If `encrypted`, over verified TLS and through the environment's proxy; a setting that is wrong is a
    ConfigurationError before anything is opened. What is not encrypted goes to this machine alone.
    """
    if not encrypted:
        return _reach(host, port, deadline)
    context, proxy = tls_context(*trust()), proxy_for(host, port)
    raw = _reach_through(proxy, host, port, deadline) if proxy else _reach(host, port, deadline)
    try:
        return encrypt(raw, host, context, deadline)
    except BaseException:
        raw.close()
        raise


def _reach_through(proxy: ProxyAddress, host: str, port: int, deadline: Deadline) -> socket.socket:
    """Return a socket that the proxy has connected to `host`."""
    ask_for_tunnel = _tunnel(proxy)
    target = _known_address(proxy, host, port, deadline), port
    deadline.host = proxy.place  # who did not connect, should it take too long
    raw = _reach_proxy(proxy, deadline)
    try:
        ask_for_tunnel(proxy, raw, target, deadline)
    except BaseException:
        raw.close()
        raise
    deadline.host = host
    return raw


def _tunnel(proxy: ProxyAddress) -> _Tunnel:
    """Return the tunnel's maker; ConfigurationError where the extra that it needs is not installed."""
    with contextlib.suppress(ImportError):
        from .tunnel import ask_for_tunnel  # noqa: PLC0415  # only a proxy needs it

        return ask_for_tunnel
    raise ConfigurationError("proxy.missing", variable=proxy.variable, proxy=proxy.place)


def _known_address(proxy: ProxyAddress, host: str, port: int, deadline: Deadline) -> str:
    """Return what to ask the proxy for: the name, or its address for the kinds that leave the look-up to us."""
    if proxy.scheme not in {"socks4", "socks5"}:
        return host
    families = (socket.AF_INET,) if proxy.scheme == "socks4" else (socket.AF_INET, socket.AF_INET6)
    found = [address for address in _look_up(host, port, deadline) if address[0] in families]
    if not found:
        raise ConnectionFailed("connect.dns", host=host, retryable=True)
    return str(min(found)[4][0])  # IPv4 first: any proxy can reach that


def _reach_proxy(proxy: ProxyAddress, deadline: Deadline) -> socket.socket:
    """Connect to the proxy itself; a failure names it, and the variable that it came from."""
    try:
        return _reach(proxy.host, proxy.port, deadline)
    except ConnectionFailed as problem:
        key, detail = problem.key.replace("connect", "proxy"), problem.detail
    raise ConnectionFailed(key, proxy=proxy.place, variable=proxy.variable, detail=detail, retryable=True)


def _reach(host: str, port: int, deadline: Deadline) -> socket.socket:
    """Return a socket connected to `host`."""
    raw = _connect_any(_look_up(host, port, deadline), host, port, deadline)
    try:
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        raw.close()
        raise
    return raw


def _look_up(host: str, port: int, deadline: Deadline) -> list[_Address]:
    """Resolve a name. `getaddrinfo` knows no timeout, so it runs in a thread that nobody waits for too long."""
    with contextlib.suppress(OSError, UnicodeError):  # raised for a name; an address takes no time and no thread
        return list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST))
    found: list[_Address] = []

    def resolve() -> None:
        with contextlib.suppress(OSError, UnicodeError):
            found.extend(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))

    thread = threading.Thread(target=resolve, name="spark-dns", daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(min(SLICE, deadline.left()))
    if not found:
        raise ConnectionFailed("connect.dns", host=host, retryable=True)
    return found


def _connect_any(addresses: list[_Address], host: str, port: int, deadline: Deadline) -> socket.socket:
    """Try one address after the other; each may take its share of the time that is left."""
    reason = ""
    for position, address in enumerate(addresses):
        share = deadline.left() / (len(addresses) - position)
        try:
            raw = socket.socket(*address[:3])
        except OSError as problem:  # no IPv6 here, say
            reason = problem.strerror or ""
            continue
        try:
            code = _connect(raw, address[4], share, deadline)
        except BaseException:
            raw.close()
            raise
        if code == 0:
            return raw
        raw.close()
        reason = os.strerror(code)
    deadline.left()  # all of the time is gone: that is the better reason
    raise ConnectionFailed("connect.refused", host=host, port=port, detail=reason, retryable=True)


def _connect(raw: socket.socket, place: Any, seconds: float, deadline: Deadline) -> int:
    """Connect within `seconds`, in slices; return 0 or the error's number."""
    raw.settimeout(min(SLICE, seconds))
    code = raw.connect_ex(place)
    if code not in _IN_PROGRESS:
        return code
    with selectors.DefaultSelector() as selector:
        selector.register(raw, selectors.EVENT_WRITE)
        while (seconds := seconds - SLICE) > 0:
            deadline.left()
            if selector.select(min(SLICE, seconds)):
                return raw.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    return errno.ETIMEDOUT
