"""One connection within its budgets: it ends with a SparkError or the user's interrupt, and the socket is closed."""

import contextlib
import socket
import ssl
import threading
import time
from contextlib import contextmanager

import pytest
import trustme
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import serve

from spark_magic.errors import (
    AnswerTooLarge,
    ConnectionFailed,
    ConnectionLost,
    CredentialsRefused,
    DeadlineExceeded,
    HandshakeRefused,
    ProtocolError,
)
from spark_magic.secret import Secret
from spark_magic.transport import ByteBudget, Connection

SHORT = {"open": 0.4, "send": 0.4, "first": 0.4, "idle": 0.4, "total": 5.0}
pace = threading.Event()  # never set: a server's own rhythm
LONG = dict.fromkeys(SHORT, 5.0)


def connection(timeouts=None, *, total=5.0, max_bytes=1 << 20):
    return Connection(timeouts or LONG, time.monotonic() + total, ByteBudget(max_bytes))


@contextmanager
def websocket_server(handler, **options):
    """A real WebSocket server on loopback whose `handler` gets each connection; gives its address."""
    with serve(handler, "127.0.0.1", 0, **options) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        scheme = "wss" if options.get("ssl") else "ws"
        try:
            yield Secret(f"{scheme}://127.0.0.1:{server.socket.getsockname()[1]}/x?secret=1")
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def raw_server(reply):
    """A server that reads one request, sends the bytes of `reply` and waits for the client to leave."""
    listener = socket.create_server(("127.0.0.1", 0))

    def answer():
        with listener.accept()[0] as client:
            client.recv(65536)
            client.sendall(reply)
            while client.recv(65536):
                pass

    thread = threading.Thread(target=lambda: _ignoring_resets(answer))
    thread.start()
    try:
        yield Secret(f"ws://127.0.0.1:{listener.getsockname()[1]}/x?secret=1")
    finally:
        listener.close()
        thread.join()


def _ignoring_resets(step):
    with contextlib.suppress(OSError):
        step()


def frames(opened):
    """All frames until the connection ends."""
    while True:
        data = opened.receive()
        if data is not None:
            yield data


def hold(opened):
    for _ in opened:
        pass


def http(status, body=b"", headers=b""):
    return b"HTTP/1.1 %b\r\n%bContent-Length: %d\r\n\r\n%b" % (status, headers, len(body), body)


def test_text_and_binary_frames_arrive_as_bytes():
    def handler(server):
        assert server.recv() == "问"
        server.send("答")
        server.send(b"\x01")

    with websocket_server(handler) as url, connection() as opened:
        opened.open(url)
        opened.send("问".encode())
        received = frames(opened)
        assert [next(received), next(received)] == ["答".encode(), b"\x01"]
        with pytest.raises(ConnectionLost):
            next(received)


def test_a_frame_in_many_pieces_arrives_whole():
    def handler(server):
        server.recv()
        server.send(["a" * 1000] * 50)

    with websocket_server(handler) as url, connection() as opened:
        opened.open(url)
        opened.send(b"q")
        assert next(frames(opened)) == b"a" * 50_000


def test_a_moment_without_a_frame_gives_none_and_loses_nothing():
    go = threading.Event()

    def handler(server):
        server.recv()
        go.wait()
        server.send("late")

    with websocket_server(handler) as url, connection() as opened:
        opened.open(url)
        opened.send(b"q")
        assert opened.receive() is None
        go.set()
        assert next(frames(opened)) == b"late"


def test_a_silent_server_is_left_when_the_first_frame_is_due():
    with websocket_server(hold) as url, connection(SHORT) as opened:
        opened.open(url)
        opened.send(b"q")
        with pytest.raises(DeadlineExceeded) as end:
            next(frames(opened))
    assert end.value.values["phase"] == "first"
    assert "0.4" in end.value.sentence


def test_a_server_that_stops_in_the_middle_is_left_when_the_next_frame_is_due():
    def handler(server):
        server.recv()
        server.send("one")
        hold(server)

    with websocket_server(handler) as url, connection(SHORT) as opened:
        opened.open(url)
        opened.send(b"q")
        received = frames(opened)
        next(received)
        with pytest.raises(DeadlineExceeded) as end:
            next(received)
    assert end.value.values["phase"] == "idle"


def test_pings_do_not_extend_a_deadline():
    def handler(server):
        server.recv()
        while True:
            server.ping()
            pace.wait(0.02)

    with websocket_server(handler) as url, connection(SHORT) as opened:
        opened.open(url)
        opened.send(b"q")
        with pytest.raises(DeadlineExceeded):
            next(frames(opened))


def test_the_whole_call_has_a_deadline_too():
    def handler(server):
        server.recv()
        while True:
            server.send("more")
            pace.wait(0.05)

    with websocket_server(handler) as url, connection(total=0.5) as opened:
        opened.open(url)
        opened.send(b"q")
        with pytest.raises(DeadlineExceeded) as end:
            for _ in frames(opened):
                pass
    assert end.value.values["phase"] == "total"


def test_a_server_that_never_answers_the_handshake_is_left_in_time():
    with raw_server(b"") as url, connection(SHORT) as opened, pytest.raises(DeadlineExceeded) as end:
        opened.open(url)
    assert end.value.values["phase"] == "open"


def test_more_bytes_than_allowed_are_cut():
    def handler(server):
        server.recv()
        server.send("a" * 2_000_000)

    with websocket_server(handler) as url, connection(max_bytes=100_000) as opened:
        opened.open(url)
        opened.send(b"q")
        with pytest.raises(AnswerTooLarge):
            next(frames(opened))


def test_endless_headers_are_cut():
    reply = b"HTTP/1.1 101 x\r\n" + b"a: b\r\n" * 100_000
    with raw_server(reply) as url, connection(max_bytes=10_000) as opened, pytest.raises(AnswerTooLarge):
        opened.open(url)


def test_nobody_listening_is_a_failed_connection():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with connection() as opened, pytest.raises(ConnectionFailed) as end:
        opened.open(Secret(f"ws://127.0.0.1:{port}/x"))
    assert end.value.retryable


def test_an_unknown_host_is_a_failed_connection():
    with connection() as opened, pytest.raises(ConnectionFailed) as end:
        opened.open(Secret("ws://no-such-host.invalid/x"))
    assert "no-such-host.invalid" in end.value.sentence


def test_a_refused_signature_is_told_by_its_cause():
    reply = http(b"401 Unauthorized", b'{"message":"HMAC signature does not match"}')
    with raw_server(reply) as url, connection() as opened, pytest.raises(CredentialsRefused) as end:
        opened.open(url)
    assert end.value.key == "handshake.secret"


@pytest.mark.parametrize(
    "reply", [b"HTTP/1.1 101 x\r\n\r\n", b"rubbish\r\n\r\n", b"HTTP/1.1 101 x\r\nno colon\r\n\r\n"]
)
def test_a_handshake_that_is_none_is_an_error_of_ours(reply):
    with raw_server(reply) as url, connection() as opened, pytest.raises((ProtocolError, ConnectionFailed)):
        opened.open(url)


def test_an_error_carries_no_frame_of_the_library_and_no_address():
    reply = http(b"500 Oops", b"x")
    with raw_server(reply) as url, connection() as opened, pytest.raises(HandshakeRefused) as end:
        opened.open(url)
    assert end.value.__context__ is None
    assert end.value.__cause__ is None
    trace = end.value.__traceback__
    while trace is not None:
        place = trace.tb_frame.f_code.co_filename.replace("\\", "/")
        assert "/websocket/" not in place
        if "/spark_magic/" in place:
            assert "secret=1" not in repr(trace.tb_frame.f_locals)
        trace = trace.tb_next


def test_what_the_caller_does_between_two_frames_is_not_counted_as_waiting():
    go = threading.Event()

    def handler(server):
        server.recv()
        server.send("one")
        go.wait()
        server.send("two")

    with websocket_server(handler) as url, connection(SHORT) as opened:
        opened.open(url)
        opened.send(b"q")
        received = frames(opened)
        next(received)
        pace.wait(0.6)
        go.set()
        assert next(received) == b"two"


def test_frames_that_came_all_at_once_end_with_the_whole_call():
    def handler(server):
        server.recv()
        for _ in range(100):
            server.send("x")
        hold(server)

    with websocket_server(handler) as url, connection(total=0.4) as opened:
        opened.open(url)
        opened.send(b"q")
        with pytest.raises(DeadlineExceeded) as end:
            hold(pace.wait(0.05) for _ in frames(opened))
    assert end.value.values["phase"] == "total"


def test_frames_cut_anywhere_arrive_whole():
    """The short cut to what was read already hands over to the library's own way in the middle of any frame."""

    def handler(server):
        server.recv()
        data = b"".join(bytes((0x81, 126, 0, 130)) + bytes([65 + index]) * 130 for index in range(20))
        for start in range(0, len(data), 97):
            server.socket.sendall(data[start : start + 97])
            pace.wait(0.002)
        hold(server)

    with websocket_server(handler) as url, connection() as opened:
        opened.open(url)
        opened.send(b"q")
        received = frames(opened)
        assert [next(received) for _ in range(20)] == [bytes([65 + index]) * 130 for index in range(20)]


@pytest.mark.parametrize("said", [[], ["one"]])
def test_a_connection_that_drops_after_the_handshake_is_lost_not_refused(said):
    """Asking again may have been answered already: nobody must take it for a server that was never reached."""

    def handler(server):
        server.recv()
        for text in said:
            server.send(text)
        server.socket.shutdown(socket.SHUT_RDWR)

    with websocket_server(handler) as url, connection() as opened:
        opened.open(url)
        opened.send(b"q")
        with pytest.raises(ConnectionLost):
            hold(frames(opened))


@pytest.mark.parametrize("encrypted", [False, True])
def test_another_thread_can_stop_it(authority, encrypted):
    """The thread that waits ends at once, with nothing but ConnectionLost, and the server sees the end."""
    closed = threading.Event()

    def handler(server):
        server.recv()
        while True:
            try:
                server.send("x" * 1000)
            except ConnectionClosed:
                closed.set()
                return

    options = {"ssl": tls(authority, "127.0.0.1")} if encrypted else {}
    with websocket_server(handler, **options) as url, connection(max_bytes=1 << 40) as opened:
        opened.open(url)
        opened.send(b"q")
        received = frames(opened)
        next(received)
        timer, wrong = threading.Timer(0.1, opened.stop), []
        timer.start()
        began = time.monotonic()
        with pytest.raises(ConnectionLost):
            hold(wrong.append(data) for data in received if data != b"x" * 1000)
        assert not wrong
        assert time.monotonic() - began < 2
        timer.join()
        assert closed.wait(5)


def test_it_can_be_stopped_before_it_is_open():
    with raw_server(b"") as url, connection() as opened:
        timer = threading.Timer(0.1, opened.stop)
        timer.start()
        began = time.monotonic()
        with pytest.raises(ConnectionLost):
            opened.open(url)
        assert time.monotonic() - began < 2
        timer.join()
        opened.stop()


def test_closing_tells_the_server_at_once():
    closed = threading.Event()

    def handler(server):
        server.recv()
        server.send("one")
        hold(server)
        closed.set()

    with websocket_server(handler) as url:
        with connection() as opened:
            opened.open(url)
            opened.send(b"q")
            next(frames(opened))
        assert closed.wait(5)


@pytest.fixture
def authority(tmp_path, monkeypatch):
    """A certificate authority of our own that the environment trusts."""
    made = trustme.CA()
    made.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    return made


def tls(authority, *names):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


def echo(server):
    server.send(server.recv())
