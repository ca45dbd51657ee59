"""One question with its budgets: time and bytes are counted over all attempts to get it answered."""

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from ..auth import sign_url, signed_parts
from ..clock import Clock
from ..credentials import Credentials
from ..errors import LEAST_SKEW, ClockSkew, ConnectionLost, CredentialsRefused, Moderated, SparkError
from ..events import Delta, Event, Finished, Notice, Reasoning, Retrying, Waiting
from ..protocol import decode
from ..secret import Secret, without_frames
from ..target import Target
from ..transport import PHASES, SLICE, ByteBudget, Connection, Phase

_FLAGGED: Final = 10019  # comes after the whole answer, which may be shown: protocol page, section 5
_VERDICT_SECONDS: Final = 0.02  # so long after the last frame moderation may still speak; most servers close sooner
_SKEW_TOLD: Final = 60.0  # seconds a clock may be off before anybody is told


class Call:
    """One request, asked as often as `attempt` is called; `stop` ends it from another thread."""

    def __init__(self, target: Target, credentials: Credentials, request: Secret, clock: Clock) -> None:
        """Take what to send; its total timeout begins."""
        self.credentials = credentials
        self.attempts = 0
        self.retries = target.limits.retries
        self._target, self._request, self._clock = target, request, clock
        self._host = urlsplit(target.model.url).hostname or ""
        self._total_at = time.monotonic() + target.limits.total_timeout
        self._bytes = ByteBudget(target.limits.max_bytes)
        self._answered = self._clock_corrected = False
        self._signed_offset = 0.0
        self._pauses = 0
        self._connection: Connection | None = None
        self._url: Secret | None = None
        self._stopped = False

    @property
    def seconds_left(self) -> float:
        """What is left of the total timeout."""
        return self._total_at - time.monotonic()

    def may_repeat(self, problem: BaseException) -> bool:
        """Tell whether asking again may help and costs nothing: no part of an answer has come."""
        return isinstance(problem, SparkError) and problem.retryable and not self._answered

    def attempt(self) -> Iterator[Event]:
        """Ask, and yield what comes; once more with the server's time where the server finds ours wrong."""
        try:
            return (yield from self._ask())
        except ClockSkew as skew:
            if self._clock_corrected or skew.offset is None or abs(skew.offset - self._signed_offset) < LEAST_SKEW:
                raise
            self._clock.correct(self._host, skew.offset)
            self._clock_corrected = True
        yield from self._clock_notice()
        yield from self._ask()

    def pause(self, seconds: float, reason: str) -> Iterator[Event]:
        """Yield Retrying until it is time to ask again; ConnectionLost when it is stopped meanwhile."""
        until = time.monotonic() + seconds
        self._pauses += 1
        while (left := until - time.monotonic()) > 0:
            yield Retrying(self._pauses, self.retries, left, reason)
            if self._stopped:
                raise ConnectionLost("connection.lost")
            time.sleep(min(SLICE, left))

    def stop(self) -> None:
        """End it, from another thread or a signal's handler: it fails with ConnectionLost."""
        self._stopped = True
        if self._connection is not None:
            self._connection.stop()

    def _ask(self) -> Iterator[Event]:
        self.attempts += 1
        self._connection = connection = Connection(self._timeouts(), self._total_at, self._bytes)
        if self._stopped:  # just before there was a connection to stop
            connection.stop()
        try:
            with connection:
                self._open(connection)
                _send(connection, self._request)
                yield from self._events(connection)
        except SparkError as failure:
            _withhold(failure, self.credentials, self._url)
            raise

    def _timeouts(self) -> dict[Phase, float]:
        return {phase: getattr(self._target.limits, f"{phase}_timeout") for phase in PHASES}

    def _open(self, connection: Connection) -> None:
        """Open with a fresh signature; a refusal of the credentials says where they came from."""
        self._signed_offset = self._clock.offset(self._host)
        try:
            self._url = sign_url(self._target.model.url, self.credentials, time.time() + self._signed_offset)
            connection.open(self._url)
        except CredentialsRefused as refusal:
            places = ", ".join(f"{name}: {source}" for name, source in self.credentials.sources.items())
            refusal.values["sources"] = f"({places})" if places else ""
            raise

    def _clock_notice(self) -> Iterator[Event]:
        offset = self._clock.offset(self._host)
        if abs(offset) >= _SKEW_TOLD:
            yield Notice(f"note.clock.{'behind' if offset > 0 else 'ahead'}", {"minutes": abs(offset) / 60})

    def _events(self, connection: Connection) -> Iterator[Event]:
        sent = time.monotonic()
        while True:
            data = connection.receive()
            if data is None:
                yield Waiting(time.monotonic() - sent)
                continue
            for event in self._decoded(data):
                if type(event) is Finished:
                    yield from self._ended(connection, event)
                    return
                self._answered = self._answered or isinstance(event, Delta | Reasoning)
                connection.check()  # one frame may hold a great many
                yield event

    def _decoded(self, data: bytes) -> list[Event]:
        """Decode; after the whole answer, moderation's warning is its end."""
        try:
            return decode(data)
        except Moderated as verdict:
            if verdict.code != _FLAGGED or not self._answered:
                raise
            return self._flagged(verdict, Finished(verdict.sid, None))

    def _ended(self, connection: Connection, end: Finished) -> Iterator[Event]:
        """Hear what moderation has to say after the last frame, close, and give the end on."""
        verdict = None if end.moderated else _verdict(connection)
        connection.close()
        if verdict is not None and verdict.code != _FLAGGED:
            raise verdict
        yield from [end] if verdict is None else self._flagged(verdict, end)

    def _flagged(self, verdict: Moderated, end: Finished) -> list[Event]:
        _withhold(verdict, self.credentials, self._url)
        return [Notice("note.flagged", {"detail": verdict.detail}), replace(end, moderated=True)]


@without_frames
def _send(connection: Connection, request: Secret) -> None:
    connection.send(request.reveal().encode())


@without_frames
def _withhold(failure: SparkError, credentials: Credentials, url: Secret | None) -> None:
    """Take the keys and the signature out of an error; before anybody is told of it, while it is retried as well."""
    secrets = (credentials.app_id, credentials.api_key, credentials.api_secret, *(signed_parts(url) if url else ()))
    failure.withhold([secret.reveal() for secret in secrets])


def _verdict(connection: Connection) -> Moderated | None:
    """Return what moderation says within a moment; whatever else comes after the end counts for nothing."""
    until = time.monotonic() + _VERDICT_SECONDS
    try:
        connection.end_within(_VERDICT_SECONDS)
        while (left := until - time.monotonic()) > 0:
            if (data := connection.receive(left)) is not None:
                decode(data)
    except Moderated as verdict:
        return verdict
    except SparkError:
        pass
    return None
