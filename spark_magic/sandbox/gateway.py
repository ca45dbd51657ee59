"""The server: one event loop on one daemon thread. The only file that imports `websockets`."""

import asyncio
import concurrent.futures
import contextlib
import json
import logging
import threading
from collections.abc import Iterator
from email.utils import formatdate
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, cast

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from . import frames, handshake, plan, schema
from .ledger import Ledger
from .limits import Limits

if TYPE_CHECKING:
    from .box import Sandbox

THREAD_NAME: Final = "spark-sandbox"
_REQUEST_WAIT: Final = 60.0  # seconds the vendor's gateway waits for the question
_CLOSE_WAIT: Final = 2.0  # seconds for the client's half of the closing handshake
_SHUT_SLICE: Final = 0.01  # seconds between two looks at what is still open
_LARGEST_REQUEST: Final = 8 * 1024 * 1024  # bytes; 128K tokens of Chinese are under one

# Never heard of by `logging`: at DEBUG the library would log signed addresses.
_SILENT: Final = logging.Logger("spark_magic.sandbox")  # noqa: LOG001  # in no hierarchy, so nobody can switch it on
_SILENT.disabled = True


class Gateway:
    """A listening server, from its making to `stop()`."""

    def __init__(self, box: "Sandbox", ledger: Ledger, limits: Limits, port: int) -> None:
        """Listen on 127.0.0.1; return once it does. OSError when it cannot."""
        self._box = box
        self._ledger = ledger
        self._limits = limits
        self._loop: asyncio.AbstractEventLoop
        self._stopping: asyncio.Event
        ready: concurrent.futures.Future[int] = concurrent.futures.Future()
        self._thread = threading.Thread(target=self._run, args=(port, ready), name=THREAD_NAME, daemon=True)
        self._thread.start()
        self.port: Final = ready.result()

    def stop(self) -> None:
        """Drop every connection, close the socket, end the thread."""
        with contextlib.suppress(RuntimeError):  # the loop is closed already
            self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    def _run(self, port: int, ready: "concurrent.futures.Future[int]") -> None:
        try:
            asyncio.run(self._serve(port, ready))
        except BaseException as problem:  # whatever it is, the thread that waits for `ready` has to know
            if ready.done():
                raise
            ready.set_exception(problem)

    async def _serve(self, port: int, ready: "concurrent.futures.Future[int]") -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        transports: set[asyncio.BaseTransport] = set()
        server = await serve(
            self._converse,
            "127.0.0.1",
            port,
            process_request=self._admit,
            create_connection=_tracked_in(transports),
            compression=None,  # the vendor's offers none, and it costs latency
            ping_interval=None,  # same; pings come on request
            close_timeout=_CLOSE_WAIT,
            max_size=_LARGEST_REQUEST,
            logger=_SILENT,
        )
        ready.set_result(next(iter(server.sockets)).getsockname()[1])
        await self._stopping.wait()
        await _shut(server, transports)

    def _admit(self, _: ServerConnection, request: Request) -> Response | None:
        """Judge one upgrade; None lets it pass to the library's own checks."""
        self._ledger.count_handshake()
        host = next(iter(request.headers.get_all("Host")), "")
        if _path(request) not in schema.PATHS:
            return self._reply(handshake.Refusal(404, "no Route matched with those values"))
        refusal = handshake.judge(request.path, host, self._box.credentials, self._box.now())
        return None if refusal is None else self._reply(refusal)

    def _reply(self, refusal: handshake.Refusal) -> Response:
        body = json.dumps({"message": refusal.message}, separators=(",", ":")).encode()
        headers = Headers(
            {
                "Date": formatdate(self._box.now(), usegmt=True),
                "Content-Type": "text/plain; charset=utf-8",
                "Content-Length": str(len(body)),
                "Connection": "close",
            }
        )
        return Response(refusal.status, HTTPStatus(refusal.status).phrase, headers, body)

    async def _converse(self, connection: ServerConnection) -> None:
        """Answer the one question of a connection; a client that goes away ends it at once."""
        with self._ledger.connection(), contextlib.suppress(ConnectionClosed, TimeoutError):
            async with asyncio.timeout(_REQUEST_WAIT):
                data = await connection.recv()
            tasks = [asyncio.create_task(self._answer(connection, data)), asyncio.create_task(_until_gone(connection))]
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
            for task in done:
                task.result()  # a bug of ours closes with 1011, where the client sees it

    async def _answer(self, connection: ServerConnection, data: str | bytes) -> None:
        path = _path(connection.request) if connection.request else ""
        try:
            request = schema.decode(data)
            self._ledger.note_request(request)
            question = schema.check(request, path, self._box.credentials.app_id.reveal())
            self._let_in()
        except schema.Refused as refused:
            message = frames.stamped(refused.name, refused.detail, self._box.now())
            ending = await _perform(connection, plan.refusal(refused.code, message))
        else:
            with self._limits.answering():
                steps = plan.steps(self._taken(question), delay=self._box.delay, now=self._box.now())
                ending = await _perform(connection, steps, binary=question.directives.binary)
        await _end(connection, ending)

    def _let_in(self) -> None:
        """Let one more question in; Refused when the account's limits are reached."""
        now = asyncio.get_running_loop().time()
        self._limits.let_in(now, most_at_once=self._box.most_at_once, most_per_second=self._box.most_per_second)

    def _taken(self, question: schema.Question) -> schema.Question:
        """Return the question as it is to be taken by how often it came; only one that says `first` has to be found."""
        if question.directives.first is None:
            return question
        return plan.as_often(question, self._ledger.times_asked(question.newest))


def _path(request: Request) -> str:
    return request.path.partition("?")[0]


async def _perform(
    connection: ServerConnection, steps: Iterator[plan.Step], *, binary: bool = False
) -> plan.Close | plan.Drop:
    """Send what is to be sent, and stall until the client has gone; return how the connection is to end."""
    loop = asyncio.get_running_loop()
    start = loop.time()
    for step in steps:
        if isinstance(step, plan.Send):
            # Even a pause of none lets the other connections have their turn.
            await asyncio.sleep(max(0.0, start + step.at - loop.time()))
            await connection.send(step.text.encode() if binary else step.text)
        elif isinstance(step, plan.Ping):
            await connection.ping()
        elif isinstance(step, plan.Stall):
            await connection.wait_closed()
        else:
            return step
    return plan.Drop()  # after a stall there is nobody left


async def _end(connection: ServerConnection, step: plan.Close | plan.Drop) -> None:
    if isinstance(step, plan.Close):
        await connection.close(step.code, plan.CLOSE_REASON)
        return
    if isinstance(step, plan.Drop):
        connection.transport.close()  # what was sent goes out first
    await connection.wait_closed()


async def _until_gone(connection: ServerConnection) -> None:
    """Return when the client has gone; what it says meanwhile is read and dropped."""
    with contextlib.suppress(ConnectionClosed):
        while True:
            await connection.recv()


def _tracked_in(transports: set[asyncio.BaseTransport]) -> type[ServerConnection]:
    """Return a connection class that keeps `transports` current, those still in the handshake included."""

    class Tracked(ServerConnection):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            transports.add(transport)
            super().connection_made(transport)

        def connection_lost(self, exc: Exception | None) -> None:
            transports.discard(self.transport)
            super().connection_lost(exc)

    return Tracked


async def _shut(server: Server, transports: set[asyncio.BaseTransport]) -> None:
    """Close without waiting for anybody: one may never read, another never have spoken, a third be just accepted."""
    server.close()
    while (others := asyncio.all_tasks() - {asyncio.current_task()}) or transports:
        for transport in list(transports):
            cast("asyncio.Transport", transport).abort()
        await (asyncio.wait(others, timeout=_SHUT_SLICE) if others else asyncio.sleep(0))
