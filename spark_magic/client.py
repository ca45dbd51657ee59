"""One question, one connection: sign, open, send, decode; a generator pulled by the thread that asks."""

import time
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Protocol, Self

from .auth import check_address, sign_url
from .credentials import Credentials, find_credentials
from .errors import ConfigurationError, CredentialsRefused, SparkError
from .events import Event, Finished, Message, Waiting
from .models import Model
from .protocol import decode, encode_request
from .target import Limits, Parameters, Target
from .transport import Connection


class HasTarget(Protocol):
    """Anything that knows where and how to ask: `config.Settings`, say."""

    def target(self) -> Target:
        """Return it as frozen data."""
        ...


class Client:
    """Ask one model; each call of `stream` is a connection of its own, closed from our side however it ends.

    `settings` is a Target or has one; `credentials` default to the environment's, the file's or the keyring's.
    """

    def __init__(self, settings: Target | HasTarget, credentials: Credentials | None = None) -> None:
        """Take both; nothing is read or opened yet."""
        self._settings = settings
        self._credentials = credentials
        self._connections: set[Connection] = set()

    @property
    def target(self) -> Target:
        """Where and how the next question goes."""
        return self._settings if isinstance(self._settings, Target) else self._settings.target()

    def stream(self, messages: Sequence[Message]) -> Iterator[Event]:
        """Yield typed events as they come, Finished last; Waiting whenever 0.1 s pass without one.

        Raises SparkError, before anything is sent where a setting is at fault. Closing the generator, or leaving
        it by an exception, closes the connection.
        """
        target = self.target
        check_address(target.model.url, target.allowed_hosts)
        request_parameters = checked_parameters(target.model, target.parameters)
        credentials = self._credentials or find_credentials()
        request = encode_request(
            messages,
            app_id=credentials.app_id.reveal(),
            domain=target.model.domain,
            patch_id=target.model.patch_id,
            temperature=request_parameters.temperature,
            top_k=request_parameters.top_k,
            max_tokens=request_parameters.max_tokens,
        )
        connection = _connection(target.limits)
        self._connections.add(connection)
        try:
            with connection:
                _open(connection, target.model.url, credentials)
                connection.send(request)
                yield from _events(connection)
        except SparkError as failure:
            failure.withhold((credentials.api_key.reveal(), credentials.api_secret.reveal()))
            raise
        finally:
            self._connections.discard(connection)

    def close(self) -> None:
        """Close what is open; a stream that is under way ends with ConnectionLost."""
        for connection in tuple(self._connections):
            connection.stop()

    def __enter__(self) -> Self:
        """Give itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close what is open."""
        self.close()


def checked_parameters(model: Model, parameters: Parameters) -> Parameters:
    """Return what to send: temperature 0 as the smallest the model takes; ConfigurationError for what it cannot take.

    A `max_tokens` above the documented limit is sent as it is: limits have grown before.
    """
    temperature, top_k, max_tokens = parameters.temperature, parameters.top_k, parameters.max_tokens
    if temperature is not None and not 0 <= temperature <= model.temperature_most:
        raise ConfigurationError("parameter.temperature", value=temperature, most=model.temperature_most)
    if top_k is not None and not 1 <= top_k <= 6:  # noqa: PLR2004  # protocol page, section 3
        raise ConfigurationError("parameter.top_k", value=top_k)
    if max_tokens is not None and max_tokens < 1:
        raise ConfigurationError("parameter.max_tokens", value=max_tokens)
    least = None if temperature is None else max(temperature, model.temperature_least)
    return Parameters(least, top_k, max_tokens)


def _connection(limits: Limits) -> Connection:
    timeouts = {
        "open": limits.open_timeout,
        "send": limits.send_timeout,
        "first": limits.first_timeout,
        "idle": limits.idle_timeout,
        "total": limits.total_timeout,
    }
    return Connection(timeouts, time.monotonic() + limits.total_timeout, limits.max_bytes)  # type: ignore[arg-type]  # the keys are the phases


def _open(connection: Connection, url: str, credentials: Credentials) -> None:
    """Open with a fresh signature; a refusal of the credentials says where they came from."""
    try:
        connection.open(sign_url(url, credentials, time.time()))
    except CredentialsRefused as refusal:
        places = ", ".join(f"{name}: {source}" for name, source in credentials.sources.items())
        refusal.values["sources"] = f"({places})" if places else ""
        raise


def _events(connection: Connection) -> Iterator[Event]:
    sent = time.monotonic()
    while True:
        data = connection.receive()
        if data is None:
            yield Waiting(time.monotonic() - sent)
            continue
        for event in decode(data):
            if type(event) is Finished:
                connection.close()
            yield event
            if type(event) is Finished:
                return
