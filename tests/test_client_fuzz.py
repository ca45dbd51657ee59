"""Whatever a server sends, from bytes on the wire to frames in any order: an answer, or a documented SparkError."""

import base64
import contextlib
import hashlib
import json
import queue
import socket
import threading

import pytest
from asking import at, frame, question, text_of
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import serve

from spark_magic import errors
from spark_magic.client import Client
from spark_magic.credentials import Credentials
from spark_magic.events import Delta, Finished, Notice, Reasoning, References, Retrying, Usage, Waiting
from spark_magic.messages import use_language
from spark_magic.target import Limits

KEYS = Credentials.of("a" * 8, "b1" * 16, "c2" * 16)
LIMITS = Limits(1.0, 1.0, 1.0, 1.0, 3.0, max_bytes=1 << 20, retries=0)
EVENTS = {Delta, Reasoning, References, Notice, Finished, Waiting, Retrying}
DOCUMENTED = {
    errors.AnswerTooLarge,
    errors.ConnectionFailed,
    errors.ConnectionLost,
    errors.DeadlineExceeded,
    errors.HandshakeRefused,
    errors.ClockSkew,
    errors.CredentialsRefused,
    errors.ProtocolError,
    *(row.error for row in errors.CODES.values()),
    errors.ServiceError,
}
FUZZ = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def outcome(url):
    """Ask there; return the events, and the SparkError if there was one."""
    seen = []
    try:
        for event in Client(at(None, url=url, limits=LIMITS), KEYS).stream(question("q")):
            assert type(event) in EVENTS
            seen.append(event)
    except errors.SparkError as problem:
        return seen, problem
    return seen, None


def can_be_told(problem):
    """Hold that: it is one of the documented errors, with something to read in both languages."""
    assert type(problem) in DOCUMENTED, repr(problem)
    for language in ("en", "zh"):
        use_language(language)
        assert all(line.strip() for line in problem.lines())


def check(url):
    """Hold the promise: one end, at the end, or an error."""
    seen, problem = outcome(url)
    ends = [event for event in seen if isinstance(event, Finished)]
    assert (len(ends), problem is None) in ((1, True), (0, False))
    if problem is not None:
        can_be_told(problem)
    if ends:
        assert seen[-1] is ends[0]
        assert isinstance(ends[0].sid, str)
    for event in seen:
        if isinstance(event, Finished) and event.usage is not None:
            assert isinstance(event.usage, Usage)
            assert all(type(count) is int for count in (event.usage.prompt_tokens, event.usage.total_tokens))
    return seen, problem


# bytes on the wire


@pytest.fixture(scope="module")
def wire():
    """A TCP server that answers each connection with the next of a queue's replies; gives its address and the queue."""
    listener = socket.create_server(("127.0.0.1", 0))
    replies = queue.SimpleQueue()

    def serve_one(client):
        with contextlib.suppress(OSError), client:
            head = b""
            while b"\r\n\r\n" not in head:
                head += client.recv(65536)
            reply, rest = replies.get(timeout=10)
            client.sendall(reply(head) if callable(reply) else reply)
            client.sendall(rest)
            client.shutdown(socket.SHUT_WR)
            while client.recv(65536):
                pass

    def serve_all():
        with contextlib.suppress(OSError):
            while True:
                serve_one(listener.accept()[0])

    thread = threading.Thread(target=serve_all)
    thread.start()
    yield f"ws://127.0.0.1:{listener.getsockname()[1]}/v4.0/chat", replies
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


def accepted(head):
    """Return the reply that opens the connection."""
    key = next(line.split(b": ")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key"))
    digest = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())  # noqa: S324  # RFC 6455
    lines = (b"HTTP/1.1 101 Switching Protocols", b"Upgrade: websocket", b"Connection: Upgrade")
    return b"\r\n".join((*lines, b"Sec-WebSocket-Accept: " + digest, b"", b""))


HEADS = st.sampled_from(
    [b"HTTP/1.1 101 Switching Protocols\r\n", b"HTTP/1.1 403 Forbidden\r\n", b"HTTP/1.1 302 Found\r\n", b"HTTP/9 x\r\n"]
)
FIELDS = st.sampled_from(
    [
        *(b"Date: Mon, 99 Xxx 99999 99:99:99 GMT\r\n", b"Date: Fri, 05 May 2023 10:43:39 -0000\r\n", b"Date:\r\n"),
        *(b"Content-Length: -5\r\n", b"Content-Length: 99999999999999999999\r\n", b"Content-Length: x\r\n"),
        *(
            b"Location: http://127.0.0.1:1/\r\n",
            b"Connection: Upgrade\r\n",
            b"Upgrade: websocket\r\n",
            b": \r\n",
            b"X\r\n",
        ),
        *(
            b"Sec-WebSocket-Accept: x\r\n",
            b"Sec-WebSocket-Protocol: y\r\n",
            b"Set-Cookie: a=b; Path=/\r\n",
            b"\xff\xfe: \x00\r\n",
        ),
    ]
)


@FUZZ
@given(
    st.one_of(st.binary(max_size=300), st.tuples(HEADS, st.lists(FIELDS, max_size=5).map(b"".join)).map(b"".join)),
    st.binary(max_size=50),
)
def test_any_reply_to_the_handshake(wire, reply, rest):
    url, replies = wire
    replies.put((reply, b"\r\n" + rest))
    seen, problem = check(url)
    assert problem is not None
    assert [event for event in seen if not isinstance(event, Waiting)] == []


def packed(first, length, payload, mask):
    """Return a frame's bytes, with a length that need not be true."""
    size = bytes([length | mask]) if length < 126 else bytes([126 | mask]) + length.to_bytes(2, "big")
    return bytes([first]) + size + (b"\x00" * 4 if mask else b"") + payload


PACKED = st.builds(
    lambda first, extra, payload, mask: packed(first, max(0, len(payload) + extra), payload, mask),
    st.one_of(st.sampled_from([0x81, 0x82, 0x01, 0x00, 0x80, 0x88, 0x89, 0x8A]), st.integers(0, 255)),
    st.sampled_from([0, 0, 0, 1, -1, 200]),
    st.one_of(st.binary(max_size=130), st.sampled_from([frame(1, "a"), frame(2, "b"), "{}"]).map(str.encode)),
    st.sampled_from([0, 0, 0, 0x80]),
)


@FUZZ
@given(st.one_of(st.binary(max_size=200), st.lists(PACKED, max_size=6).map(b"".join)))
@example(b"\x88\x00")
@example(b"\x88\x01x")
@example(b"\x88\x7e\x01\x00" + b"x" * 256)
@example(b"\x89\x7e\x01\x00" + b"x" * 256)
@example(b"\x81\x7f" + b"\xff" * 8)
@example(b"\x80\x00")
@example(b"\x01\x01{\x81\x01{")
def test_any_bytes_after_the_handshake(wire, data):
    url, replies = wire
    replies.put((accepted, data))
    check(url)


# frames in any order


@pytest.fixture(scope="module")
def gateway_of_anything():
    """A WebSocket server that sends the next of the queue's lists of frames; gives its address and the queue."""
    answers = queue.SimpleQueue()

    def answer(connection):
        with contextlib.suppress(ConnectionClosed):
            connection.recv()
            frames, code = answers.get(timeout=10)
            for text in frames:
                connection.send(text)
            connection.close(code)

    with serve(answer, "127.0.0.1", 0, compression=None) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}/v4.0/chat", answers
        server.shutdown()
        thread.join()


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
    st.sampled_from(["\ud800", "\udfff\ud800", "\x00", "\u202e"]),
)
VALUES = st.recursive(
    SCALARS, lambda v: st.lists(v, max_size=3) | st.dictionaries(st.text(max_size=3), v, max_size=3), max_leaves=6
)
CODES = st.one_of(st.sampled_from([0, 0, 10013, 10014, 10019, 11202]), st.integers(-1, 2**64), VALUES)
ITEMS = st.lists(
    st.fixed_dictionaries(
        {}, optional={"content": st.one_of(st.text(max_size=5), VALUES), "reasoning_content": VALUES, "index": VALUES}
    ),
    max_size=3,
)
ODD = st.builds(
    lambda code, status, sid, choices, usage, plugins: json.dumps(
        {
            "header": {"code": code, "message": "m", "sid": sid, "status": status},
            "payload": {"choices": {"status": status, "text": choices}, **usage, **plugins},
        }
    ),
    CODES,
    st.one_of(st.sampled_from([0, 1, 1, 2]), VALUES),
    st.one_of(st.just("sid"), VALUES),
    st.one_of(ITEMS, VALUES),
    st.fixed_dictionaries({}, optional={"usage": st.fixed_dictionaries({"text": VALUES})}),
    st.fixed_dictionaries({}, optional={"plugins": st.fixed_dictionaries({"text": VALUES})}),
)
PLAIN = st.sampled_from([frame(0, "a"), frame(1, "b"), frame(1), frame(2, "c"), frame(2)])
DEEP = st.sampled_from(
    ["[" * 100_000, '{"a":' * 50_000, '{"header":{"code":0},"payload":' + "[" * 90_000, "[[]," * 9_000]
)
FRAMES = st.lists(
    st.one_of(PLAIN, PLAIN, ODD, DEEP, st.text(max_size=20).filter(str.isascii), st.binary(max_size=40)), max_size=6
)


@FUZZ
@given(FRAMES, st.sampled_from([1000, 1001, 1011, 3000]))
@example([], 1000)
@example([frame(2, "a"), frame(2, "b")], 1000)  # the end twice
@example([frame(0, "a"), frame(1, "b")], 1000)  # no end
@example([frame(2, "a"), frame(1, "b"), "junk"], 1011)  # data after the end
@example(['{"header":{"code":1e400,"status":2}}'], 1000)
@example(['{"header":{"code":0,"status":2,"sid":"\\ud800"}}'], 1000)
def test_any_frames_in_any_order(gateway_of_anything, frames, code):
    url, answers = gateway_of_anything
    answers.put((frames, code))
    check(url)


@FUZZ
@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=10), min_size=1, max_size=8),
    st.booleans(),
    st.integers(0, 3),
)
def test_the_text_comes_out_as_it_was_sent_whatever_follows(gateway_of_anything, texts, ends, extra):
    url, answers = gateway_of_anything
    *first, last = texts
    frames = [
        *(frame(1, text) for text in first),
        frame(2 if ends else 1, last),
        *[frame(2, "more")] * (extra if ends else 0),
    ]
    answers.put((frames, 1000))
    seen, problem = check(url)
    assert text_of(seen) == "".join(texts)
    assert isinstance(problem, errors.ConnectionLost) is not ends
