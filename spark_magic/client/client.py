"""The client: what it asks, with whose credentials, and what of it is still under way."""

import weakref
from collections.abc import Generator, Sequence
from types import TracebackType
from typing import Protocol, Self

from ..auth import check_address
from ..clock import Clock
from ..credentials import Credentials, find_credentials
from ..errors import SparkError
from ..events import Event, Message
from ..models import Model
from ..protocol import encode_request
from ..secret import Secret, without_frames
from ..target import Parameters, Target
from .call import Call
from .parameters import checked_parameters
from .retry import answered_events


class HasTarget(Protocol):
    """Anything that knows where and how to ask: `config.Settings`, say."""

    def target(self) -> Target:
        """Return it as frozen data."""
        ...


class Client:
    """Ask one model; each attempt of `stream` is a connection of its own, closed from our side however it ends.

    `settings` is a Target or has one; `credentials` default to the environment's, the file's or the keyring's.
    `clock` knows the servers' time; clients that share one learn of a wrong clock once.
    """

    def __init__(
        self, settings: Target | HasTarget, credentials: Credentials | None = None, *, clock: Clock | None = None
    ) -> None:
        """Take them; nothing is read or opened yet."""
        self._settings = settings
        self._credentials = credentials
        self._clock = clock or Clock()
        self._calls: weakref.WeakValueDictionary[int, Call] = weakref.WeakValueDictionary()  # while their streams last
        self._closed = 0  # so many times

    @property
    def target(self) -> Target:
        """Where and how the next question goes."""
        return self._settings if isinstance(self._settings, Target) else self._settings.target()

    def stream(self, messages: Sequence[Message]) -> Generator[Event, None, None]:
        """Yield typed events as they come, Finished last; Waiting whenever the server says nothing for 0.1 s.

        What fails before the first words and may pass by itself is asked again, `limits.retries` times at most;
        Retrying tells of the pause. Raises SparkError, before anything is sent where a setting is at fault. Closing
        the generator, or leaving it by an exception, closes the connection.
        """
        return self._stream(messages, self._closed)

    def _stream(self, messages: Sequence[Message], closed: int) -> Generator[Event, None, None]:
        call = self._call(messages)
        self._calls[id(call)] = call
        try:
            if self._closed > closed:  # since the stream was asked for
                call.stop()
            yield from answered_events(call)
        except SparkError as failure:
            failure.attempts = call.attempts
            # The frames below have what the server said in their locals.
            failure.__context__ = failure.__cause__ = failure.__traceback__ = None
            raise

    def _call(self, messages: Sequence[Message]) -> Call:
        """Prepare the request; whatever is wrong on our side is said here."""
        target = self.target
        check_address(target.model.url, target.allowed_hosts)
        parameters = checked_parameters(target.model, target.parameters)
        credentials = self._credentials or find_credentials()
        return Call(target, credentials, _request(messages, credentials, target.model, parameters), self._clock)

    def close(self) -> None:
        """Close what is open; a stream that was asked for before ends with ConnectionLost."""
        self._closed += 1
        for reference in self._calls.valuerefs():  # a list: another thread may begin a stream meanwhile
            if (call := reference()) is not None:
                call.stop()

    def __enter__(self) -> Self:
        """Give itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close what is open."""
        self.close()


@without_frames
def _request(messages: Sequence[Message], credentials: Credentials, model: Model, parameters: Parameters) -> Secret:
    """Return the request's text, which has the app id in it."""
    encoded = encode_request(
        messages,
        app_id=credentials.app_id.reveal(),
        domain=model.domain,
        patch_id=model.patch_id,
        **{name: getattr(parameters, name) for name in parameters.__dataclass_fields__},
    )
    return Secret(encoded.decode())
