"""TLS that always verifies: whom to trust, the handshake under a deadline, and what it says of a failure."""

import contextlib
import functools
import os
import socket
import ssl
from pathlib import Path

from ..errors import ConfigurationError, ConnectionFailed, SparkError
from .deadline import SLICE, Deadline


def encrypt(raw: socket.socket, host: str, context: ssl.SSLContext, deadline: Deadline) -> socket.socket:
    """Encrypt and verify; what TLS says of a failure is told, without its frames."""
    secure = context.wrap_socket(raw, server_hostname=host, do_handshake_on_connect=False)
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
    except (ssl.SSLEOFError, ConnectionError) as problem:
        failure = ConnectionFailed("connect.broken", host=host, detail=_reason(problem), retryable=True)
    except OSError as problem:
        failure = ConnectionFailed("connect.tls", host=host, detail=_reason(problem))
    except BaseException:
        secure.close()
        raise
    secure.close()
    raise failure


def trust() -> tuple[str | None, str | None, int]:
    """Return whom the environment trusts, the key of `tls_context`: a bundle that was corrected is read again."""
    ca_file = os.environ.get("SSL_CERT_FILE")
    changed = 0
    with contextlib.suppress(OSError):
        changed = Path(ca_file).stat().st_mtime_ns if ca_file else 0
    return ca_file, os.environ.get("SSL_CERT_DIR"), changed


@functools.lru_cache(maxsize=4)
def tls_context(ca_file: str | None = None, ca_folder: str | None = None, changed: int = 0) -> ssl.SSLContext:  # noqa: ARG001
    """Return the verifying context, made once: building it takes longer than the rest of a connection.

    The arguments are what OpenSSL itself reads from the environment; they are the cache's key. Where Python has no
    root certificates of its own (python.org's macOS builds), certifi's are used.
    """
    context = ssl.create_default_context()
    if ca_file:
        _check_bundle(context, ca_file)
    paths = ssl.get_default_verify_paths()
    if not (paths.cafile or paths.capath or context.cert_store_stats()["x509_ca"]):
        import certifi  # noqa: PLC0415  # seldom needed

        context.load_verify_locations(certifi.where())
    return context


def _check_bundle(context: ssl.SSLContext, ca_file: str) -> None:
    """Raise ConfigurationError where OpenSSL found no certificates: it says nothing and trusts nobody."""
    try:
        return context.load_verify_locations(ca_file)
    except OSError as problem:
        reason = _reason(problem)
    raise ConfigurationError("tls.bundle", path=ca_file, detail=reason)


def _reason(problem: OSError) -> str:
    """Return what TLS or the system says, in words: a name like TLSV1_ALERT would be masked as a key."""
    name = getattr(problem, "reason", None) or problem.strerror or type(problem).__name__
    return str(name).replace("_", " ").lower()
