"""The vendor's code table as data. Sources: the protocol page, section 5; class and retry are our judgement."""

from dataclasses import dataclass
from typing import Final

from ..messages import has
from .tree import BadRequest, Moderated, QuotaExceeded, RateLimited, ServiceBusy, ServiceError


@dataclass(frozen=True, slots=True)
class CodeRow:
    """One code: the error it becomes, and whether asking again unchanged may help before any text was shown."""

    error: type[ServiceError]
    retryable: bool


def _rows(error: type[ServiceError], codes: str, *, retryable: bool = False) -> dict[int, CodeRow]:
    return {int(code): CodeRow(error, retryable) for code in codes.split()}


CODES: Final[dict[int, CodeRow]] = {
    **_rows(BadRequest, "10003 10004 10005 10018 10029 10041 10163 10404 10907"),
    **_rows(BadRequest, "10139 10160 10161 10303 10313 10317"),
    **_rows(QuotaExceeded, "10015 10016 11200 11201"),
    **_rows(RateLimited, "10006 10007 11202 11203", retryable=True),
    **_rows(RateLimited, "11210"),  # seen in one third-party list only: unverified, so not repeated
    **_rows(Moderated, "10013 10014 10019 10021 10022"),
    **_rows(ServiceBusy, "10000 10001 10002 10008 10009 10010 10011 10012", retryable=True),
    **_rows(ServiceBusy, "10110 10222 10223 10200 10500 10600 10700", retryable=True),
    **_rows(ServiceBusy, "10017"),
}
_UNKNOWN: Final = CodeRow(ServiceError, retryable=False)


def service_error(code: int, message: str, sid: str) -> ServiceError:
    """Return the error for a frame with `code` other than 0; an unknown code is a plain ServiceError."""
    row = CODES.get(code, _UNKNOWN)
    key = f"service.{code}" if has(f"service.{code}") else "service.unknown"
    return row.error(key, code=code, sid=sid, detail=message, retryable=row.retryable)
