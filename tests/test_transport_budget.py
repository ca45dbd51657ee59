"""A server without end or without haste: cut within its budget of bytes, memory and time, in every phase."""

import base64
import contextlib
import hashlib
import io
import socket
import struct
import threading
import time
import tracemalloc

import pytest
from websocket._handshake import CookieJar

from spark_magic.errors import AnswerTooLarge, DeadlineExceeded, HandshakeRefused, SparkError
from spark_magic.secret import Secret
from spark_magic.transport import ByteBudget, Connection

BUDGET = 4 * 1024 * 1024
CHUNK = b"x" * 65536
PHASES = ("open", "send", "first", "idle", "total")


@contextlib.contextmanager
def server_of(script):
    """A server that reads one request head, then does what `script(client, head)` says; gives its address."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        with contextlib.suppress(OSError), listener.accept()[0] as client:
            head = b""
            while b"\r\n\r\n" not in head:
                head += client.recv(65536)
            script(client, head)
            while client.recv(65536):
                pass

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield Secret(f"ws://127.0.0.1:{listener.getsockname()[1]}/x?signed=1")
    finally:
        listener.close()
        thread.join()


def accept(client, head):
    """Answer the upgrade as the library expects it."""
    key = next(line.split(b": ")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key"))
    digest = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())  # noqa: S324  # RFC 6455
    client.sendall(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
        + digest
        + b"\r\n\r\n"
    )


def header(opcode, length, *, final):
    first = opcode | (0x80 if final else 0)
    return struct.pack("!BBQ", first, 127, length) if length > 65535 else struct.pack("!BBH", first, 126, length)


def pour(client, start, piece):
    """Send without end, until the client has gone."""
    client.sendall(start)
    while True:
        client.sendall(piece)


def huge_frame(client, head):
    accept(client, head)
    pour(client, header(1, 1 << 40, final=True), CHUNK)


def many_frames_that_are_one(client, head):
    accept(client, head)
    part = header(0, len(CHUNK), final=False) + CHUNK
    pour(client, header(1, len(CHUNK), final=False) + CHUNK, part)


def tiny_continuations(client, head):
    accept(client, head)
    pour(client, b"\x01\x01x", b"\x00\x01x" * 20_000)


def pieces_of_the_worst_size(client, head):
    """The smallest that cost no more than they weigh."""
    accept(client, head)
    pour(client, header(1, 126, final=False) + b"x" * 126, (header(0, 126, final=False) + b"x" * 126) * 500)


def endless_pings(client, head):
    accept(client, head)
    pour(client, b"", b"\x89\x7d" + b"p" * 125)


def endless_headers(client, _):
    pour(client, b"HTTP/1.1 101 Switching Protocols\r\n", b"X-Header: " + b"h" * 1000 + b"\r\n")


def one_endless_header(client, _):
    pour(client, b"HTTP/1.1 101 Switching Protocols\r\nX: ", CHUNK)


def endless_status(client, _):
    pour(client, b"HTTP/1.1 403 ", CHUNK)


def endless_refusal(client, _):
    pour(client, b"HTTP/1.1 403 Forbidden\r\nContent-Length: 9999999999\r\n\r\n", CHUNK)


ENDLESS = [
    huge_frame,
    many_frames_that_are_one,
    tiny_continuations,
    pieces_of_the_worst_size,
    endless_headers,
    one_endless_header,
    endless_status,
    endless_refusal,
]


def asked(url, timeouts=None, budget=BUDGET):
    """Ask and read to the end, whatever it is."""
    limits = dict.fromkeys(PHASES, 20.0) | (timeouts or {})
    with Connection(limits, time.monotonic() + limits["total"], ByteBudget(budget)) as connection:
        connection.open(url)
        connection.send(b"question")
        while True:
            connection.receive()


@pytest.mark.parametrize("script", ENDLESS, ids=lambda script: script.__name__)
def test_without_end_it_is_cut_within_a_second_at_less_than_three_times_the_budget(script):
    asked_once = contextlib.suppress(SparkError)
    with server_of(endless_refusal) as url, asked_once:
        asked(url, budget=1000)  # what is loaded at the first time does not count
    tracemalloc.start()
    try:
        with server_of(script) as url:
            before = tracemalloc.get_traced_memory()[0]
            began = time.process_time()
            with pytest.raises(AnswerTooLarge) as caught:
                asked(url)
            took = time.process_time() - began
            peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    assert caught.value.values["limit"] in (BUDGET, 64 * 1024)  # the smaller one is the handshake's
    assert peak < 3 * BUDGET
    assert took < 10  # seconds of both sides, slowed down by tracing


@pytest.mark.parametrize("script", ENDLESS, ids=lambda script: script.__name__)
def test_the_budget_is_spent_within_a_second(script):
    with server_of(script) as url:
        began = time.process_time()
        with pytest.raises(AnswerTooLarge):
            asked(url, budget=1 << 20)
        assert time.process_time() - began < 1


def test_pings_without_end_are_cut_by_bytes_or_time():
    with server_of(endless_pings) as url:
        began = time.monotonic()
        with pytest.raises((AnswerTooLarge, DeadlineExceeded)):
            asked(url, {"first": 2.0}, budget=1 << 20)
        assert time.monotonic() - began < 10


def test_an_error_body_counts_too_and_a_short_one_is_read():
    def refuse(client, _):
        client.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nbody")

    with server_of(refuse) as url, pytest.raises(HandshakeRefused):
        asked(url, budget=1000)
    with server_of(refuse) as url, pytest.raises(AnswerTooLarge):
        asked(url, budget=20)


# byte by byte


def dripping(*before):
    """A server that sends all of `before` at once, then a byte every 0.05 s for as long as it is read."""

    def script(client, head):
        if before:
            accept(client, head)
            client.sendall(b"".join(before))
        pace = threading.Event()  # never set: a rhythm of its own
        while True:
            client.sendall(b"H")
            pace.wait(0.05)

    return script


@pytest.mark.parametrize(
    ("script", "phase"),
    [
        (dripping(), "open"),
        (dripping(header(1, 70000, final=True)), "first"),
        (dripping(b"\x81\x02{}", header(1, 70000, final=True)), "idle"),
    ],
    ids=["open", "first", "idle"],
)
def test_a_byte_now_and_then_does_not_extend_a_phase(script, phase):
    with server_of(script) as url:
        began = time.monotonic()
        with pytest.raises(DeadlineExceeded) as caught:
            asked(url, {phase: 0.6})
        took = time.monotonic() - began
    assert (caught.value.values["phase"], caught.value.values["seconds"]) == (phase, 0.6)
    assert "0.6 s" in str(caught.value)
    assert 0.6 <= took < 3


def test_a_server_that_reads_nothing_is_left_when_the_question_should_be_sent():
    def accept_and_rest(client, head):
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        accept(client, head)
        gone.wait(30)

    gone = threading.Event()
    limits = dict.fromkeys(PHASES, 20.0) | {"send": 0.5}
    with server_of(accept_and_rest) as url, Connection(limits, time.monotonic() + 20, ByteBudget(BUDGET)) as connection:
        connection.open(url)
        with pytest.raises(DeadlineExceeded, match=r"0\.5 s") as caught:
            connection.send(b"q" * (64 << 20))
        gone.set()
    assert caught.value.values["phase"] == "send"


@pytest.mark.parametrize("phase", ["open", "send", "first", "idle", "total"])
def test_the_hint_names_the_setting(phase):
    problem = DeadlineExceeded(f"deadline.{phase}", phase=phase, seconds=5, host="h", option=f"{phase}-timeout")
    assert f"%spark_config --{phase}-timeout" in problem.hint
    assert "5 s" in problem.sentence


# what else a server may try


def test_a_servers_cookies_are_nobodys_business():
    """The library keeps cookies for the whole process, and sends them to whatever domain they name."""

    def with_cookies(client, head):
        reply = io.BytesIO()
        reply.sendall = reply.write
        accept(reply, head)
        first, rest = reply.getvalue().split(b"\r\n", 1)
        cookies = b"Set-Cookie: evil=1; Domain=spark-api.xf-yun.com\r\nset-coo\xe2\x84\xaaie: evil=2; Domain=b.org\r\n"
        client.sendall(first + b"\r\n" + cookies + rest + b"\x81\x02hi")

    with server_of(with_cookies) as url:
        with Connection(dict.fromkeys(PHASES, 20.0), time.monotonic() + 20, ByteBudget(BUDGET)) as connection:
            connection.open(url)
            connection.send(b"question")
            assert connection.receive() == b"hi"
    assert CookieJar.jar == {}


@pytest.mark.parametrize("problem", [SystemExit(143), KeyboardInterrupt("mine"), GeneratorExit()])
def test_what_the_users_own_handler_raises_comes_out_as_it_is(monkeypatch, problem):
    def raising(*_):
        raise problem

    with server_of(huge_frame) as url:
        with Connection(dict.fromkeys(PHASES, 20.0), time.monotonic() + 20, ByteBudget(BUDGET)) as connection:
            connection.open(url)
            monkeypatch.setattr(connection._websocket, "recv_data_frame", raising)
            connection.send(b"question")
            with pytest.raises(type(problem)) as caught:
                connection.receive()
    assert caught.value is problem


def test_an_address_of_a_kind_this_machine_has_not_is_passed_over(monkeypatch):
    """IPv6 first, on a kernel without it."""
    whole = socket.socket

    def only_four(family=socket.AF_INET, *others, **named):
        if family == socket.AF_INET6:
            raise OSError(97, "Address family not supported by protocol")
        return whole(family, *others, **named)

    def both(host, port, **_):
        return [(family, socket.SOCK_STREAM, 6, "", (host, port)) for family in (socket.AF_INET6, socket.AF_INET)]

    with server_of(endless_refusal) as url:
        monkeypatch.setattr(socket, "getaddrinfo", both)
        monkeypatch.setattr(socket, "socket", only_four)
        with pytest.raises(AnswerTooLarge):
            asked(url, budget=100_000)
