"""From a host name to a connected, verified socket: look-up, connecting and TLS under one deadline."""

import contextlib
import errno
import functools
import os
import selectors
import socket
import ssl
import threading
from typing import Any, Final, TypeAlias

from ..errors import ConnectionFailed, SparkError
from .deadline import SLICE, Deadline

_Address: TypeAlias = tuple[int, int, int, str, Any]
_IN_PROGRESS: Final = (errno.EINPROGRESS, errno.EWOULDBLOCK, getattr(errno, "WSAEWOULDBLOCK", errno.EWOULDBLOCK))


def dial(host: str, port: int, deadline: Deadline, *, encrypted: bool) -> socket.socket:
    """Return a connected socket to `host`, over verified TLS if `encrypted`; ConnectionFailed if there is none."""
    raw = _connect_any(_look_up(host, port, deadline), host, port, deadline)
    try:
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return _wrap_tls(raw, host, deadline) if encrypted else raw
    except BaseException:
        raw.close()
        raise


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
        raw = socket.socket(*address[:3])
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


def _wrap_tls(raw: socket.socket, host: str, deadline: Deadline) -> socket.socket:
    """Encrypt and verify; what TLS says of a failure is told, without its frames."""
    trust = (os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
    secure = tls_context(*trust).wrap_socket(raw, server_hostname=host, do_handshake_on_connect=False)
    secure.settimeout(SLICE)
    failure: SparkError | None = None
    try:
        while failure is None:
            deadline.left()
            with contextlib.suppress(TimeoutError):
                secure.do_handshake()
                return secure
    except ssl.SSLCertVerificationError as problem:
        failure = ConnectionFailed("connect.tls", host=host, detail=problem.verify_message)
    except (ssl.SSLError, OSError) as problem:
        reason = getattr(problem, "reason", None) or problem.strerror or type(problem).__name__
        failure = ConnectionFailed("connect.tls", host=host, detail=str(reason))
    except BaseException:
        secure.close()
        raise
    secure.close()
    raise failure


@functools.cache
def tls_context(ca_file: str | None = None, ca_folder: str | None = None) -> ssl.SSLContext:  # noqa: ARG001
    """Return the verifying context, made once: building it takes longer than the rest of a connection.

    The arguments are the environment that OpenSSL itself reads; they are the cache's key. Where Python has no
    root certificates of its own (python.org's macOS builds), certifi's are used.
    """
    context = ssl.create_default_context()
    paths = ssl.get_default_verify_paths()
    if not (paths.cafile or paths.capath or context.cert_store_stats()["x509_ca"]):
        import certifi  # noqa: PLC0415  # seldom needed

        context.load_verify_locations(certifi.where())
    return context
