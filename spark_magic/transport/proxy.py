"""Which proxy the environment names for a host: `https_proxy`, else `all_proxy`, unless `no_proxy` lists the host.

The environment alone, on every system: the settings of Windows and macOS may be a script (PAC) that nobody here runs,
and a proxy that only some of the user's machines take would be a riddle. The standard library's own reading of
`no_proxy` costs 40 ms to load and knows neither blocks of addresses nor `*.suffix`, which companies write.
"""

import ipaddress
import os
import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import SplitResult, unquote_to_bytes, urlsplit

from ..address import is_loopback
from ..errors import ConfigurationError
from ..secret import Secret

SUPPORTED: Final = {"http": 80, "socks4": 1080, "socks4a": 1080, "socks5": 1080, "socks5h": 1080}  # with default ports
_VARIABLES: Final = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
_WITH_PORT: Final = re.compile(r"(\[[^\]]*\]|[^:]*):(\d+)")
_LONGEST_SOCKS_NAME: Final = 255  # bytes: SOCKS counts them in one


@dataclass(frozen=True, slots=True)
class ProxyAddress:
    """Where a proxy is and who asks it; user and password show nowhere."""

    variable: str
    scheme: str
    host: str
    port: int
    user: Secret = field(repr=False)
    password: Secret = field(repr=False)

    @property
    def place(self) -> str:
        """Name it for the user: host and port."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def proxy_for(host: str, port: int) -> ProxyAddress | None:
    """Return the proxy on the way to a host, None to go straight; ConfigurationError for one that cannot be used."""
    variable = next((name for name in _VARIABLES if os.environ.get(name, "").strip()), None)
    if variable is None or is_loopback(host) or _is_exempt(host.lower(), port):
        return None
    return _parsed(variable, os.environ[variable].strip())


def _is_exempt(host: str, port: int) -> bool:
    """Tell whether `no_proxy` lists this host."""
    listed = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    return any(_covers(entry, host, port) for entry in re.split(r"[\s,]+", listed.lower()) if entry)


def _covers(entry: str, host: str, port: int) -> bool:
    """Tell whether an entry means this host: `*`, an address or block of them, a name or what ends with it; `:port`."""
    with_port = _WITH_PORT.fullmatch(entry)
    name, its_port = with_port.groups() if with_port else (entry, port)
    if int(its_port) != port:
        return False
    ends = f".{name.removeprefix('*').lstrip('.')}"
    return name == "*" or _is_in_block(host, name.strip("[]")) or f".{host}".endswith(ends)


def _is_in_block(host: str, block: str) -> bool:
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(block, strict=False)
    except ValueError:  # at least one of them is a name
        return False


def _parsed(variable: str, value: str) -> ProxyAddress:
    """Read a proxy's address. Of one that cannot be read nothing is told: any part of it may be the password."""
    parts = _split(value if "://" in value else f"http://{value}")
    if parts is None:
        raise ConfigurationError("proxy.invalid", variable=variable)
    host, port = parts.hostname or "", parts.port or SUPPORTED.get(parts.scheme, 0)
    if parts.scheme not in SUPPORTED:
        key = "proxy.tls" if parts.scheme == "https" else "proxy.scheme"
        raise ConfigurationError(key, variable=variable, scheme=parts.scheme, host=host, supported=", ".join(SUPPORTED))
    user, password = _decoded(parts.username), _decoded(parts.password)
    if not _can_be_sent(parts.scheme, user, password):
        raise ConfigurationError("proxy.credentials", variable=variable, scheme=parts.scheme, host=host)
    return ProxyAddress(variable, parts.scheme, host, port, Secret(user), Secret(password))


def _split(url: str) -> SplitResult | None:
    """Take an address apart; None for what is none. Anything behind the port is a password's `/`, `?` or `#`."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts if parts.hostname and parts.path in {"", "/"} and not (parts.query or parts.fragment) else None


def _decoded(text: str | None) -> str:
    """Undo the percent-encoding; each character is one byte as it is to be sent."""
    return unquote_to_bytes(text or "").decode("latin-1")


def _can_be_sent(scheme: str, user: str, password: str) -> bool:
    """Tell whether the kind of proxy has a way to take these: else the library fails with them in its message."""
    if scheme == "http":
        return ":" not in user
    return all(text.isascii() and text.isprintable() and len(text) <= _LONGEST_SOCKS_NAME for text in (user, password))
