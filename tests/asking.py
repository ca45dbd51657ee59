"""Ask a sandbox, or a server that says exactly what it is told, through the bare client."""

import contextlib
import json
import threading
from dataclasses import replace

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import serve

from spark_magic.client import Client
from spark_magic.events import Delta, Message, Waiting
from spark_magic.models import find
from spark_magic.target import Target


def at(box, alias="ultra", *, url=None, **changes):
    return Target(replace(find(alias), url=url or box.url(alias)), **changes)


def client_of(box, alias="ultra", **changes):
    return Client(at(box, alias, **changes), box.credentials)


def question(text):
    return [Message("user", text)]


def events_of(box, text, **changes):
    return [e for e in client_of(box, **changes).stream(question(text)) if not isinstance(e, Waiting)]


def text_of(events):
    return "".join(event.text for event in events if isinstance(event, Delta))


def frame(status, text=None, usage=None):
    """Return a frame as the vendor sends it."""
    choices = {"status": status, "seq": 0, "text": [{"content": text, "role": "assistant", "index": 0}] if text else []}
    payload = {"choices": choices} | ({"usage": {"text": usage}} if usage else {})
    return json.dumps({"header": {"code": 0, "message": "Success", "sid": "sid", "status": status}, "payload": payload})


@contextlib.contextmanager
def served_frames(*texts):
    """A server that answers each question with these frames, bytes or text, and closes; gives its address."""

    def answer(connection):
        with contextlib.suppress(ConnectionClosed):
            connection.recv()
            for text in texts:
                connection.send(text)

    with serve(answer, "127.0.0.1", 0, compression=None) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}/v4.0/chat"
        finally:
            server.shutdown()
            thread.join()
