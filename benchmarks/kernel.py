"""A real ipykernel, and every message it sends to its frontend, with its time and its size."""

import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

from spark_magic.sandbox import API_KEY, API_SECRET, APP_ID

# The second process that imports something finds it compiled, as that of an installed package does.
_CACHE = tempfile.TemporaryDirectory()
COMPILED = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": _CACHE.name}

# As a plain install is: where the extra `proxy` is, websocket-client loads python-socks, 0.1 s at the first question.
PLAIN = "import sys; sys.modules['python_socks'] = None"

_PARTS = ("header", "parent_header", "metadata", "content")


@dataclass(frozen=True)
class Sent:
    """One message on iopub: when it arrived, the bytes of its four JSON parts, and what is in it."""

    at: float
    size: int
    kind: str
    content: dict[str, Any]
    parent: str

    @property
    def text(self) -> str:
        """What it shows, wherever in it that stands."""
        return json.dumps(self.content, ensure_ascii=False)


class Kernel:
    """A kernel whose requests name a cell, as JupyterLab's do: answers are shown in widgets."""

    def __init__(self, manager: KernelManager, client: BlockingKernelClient) -> None:
        """Take a kernel that runs."""
        self._manager = manager
        self._client = client

    def run(self, code: str) -> list[Sent]:
        """Run a cell; return what it sent, until the kernel is idle again."""
        return list(self.messages(self.ask(code)))

    def ask(self, code: str) -> str:
        """Send a cell to the kernel; return the request's id."""
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
        request = self._client.session.msg("execute_request", content, metadata={"cellId": "cell"})
        self._client.shell_channel.send(request)
        return str(request["header"]["msg_id"])

    def messages(self, request: str) -> Iterator[Sent]:
        """Yield what a request's cell sends, as it comes, until the kernel is idle."""
        while True:
            sent = self._next()
            if sent.parent == request:
                yield sent
                if sent.kind == "status" and sent.content["execution_state"] == "idle":
                    return

    def _next(self) -> Sent:
        socket = self._client.iopub_channel.socket
        assert socket.poll(60_000), "the kernel is silent"
        at = time.monotonic()
        parts = socket.recv_multipart()
        head = parts.index(b"<IDS|MSG>") + 2  # the signature stands between
        texts = parts[head : head + len(_PARTS)]
        header, parent, _, content = (json.loads(text) for text in texts)
        return Sent(at, sum(map(len, texts)), header["msg_type"], content, parent.get("msg_id", ""))

    def interrupt(self) -> None:
        """Do what the frontend's Stop button does."""
        self._manager.interrupt_kernel()

    def value(self, expression: str) -> str:
        """Return the repr of an expression."""
        return next(str(s.content["data"]["text/plain"]) for s in self.run(expression) if s.kind == "execute_result")


@contextmanager
def running(url: str) -> Iterator[Kernel]:
    """Start a kernel with the extension loaded, its default model at `url`."""
    keys = {"SPARK_APP_ID": APP_ID, "SPARK_API_KEY": API_KEY, "SPARK_API_SECRET": API_SECRET}
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(env=os.environ | keys | COMPILED | {"SPARK_URL": url, "SPARK_LANG": "en"})
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        kernel = Kernel(manager, client)
        kernel.run(PLAIN)
        kernel.run("%load_ext spark_magic")
        yield kernel
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()
