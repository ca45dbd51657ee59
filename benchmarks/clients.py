"""The two sides that are compared: this package's client, and the loop of the vendor's tutorial without its display."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from functools import cache

import websocket

from spark_magic import Client, Credentials, Message
from spark_magic.auth import sign_url
from spark_magic.events import Delta
from spark_magic.models import find
from spark_magic.protocol import encode_request
from spark_magic.sandbox import API_KEY, API_SECRET, APP_ID
from spark_magic.target import Target

KEYS = Credentials.of(APP_ID, API_KEY, API_SECRET)
Side = Callable[[str, str], Iterator[str]]


@cache
def client(url: str) -> Client:
    """Return this package's client for an address; like any other it is made once."""
    return Client(Target(replace(find("ultra"), url=url)), KEYS)


def ours(url: str, question: str) -> Iterator[str]:
    """Yield the deltas as this package's client gives them: signature, deadlines and budgets included."""
    with closing(client(url).stream([Message("user", question)])) as events:  # type: ignore[type-var]  # a generator
        for event in events:
            if isinstance(event, Delta):
                yield event.text


def plain(url: str, question: str) -> Iterator[str]:
    """Yield the deltas as `create_connection`, `recv` and `json.loads` give them: signed, but without any limits."""
    connection = websocket.create_connection(sign_url(url, KEYS, time.time()).reveal())
    try:
        connection.send(encode_request([Message("user", question)], app_id=APP_ID, domain="4.0Ultra").decode())
        while True:
            frame = json.loads(connection.recv())
            yield frame["payload"]["choices"]["text"][0]["content"]
            if frame["header"]["status"] == 2:
                return
    finally:
        connection.shutdown()


def first_delta(side: Side, url: str, question: str = "1") -> float:
    """Return the seconds from the call to the first delta."""
    began = time.perf_counter()
    with closing(side(url, question)) as texts:  # type: ignore[type-var]  # a generator
        next(texts)
        return time.perf_counter() - began


def processor_time(side: Side, url: str, count: int) -> float:
    """Return the seconds of processor time that an answer of `count` deltas takes."""
    began = time.process_time()
    received = sum(1 for _ in side(url, str(count)))
    taken = time.process_time() - began
    assert received == count
    return taken
