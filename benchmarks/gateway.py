"""A server in a process of its own that sends frames made beforehand: what is measured is the client alone.

`with Gateway(folder) as gateway:` starts it. A question is `COUNT [RATE [DELAY]]`: after DELAY seconds so many deltas
come back, RATE a second or as fast as they are taken. They spell Markdown, half English and half Chinese.
"""

import base64
import hashlib
import json
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
from email.utils import formatdate
from functools import cache
from itertools import accumulate, cycle, islice, pairwise
from pathlib import Path
from typing import Self

import trustme

from spark_magic.sandbox import frames, wording

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_SIZES = (7, 3, 15, 4, 26, 12, 2, 9, 21, 14, 5, 19, 28, 13)  # characters per delta; 16 bytes of UTF-8 on average


class Gateway:
    """The server's process, on 127.0.0.1 with `ws` and `wss`; `authorities` is for SSL_CERT_FILE."""

    def __init__(self, folder: str) -> None:
        """Make a certificate; its authority stands behind those the machine knows, as on a company's laptop."""
        made = trustme.CA()
        made.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(Path(folder) / "server.pem")
        known = ssl.get_default_verify_paths().cafile
        self.authorities = Path(folder) / "authorities.pem"
        self.authorities.write_bytes((Path(known).read_bytes() if known else b"") + made.cert_pem.bytes())
        self._command = [sys.executable, __file__, str(Path(folder) / "server.pem")]

    def __enter__(self) -> Self:
        """Start it; `url` and `secure_url` are its addresses."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)  # noqa: S603  # this file
        assert self._process.stdout is not None
        plain, secure = self._process.stdout.readline().split()
        self.url, self.secure_url = f"ws://127.0.0.1:{plain}/v4.0/chat", f"wss://127.0.0.1:{secure}/v4.0/chat"
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        with self._process:
            self._process.terminate()


@cache
def texts(count: int) -> list[str]:
    """Return the deltas of an answer."""
    pages = "".join(wording.section(number) for number in range(1, count // 10 + 10))
    ends = list(accumulate(islice(cycle(_SIZES), count)))
    return [pages[start:end] for start, end in pairwise([0, *ends])]


@cache
def prepared(count: int) -> list[bytes]:
    """Return the bytes of each delta's frame, and those of a close frame."""
    usage = {"question_tokens": 1, "prompt_tokens": 1, "completion_tokens": count, "total_tokens": count + 1}
    sid, last = frames.new_sid(), count - 1
    made = []
    for index, text in enumerate(texts(count)):
        status = frames.LAST if index == last else frames.MIDDLE if index else frames.FIRST
        data = frames.text_frame(sid, status, index, [{"content": text}], usage if index == last else None).encode()
        made.append(_head(0x81, len(data)) + data)
    return [*made, _head(0x88, 2) + struct.pack("!H", 1000)]


def _head(first: int, length: int) -> bytes:
    return bytes((first, length)) if length < 126 else bytes((first, 126)) + struct.pack("!H", length)


def _serve(listener: socket.socket, context: ssl.SSLContext | None) -> None:
    while True:
        client, _ = listener.accept()
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=_converse, args=(client, context), daemon=True).start()


def _converse(client: socket.socket, context: ssl.SSLContext | None) -> None:
    try:
        with context.wrap_socket(client, server_side=True) if context else client as stream:
            stream.sendall(_accepted(_until_blank_line(stream)))
            _answer(stream, *_question(stream))
            while stream.recv(65536):
                pass
    except OSError:
        pass  # the client has gone: it has what it wanted


def _until_blank_line(stream: socket.socket) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head:
        head += stream.recv(65536)
    return head


def _accepted(head: bytes) -> bytes:
    key = next(line.split(b":")[1].strip() for line in head.split(b"\r\n") if line.startswith(b"Sec-WebSocket-Key:"))
    accept = base64.b64encode(hashlib.sha1(key + _GUID).digest())  # noqa: S324  # the protocol's own
    lines = (b"HTTP/1.1 101 Switching Protocols", b"Date: " + formatdate(usegmt=True).encode(), b"Server: benchmark")
    upgrade = (b"Upgrade: websocket", b"Connection: Upgrade", b"Sec-WebSocket-Accept: " + accept)
    return b"\r\n".join((*lines, *upgrade, b"", b""))


def _question(stream: socket.socket) -> list[float]:
    """Read one masked frame of a request; return the numbers that are its newest message."""
    length = _exactly(stream, 2)[1] & 0x7F
    if length == 126:
        length = struct.unpack("!H", _exactly(stream, 2))[0]
    mask, masked = _exactly(stream, 4), _exactly(stream, length)
    request = json.loads(bytes(byte ^ mask[index % 4] for index, byte in enumerate(masked)))
    return [float(number) for number in request["payload"]["message"]["text"][-1]["content"].split()]


def _exactly(stream: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        data += stream.recv(size - len(data))
    return data


def _answer(stream: socket.socket, count: float, rate: float = 0, delay: float = 0) -> None:
    """Send all at once, or each when it is due, on an absolute schedule."""
    made = prepared(int(count))
    time.sleep(delay)
    if not rate:
        stream.sendall(b"".join(made))
        return
    began = time.monotonic()
    for index, data in enumerate(made):
        time.sleep(max(0.0, began + index / rate - time.monotonic()))
        stream.sendall(data)


def _main() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1])
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    for listener, tls in zip(listeners, (None, context), strict=True):
        threading.Thread(target=_serve, args=(listener, tls)).start()
    print(*(listener.getsockname()[1] for listener in listeners), flush=True)


if __name__ == "__main__":
    _main()
