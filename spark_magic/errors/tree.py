"""The classes: one base with data, one subclass for each thing a caller may want to catch."""

import re
from collections.abc import Iterable

from ..messages import has, say
from .echo import repeats

# Keys are 32 characters with digits among them; a gateway may echo one. Its own names for errors have none.
_TOKEN = re.compile(r"(?=[A-Za-z+=_\-]*[0-9]|[A-Za-z+=_\-]{32})[A-Za-z0-9+=_\-]{16,}")
_MOST = 300  # characters of a foreign text worth showing
_LOOKED_AT = 65536  # characters of it that are read at all
_SID = 64  # characters; the vendor's have 34
_MASK = "****"


def masked_text(text: str) -> str:
    """Make a foreign text fit to show: printable, at most 300 characters, anything like a key masked."""
    words = "".join(c if c.isprintable() else " " for c in text[:_LOOKED_AT]).split()
    if len(text) > _LOOKED_AT and words:
        words.pop()  # a key cut in two would not look like one
    shown = _TOKEN.sub(_MASK, " ".join(words))
    return shown if len(shown) <= _MOST else shown[:_MOST] + "…"


class SparkError(Exception):
    """Whatever keeps an answer from being complete.

    `hint` says what to do next, `retryable` whether asking again unchanged may help, `code` and `sid` are the
    vendor's number and session id where there are any (None and ""). `str()` gives all of it in two or three
    lines, in the user's language, with the number of `attempts` if there were several, and the `row` of a table it
    is about (from 1). Notebooks show just that, without frames and so without locals.
    """

    def __init__(
        self,
        key: str,
        *,
        retryable: bool = False,
        code: int | None = None,
        sid: str = "",
        detail: str = "",
        **values: object,
    ) -> None:
        """Take the sentence's key in `messages` and what is to be put into it and its hint."""
        super().__init__(key)
        self.key = key
        self.retryable = retryable
        self.code = code
        self.sid = masked_sid(sid)
        self.detail = masked_text(detail)
        self.values = values
        self.attempts = 1
        self.row: int | None = None

    def withhold(self, secrets: Iterable[str]) -> None:
        """Take these texts out of what the server said: one that echoes a key must not put it on the screen.

        Where it repeats one in another form, all of its words go.
        """
        for secret in filter(None, secrets):
            said = (text.replace(secret, _MASK) for text in (self.detail, self.sid))
            self.detail, self.sid = (_MASK if repeats(text, secret) else text for text in said)

    @property
    def summary(self) -> str:
        """What happened, in our own words."""
        return say(self.key, detail=self.detail, code=self.code, **self.values)

    @property
    def sentence(self) -> str:
        """What happened."""
        return self.summary

    @property
    def hint(self) -> str:
        """What to do next."""
        return self._say_hint(self.key)

    def _say_hint(self, key: str) -> str:
        """Say the hint of `key`, or of the group it belongs to (`deadline.open` has `deadline.hint`)."""
        hint = f"{key}.hint"
        if not has(hint):
            hint = f"{key.rpartition('.')[0]}.hint"
        return say(hint, detail=self.detail, code=self.code, **self.values)

    def lines(self) -> list[str]:
        """Return the two or three lines a user sees: what happened, what to do, code and sid."""
        facts = [f"code {self.code}"] if self.code is not None else []
        facts += [f"sid {self.sid}"] if self.sid else []
        facts += [say("label.attempts", count=self.attempts)] if self.attempts > 1 else []
        facts += [say("label.row", number=self.row)] if self.row is not None else []
        return [self.sentence, self.hint, *([" · ".join(facts)] if facts else [])]

    def __str__(self) -> str:
        """Show all lines."""
        return "\n".join(self.lines())

    def _render_traceback_(self) -> list[str]:
        """Show IPython the lines instead of a traceback: a traceback has locals."""
        first, *rest = self.lines()
        return [f"{type(self).__name__}: {first}", *(f"  {line}" for line in rest)]


def masked_sid(sid: str) -> str:
    """Return a sid fit to show: printable and short; it is the server's text, not ours."""
    return "".join(c for c in sid if c.isprintable())[:_SID]


class ConfigurationError(SparkError):
    """A setting, a file or an address is not right; nothing was sent."""


class CredentialsMissing(ConfigurationError):
    """App id, key or secret is nowhere to be found; nothing was sent."""


class UnknownModel(ConfigurationError):
    """No model has that alias; nothing was sent."""


class HostRefused(ConfigurationError):
    """The address belongs to nobody keys may be sent to; nothing was sent."""


class PromptTooLarge(SparkError):
    """The question alone is larger than the model's input budget; nothing was sent."""


class PictureRefused(SparkError):
    """The picture cannot be sent: no file, no picture, or beyond the service's limits; nothing was sent."""


class BadVariable(SparkError):
    """A `{{ variable }}` of the question could not be put in; nothing was sent."""


class BadTable(SparkError):
    """A table cannot be used: an unreadable file, no rows, a column twice, no such column; nothing was sent."""


class JournalUnusable(ConfigurationError):
    """The journal cannot be read or written: another version's, no database, locked, a full disk."""


class ExecutorFailed(SparkError):
    """The executor of a long run takes no more rows, or its workers cannot run them; what is done is in the journal."""


class HistoryDamaged(SparkError):
    """A file is no saved conversation, or not a whole one (`values`: `source`, `line`); nothing was loaded."""


class ConnectionFailed(SparkError):
    """The server could not be reached, or did not prove who it is; nothing was sent."""


class HandshakeRefused(ConnectionFailed):
    """The server answered the connection's request with an HTTP status (`values["status"]`) of its own."""


class CredentialsRefused(HandshakeRefused):
    """401: the key is unknown or the secret does not match it."""


class ClockSkew(HandshakeRefused):
    """403: this computer's clock is off by more than five minutes; `offset` seconds are missing to the server's.

    `offset` is None where the server did not tell its own time.
    """

    def __init__(self, key: str, *, offset: float | None = None, **values: object) -> None:
        """Take the offset besides what every error takes."""
        super().__init__(key, **values)  # type: ignore[arg-type]  # passed through
        self.offset = offset


class ConversationBusy(SparkError):
    """Another question of the same conversation is being answered; nothing was sent."""


class AnswerStopped(SparkError):
    """An answer in the background was stopped by its button, by `stop()` or by unloading; never remembered."""


class StillAnswering(SparkError, TimeoutError):
    """An answer in the background is not complete within the time it was waited for; it goes on."""


class ConnectionLost(SparkError):
    """The connection ended before the last frame, whatever its close code said."""


class DeadlineExceeded(SparkError):
    """A phase (`values["phase"]`: open, send, first, idle, total) took longer than its limit in seconds."""


class AnswerTooLarge(SparkError):
    """The server sent more bytes than one answer may have."""


class AnswerInvalid(SparkError):
    """The answer is not of the form that was asked for, and asking once more has not helped.

    `values["path"]` says where (`$.items[2].price`), `values["problem"]` what is wrong there. Nothing is remembered.
    """


class ProtocolError(SparkError):
    """The server sent something that is no Spark frame."""


class ServiceError(SparkError):
    """The service answered with an error code of its own (`code`, `sid`); `detail` is its own message."""

    @property
    def sentence(self) -> str:
        """What happened, with the service's own words behind it."""
        return say("label.quoted", sentence=self.summary, words=self.detail) if self.detail else self.summary


class BadRequest(ServiceError):
    """The service does not take the request as it is."""


class QuotaExceeded(ServiceError):
    """No licence for the model, or its tokens are used up."""


class RateLimited(ServiceError):
    """Too many requests at once."""


class Moderated(ServiceError):
    """Question or answer was refused by moderation; never remembered."""


class ServiceBusy(ServiceError):
    """The service failed or is short of capacity."""
