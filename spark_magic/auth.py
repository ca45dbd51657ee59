"""The signed address. Pure: address, credentials and time in, signed address out.

Source: the vendor's page on URL authentication, reproduced with its published vector in tests/test_auth.py.
"""

import base64
import hashlib
import hmac
from email.utils import formatdate
from typing import Final
from urllib.parse import parse_qs, urlencode, urlsplit

from .address import is_loopback, shown_address
from .credentials import Credentials
from .errors import ConfigurationError, HostRefused
from .secret import Secret, without_frames

_VENDOR: Final = ".xf-yun.com"


@without_frames
def sign_url(url: str, credentials: Credentials, now: float) -> Secret:
    """Return the address to connect to, valid for 300 seconds around `now` (seconds since the epoch)."""
    parts = urlsplit(url)
    date = formatdate(now, usegmt=True)  # English names and GMT whatever the locale and time zone
    signature = sign(parts.netloc, date, parts.path or "/", credentials.api_secret)
    authorization = (
        f'api_key="{credentials.api_key.reveal()}", algorithm="hmac-sha256", '
        f'headers="host date request-line", signature="{signature}"'
    )
    encoded = base64.b64encode(authorization.encode()).decode()
    query = urlencode({"authorization": encoded, "date": date, "host": parts.netloc})
    return Secret(f"{url}?{query}")


@without_frames
def signed_parts(url: Secret) -> tuple[Secret, Secret]:
    """Return what of a signed address is good for five minutes: the authorization, and the signature inside it."""
    query = parse_qs(urlsplit(url.reveal()).query)
    authorization = query["authorization"][0]
    signature = base64.b64decode(authorization).decode().rpartition('signature="')[2].rstrip('"')
    return Secret(authorization), Secret(signature)


def sign(host: str, date: str, path: str, api_secret: Secret) -> str:
    """Return the base64 signature of one GET; the secret is used as text, though it looks like base64."""
    message = f"host: {host}\ndate: {date}\nGET {path} HTTP/1.1"
    digest = hmac.new(api_secret.reveal().encode(), message.encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def check_address(url: str, allowed_hosts: tuple[str, ...] = (), *, file: str = "config.toml") -> None:
    """Pass an address keys may be sent to: `wss://` to the vendor's or an allowed host, or this machine.

    HostRefused for a stranger, ConfigurationError for `ws://` to another machine and for what is no plain
    address: user names, queries, fragments, blanks and non-ASCII characters have fooled parsers before.
    """
    host = _plain_host(url)
    if is_loopback(host):
        return
    if host != _VENDOR[1:] and not host.endswith(_VENDOR) and host not in _lowered(allowed_hosts):
        raise HostRefused("host.refused", host=host, file=file)
    if not url.lower().startswith("wss://"):
        raise ConfigurationError("url.insecure", url=url)


def _plain_host(url: str) -> str:
    """Return the lower-case host of an address with nothing in it but scheme, host, port and path."""
    try:
        parts = urlsplit(url)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError:
        raise ConfigurationError("url.invalid", url=shown_address(url)) from None
    plain = url.isascii() and url.isprintable() and not set(url) & set(" @?#\\%")
    if not (plain and port_is_fine and parts.scheme.lower() in ("ws", "wss") and parts.hostname):
        raise ConfigurationError("url.invalid", url=shown_address(url))
    return parts.hostname.lower()


def _lowered(hosts: tuple[str, ...]) -> set[str]:
    return {host.strip().lower() for host in hosts}
