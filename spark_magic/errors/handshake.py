"""What a refused handshake means, by its HTTP status and body. Sources: the protocol page, section 2.3."""

from email.utils import parsedate_to_datetime
from http import HTTPStatus

from ..messages import say
from .tree import ClockSkew, CredentialsRefused, HandshakeRefused

_DATE_TAIL = "a valid date or x-date header is required"  # the texts before it differ, the tail does not
_MINUTE = 60
_YEARS = range(2020, 2100)  # that a server's clock may show; ours may be far off, without a battery say
LEAST_SKEW = 240  # seconds; 300 are allowed, and the reply took its time


def handshake_error(  # noqa: PLR0913  # six facts of one reply, all by name
    *, status: int, body: str, date: str, now: float, host: str, sources: str = ""
) -> HandshakeRefused:
    """Return the error for an HTTP reply to the upgrade.

    `body` may echo the key, so only what is recognised in it is told; `date` is the reply's Date header, `now`
    our own clock in seconds since the epoch, `sources` a sentence on where the credentials came from.
    """
    if status == HTTPStatus.UNAUTHORIZED:
        return CredentialsRefused(_unauthorized_key(body), code=None, sources=sources, status=status)
    if status == HTTPStatus.FORBIDDEN:
        return _forbidden(body, date, now)
    if status // 100 == 3:  # noqa: PLR2004  # HTTP's class of redirects
        return HandshakeRefused("handshake.redirect", status=status)
    retryable = status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS
    return HandshakeRefused("handshake.other", retryable=retryable, status=status, host=host, detail=body)


def _unauthorized_key(body: str) -> str:
    if "does not match" in body:
        return "handshake.secret"
    if "cannot be verified" in body:
        return "handshake.key"
    return "handshake.unsigned"


def _forbidden(body: str, date: str, now: float) -> HandshakeRefused:
    if _DATE_TAIL not in body:
        return HandshakeRefused("handshake.forbidden", status=403, detail=body)
    offset = _offset(date, now)
    if offset is None or abs(offset) < LEAST_SKEW:  # the server's own clock says that ours is right
        return ClockSkew("handshake.date", offset=offset, status=403)
    direction = f"handshake.clock.{'behind' if offset > 0 else 'ahead'}"
    return ClockSkew(
        "handshake.clock", offset=offset, status=403, minutes=abs(offset) / _MINUTE, direction=Said(direction)
    )


class Said:
    """A sentence's part that is itself in the table: said in the language of the moment it is shown."""

    def __init__(self, key: str) -> None:
        """Take the part's key."""
        self.key = key

    def __str__(self) -> str:
        """Say it."""
        return say(self.key)

    def __format__(self, spec: str) -> str:
        """Say it."""
        return format(str(self), spec)


def _offset(date: str, now: float) -> float | None:
    """Return the seconds our clock is behind the server's, or None for a date nobody can read, or believe."""
    try:
        moment = parsedate_to_datetime(date)
    except (TypeError, ValueError, OverflowError, IndexError):
        return None
    if moment.tzinfo is None or moment.year not in _YEARS:  # "-0000" would be read as local time
        return None
    return moment.timestamp() - now
