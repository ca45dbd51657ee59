"""The sandbox as its users hold it: start, stop, address, keys, and what it has seen."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import urlsplit

from ..credentials import Credentials
from ..models import DEFAULT_ALIAS, find
from .ledger import Ledger
from .limits import Limits

if TYPE_CHECKING:
    from .gateway import Gateway

# Shaped like real ones (8, 32 and 32 characters), and saying what they are.
APP_ID: Final = "sandbox0"
API_KEY: Final = "sandbox-api-key-not-a-real-key-0"
API_SECRET: Final = "sandbox-api-secret-not-a-secret0"  # noqa: S105  # it says so itself


class Sandbox:
    """A gateway on 127.0.0.1, between `start()` and `stop()` or inside a `with` block.

    Port 0 takes any free one. `delay` is the pause between two frames in seconds. `clock_offset` moves the
    gateway's clock by so many seconds against this machine's. `most_at_once` and `most_per_second` are an account's
    limits: a request beyond so many being answered is refused with 11203, one beyond so many let in within the last
    second with 11202 (0.5 is one in two seconds); None is no limit. All of these may be changed while it runs.
    """

    def __init__(  # noqa: PLR0913  # settings, all by name
        self,
        *,
        port: int = 0,
        app_id: str = APP_ID,
        api_key: str = API_KEY,
        api_secret: str = API_SECRET,
        delay: float = 0.0,
        clock_offset: float = 0.0,
        most_at_once: int | None = None,
        most_per_second: float | None = None,
    ) -> None:
        """Prepare it; nothing listens yet."""
        self.credentials: Final = Credentials.of(app_id, api_key, api_secret, source="sandbox")
        self.delay = delay
        self.clock_offset = clock_offset
        self.most_at_once = most_at_once
        self.most_per_second = most_per_second
        self._wanted_port = port
        self._ledger = Ledger()
        self._limits = Limits()
        self._gateway: Gateway | None = None

    def start(self) -> Self:
        """Listen, and return itself; does nothing when it already does. OSError for a port that is taken."""
        if self._gateway is None:
            from .gateway import Gateway  # noqa: PLC0415  # only a sandbox that runs needs `websockets`

            self._gateway = Gateway(self, self._ledger, self._limits, self._wanted_port)
        return self

    def stop(self) -> None:
        """Drop every connection and leave no thread or socket; does nothing when it does not run."""
        gateway, self._gateway = self._gateway, None
        if gateway is not None:
            gateway.stop()

    def __enter__(self) -> Self:
        """Start it."""
        return self.start()

    def __exit__(self, *_: object) -> None:
        """Stop it."""
        self.stop()

    @property
    def port(self) -> int:
        """The port it listens on; before `start()`, the one asked for."""
        return self._gateway.port if self._gateway else self._wanted_port

    def url(self, alias: str = DEFAULT_ALIAS) -> str:
        """Return the unsigned address that stands for that model of the catalogue; UnknownModel if there is none."""
        return f"ws://127.0.0.1:{self.port}{urlsplit(find(alias).url).path}"

    def now(self) -> float:
        """Return the gateway's time, in seconds since the epoch."""
        return time.time() + self.clock_offset

    @property
    def requests(self) -> list[dict[str, Any]]:
        """The last 1,000 requests, decoded, in order, the refused among them; what is no JSON object is not."""
        return self._ledger.requests

    @property
    def handshakes(self) -> int:
        """How many upgrades were asked for, the refused ones included."""
        return self._ledger.handshakes

    @property
    def open_connections(self) -> int:
        """How many connections are being served now."""
        return self._ledger.open_connections

    @property
    def refused(self) -> int:
        """How many requests were refused for one of the two limits."""
        return self._limits.refused

    @property
    def most_seen_at_once(self) -> int:
        """The most requests that were being answered at the same moment."""
        return self._limits.most_seen_at_once

    def wait_until(self, condition: Callable[[], bool], timeout: float = 5.0) -> bool:
        """Wait up to `timeout` seconds for `condition` to hold; return whether it does."""
        return self._ledger.wait_until(condition, timeout)
