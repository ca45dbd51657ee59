"""Servers on loopback for the tests of the way there: an origin that notes every byte, a CONNECT and a SOCKS proxy."""

import base64
import contextlib
import selectors
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from websockets.sync.server import serve

from spark_magic.transport import ByteBudget, Connection

LONG = dict.fromkeys(("open", "send", "first", "idle", "total"), 5.0)
SHORT = LONG | {"open": 0.4}
GRANTED = b"HTTP/1.1 200 Connection established\r\n\r\n"


def connection(timeouts=None):
    """A connection that has not been opened yet."""
    return Connection(timeouts or LONG, time.monotonic() + 5, ByteBudget(1 << 20))


def first_frame(opened):
    """The next frame's bytes."""
    while (data := opened.receive()) is None:
        pass
    return data


def trusting(authority, *names, **options):
    """A server's TLS context with a certificate for these names."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names, **options).configure_cert(context)
    return context


@contextmanager
def listening(handler: Callable[[socket.socket], None]) -> Iterator[int]:
    """Give the port of a server whose `handler` gets each client in a thread; at the end all of them are cut off."""
    listener = socket.create_server(("127.0.0.1", 0))
    clients, threads = [], []

    def handle(client):
        with client, contextlib.suppress(OSError):
            handler(client)

    def accept():
        with contextlib.suppress(OSError):
            while True:
                clients.append(listener.accept()[0])
                threads.append(threading.Thread(target=handle, args=(clients[-1],)))
                threads[-1].start()

    accepting = threading.Thread(target=accept)
    accepting.start()
    try:
        yield listener.getsockname()[1]
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        accepting.join()
        for client in clients:
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join()


class Origin:
    """A TLS server that notes every byte it can decrypt, and answers the first of them with `reply`."""

    def __init__(self, context: ssl.SSLContext, reply: bytes = b"") -> None:
        self.seen = bytearray()
        self.connections = 0
        self._context, self._reply = context, reply

    def __call__(self, client: socket.socket) -> None:
        self.connections += 1
        with self._context.wrap_socket(client, server_side=True) as secure:
            reply = self._reply
            while data := secure.recv(65536):
                self.seen += data
                secure.sendall(reply)
                reply = b""


@contextmanager
def echoing(context):
    """Give the port of a WebSocket server over TLS that sends back what it gets."""

    def echo(server):
        for message in server:
            server.send(message)

    with serve(echo, "127.0.0.1", 0, ssl=context) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.socket.getsockname()[1]
        finally:
            server.shutdown()
            thread.join()


def read_head(client):
    """One HTTP head, byte by byte."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        data = client.recv(1)
        if not data:
            raise ConnectionError
        head += data
    return head


def relay(client, port):
    """Carry bytes to and fro between a client and the origin on loopback until one of them ends."""
    with socket.create_connection(("127.0.0.1", port)) as origin, selectors.DefaultSelector() as selector:
        other = {client: origin, origin: client}
        for side in other:
            selector.register(side, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                data = key.fileobj.recv(65536)
                if not data:
                    return
                other[key.fileobj].sendall(data)


class ConnectProxy:
    """Knows one name, the origin's, whatever it is; wants `user` and `password` where they are given."""

    def __init__(self, origin: int, user: str = "", password: str = "", granted: bytes = GRANTED) -> None:
        self.origin, self.granted = origin, granted
        self.wanted = base64.b64encode(f"{user}:{password}".encode()).decode() if user else ""
        self.asked: list[tuple[str, int]] = []

    def __call__(self, client: socket.socket) -> None:
        head = read_head(client).decode()
        host, _, port = head.split()[1].rpartition(":")
        self.asked.append((host, int(port)))
        if self.wanted and f"Proxy-Authorization: Basic {self.wanted}\r\n" not in head:
            client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n")
            return
        for start in range(0, len(self.granted), 20):  # in pieces, as on a slow line
            client.sendall(self.granted[start : start + 20])
            time.sleep(0.001)
        relay(client, self.origin)


class SocksProxy:
    """The same with SOCKS 4, 4a and 5; `code` is its answer to the wish for a connection."""

    def __init__(self, origin: int, user: str = "", password: str = "", code: int = 0) -> None:
        self.origin, self.user, self.password, self.code = origin, user, password, code
        self.asked: list[tuple[str, int]] = []

    def __call__(self, client: socket.socket) -> None:
        self._read = lambda size: client.recv(size, socket.MSG_WAITALL)
        granted = self._socks4(client) if self._read(1) == b"\x04" else self._socks5(client)
        if granted:
            relay(client, self.origin)

    def _socks4(self, client):
        _, port, place = struct.unpack("!BH4s", self._read(7))
        self._text()
        host = self._text() if place.startswith(b"\0\0\0") else socket.inet_ntoa(place)
        self.asked.append((host, port))
        client.sendall(struct.pack("!BBH4s", 0, 0x5B if self.code else 0x5A, 0, b"\0" * 4))
        return not self.code

    def _text(self):
        return b"".join(iter(lambda: self._read(1), b"\0")).decode()

    def _socks5(self, client):
        methods = self._read(self._read(1)[0])
        if not self._welcome(client, methods):
            return False
        kind = self._read(4)[3]
        host = socket.inet_ntoa(self._read(4)) if kind == 1 else self._read(self._read(1)[0]).decode()
        self.asked.append((host, struct.unpack("!H", self._read(2))[0]))
        client.sendall(bytes((5, self.code, 0, 1)) + b"\0" * 6)
        return not self.code

    def _welcome(self, client, methods):
        if not self.user:
            client.sendall(b"\x05\x00")
            return True
        if 2 not in methods:
            client.sendall(b"\x05\xff")
            return False
        client.sendall(b"\x05\x02")
        self._read(1)
        user, password = (self._read(self._read(1)[0]).decode() for _ in range(2))
        known = (user, password) == (self.user, self.password)
        client.sendall(bytes((1, not known)))
        return known
