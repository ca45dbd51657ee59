"""Everything a secret could get out through, listened to at its loudest; and a server that repeats what it was told."""

import contextlib
import copy
import logging
import pickle
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import websocket
from canaries import FOREIGN, leaked

from spark_magic import auth

_LAST = ("last_exc", "last_value", "last_traceback", "last_type")

# The cells that set, show and reset.
SETTING = [
    "%spark_config",
    "%spark_config --model ultra --system 'You are brief.' --temperature 0.5 --top-k 4 --max-tokens 100",
    "%spark_config --open-timeout 9 --send-timeout 9 --first-timeout 9 --idle-timeout 9 --total-timeout 9",
    "%spark_config --lang zh",
    "%spark_config --lang en",
    "%spark_config --list-models",
    "%spark_config --check",
    "%spark_config --reset",
    "%spark_config logout",
    "%spark_reset",
    "%spark_reset --system",
    "%spark --help",
    "%%spark --help\nx",
    "%spark_config --help",
    "%spark_reset --help",
    "%reload_ext spark_magic",
]


class Watch(logging.Handler):
    """All records of all loggers at DEBUG, websocket-client's trace among them, and the signatures made meanwhile."""

    def __init__(self, printed: Callable[[], Any]) -> None:
        """Begin; `printed` gives what was printed since it was last asked."""
        super().__init__(logging.DEBUG)
        self.records: list[logging.LogRecord] = []
        self.signatures: dict[str, str] = {}
        self._printed = printed
        for name in _LAST:  # pytest's own
            sys.__dict__.pop(name, None)
        self._sign, auth.sign = auth.sign, self._signed
        root = logging.getLogger()
        loggers = [root, *(one for one in root.manager.loggerDict.values() if isinstance(one, logging.Logger))]
        self._levels = [(logger, logger.level) for logger in loggers]
        for logger in loggers:
            logger.setLevel(logging.DEBUG)
        root.addHandler(self)
        websocket.enableTrace(True)  # noqa: FBT003  # its own signature; to stderr, where it goes by default

    def close(self) -> None:
        """Leave everything as it was."""
        websocket.enableTrace(False)  # noqa: FBT003  # as above
        logging.getLogger().removeHandler(self)
        for logger, level in self._levels:
            logger.setLevel(level)
        auth.sign = self._sign
        super().close()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the record with all that it carries."""
        self.records.append(record)
        self.format(record)  # which keeps its text in it

    def _signed(self, *arguments: Any) -> str:
        signature = self._sign(*arguments)
        self.signatures = {"signature": signature}  # the newest
        return signature

    def leaks(self, *things: Any) -> set[str]:
        """Return what leaked into these things, the logs, the output, and what IPython keeps of the last error."""
        records, self.records = self.records, []
        last = [getattr(sys, name, None) for name in _LAST]
        return leaked([*things, records, last, tuple(self._printed())], self.signatures)


def ways_to_show(problem: BaseException, shell: Any = None) -> Iterator[Any]:
    """Yield a failure as the many programs show it that a notebook may meet."""
    _forget_the_tests(problem)
    yield problem
    yield f"{problem} {problem!r}"
    for version in (problem, copy.copy(problem)):
        with contextlib.suppress(Exception):  # not every one can be pickled
            yield pickle.dumps(version)
    yield "".join(traceback.TracebackException.from_exception(problem, capture_locals=True).format())
    if shell is not None:
        before = shell.InteractiveTB.mode
        shell.InteractiveTB.set_mode("Verbose")
        yield shell.InteractiveTB.structured_traceback(type(problem), problem, problem.__traceback__)
        shell.InteractiveTB.set_mode(before)


def all_of(problem: BaseException, cells: Any = None) -> list[Any]:
    """Return all that there is to see of a failure; of a cell's, as its IPython shows it, too."""
    return list(ways_to_show(problem, cells and cells.shell))


def tells(cells: Any, watch: Watch, source: str) -> set[str]:
    """Run a cell that may fail; return what it tells."""
    problem = cells.shell.run_cell(source).error_in_exec
    return watch.leaks(all_of(problem, cells) if problem else ())


def _forget_the_tests(problem: BaseException) -> None:
    """Take the frames of the tests themselves off a traceback: they know the keys, and IPython would show them."""
    trace = problem.__traceback__
    while trace is not None and FOREIGN.search(trace.tb_frame.f_code.co_filename):
        trace = trace.tb_next
    problem.__traceback__ = trace


class Parrot:
    """A server that reads one HTTP request per connection and sends back what `reply` makes of it."""

    def __init__(self) -> None:
        """Listen."""
        self.reply: Callable[[str], bytes] = str.encode
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        """Stop."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                self._converse(self._listener.accept()[0])

    def _converse(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            client.sendall(self.reply(client.recv(65536).decode("latin-1")))
            while client.recv(65536):
                pass
