"""Whether a signed address is let in. Pure. Sources: the protocol page, sections 2.1 and 2.3.

The order of the checks is that of the hmac-auth plug-in whose texts the vendor's gateway answers with: is there an
authorization, does the clock agree, can it be read, whose key is it, does the signature match.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import parse_qsl

from ..auth import sign
from ..credentials import Credentials

SKEW: Final = 300  # seconds a date may be off, either way
_UNVERIFIED: Final = "HMAC signature cannot be verified"
_DATE: Final = f"{_UNVERIFIED}, a valid date or x-date header is required for HMAC Authentication"
_SIGNED: Final = ("host", "date", "request-line")
_PAIR: Final = re.compile(r'(\w+)\s*=\s*"([^"]*)"')


@dataclass(frozen=True, slots=True)
class Refusal:
    """The HTTP reply to an upgrade that is not let in."""

    status: int
    message: str


def judge(target: str, host: str, credentials: Credentials, now: float) -> Refusal | None:
    """Return why the request for `target` (path and query) is refused, or None. `host` is its Host header."""
    path, _, text = target.partition("?")
    query = dict(reversed(parse_qsl(text)))  # of a repeated name the first counts
    if not query.get("authorization"):
        return Refusal(401, "Unauthorized")
    if not _is_current(query.get("date", ""), now):
        return Refusal(403, _DATE)
    claims = _claims(query["authorization"])
    return _judge_claims(claims, credentials) or _judge_signature(claims, query, path, host, credentials)


def _is_current(date: str, now: float) -> bool:
    try:
        moment = parsedate_to_datetime(date)
    except (ValueError, TypeError, IndexError, OverflowError):
        return False
    return moment.tzinfo is not None and abs(moment.timestamp() - now) <= SKEW


def _claims(authorization: str) -> dict[str, str]:
    """Read `api_key="…", algorithm="…", …`, with any blanks, as `hmac username="…"` too; {} if it is not that."""
    try:
        text = base64.b64decode(authorization, validate=True).decode()
    except (binascii.Error, ValueError):
        return {}
    claims = dict(_PAIR.findall(text))
    if "api_key" not in claims and "username" in claims:
        claims["api_key"] = claims["username"]
    return claims


def _judge_claims(claims: Mapping[str, str], credentials: Credentials) -> Refusal | None:
    if not {"api_key", "algorithm", "headers", "signature"} <= claims.keys() or claims["algorithm"] != "hmac-sha256":
        return Refusal(401, _UNVERIFIED)
    for name in _SIGNED:
        if name not in claims["headers"].split():
            return Refusal(401, f"{_UNVERIFIED}:enforced header '{name}' not used for signature creation")
    if _same(claims["api_key"], credentials.api_secret.reveal()):
        return Refusal(401, f"{_UNVERIFIED}: fail to retrieve credential")
    return None if _same(claims["api_key"], credentials.api_key.reveal()) else Refusal(401, _UNVERIFIED)


def _judge_signature(
    claims: Mapping[str, str], query: Mapping[str, str], path: str, host: str, credentials: Credentials
) -> Refusal | None:
    """Compare with our own signature over the host as the query gives it: with the port or, as some do, without."""
    claimed = query.get("host", "")
    expected = sign(claimed, query["date"], path, credentials.api_secret)
    if claimed in (host, host.rpartition(":")[0] or host) and _same(claims["signature"], expected):
        return None
    return Refusal(401, "HMAC signature does not match")


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
