"""What an address is made of: one way to write it, what of it may be shown, and whether it is this machine."""

import ipaddress
import re
from typing import Final
from urllib.parse import urlsplit

_DEFAULT_PORTS: Final = {"wss": 443, "ws": 80}


def canonical_address(url: str) -> str:
    """Return a plain address with scheme and host in lower case, without the default port and a last slash.

    The signature covers host and path as they are sent: `:443`, which no client sends, would break it. What is no
    plain address stays as it is, for `auth.check_address` to refuse.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return url
    if not parts.hostname or "@" in parts.netloc or "?" in url or "#" in url:
        return url
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    place = host if port in (None, _DEFAULT_PORTS.get(parts.scheme)) else f"{host}:{port}"
    return f"{parts.scheme}://{place}{parts.path.rstrip('/') or '/'}"


def shown_address(url: str) -> str:
    """Return an address without what may hold a key: the query, and the user name with its password.

    What is no address at all may itself be a key, pasted into the wrong place.
    """
    plain = re.split(r"[?#\\]", url, maxsplit=1)[0]
    if "://" not in plain and "@" not in plain:
        return "…"
    return f"…@{plain.rpartition('@')[2]}" if "@" in plain else plain


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address can only mean this machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
