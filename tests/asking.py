"""Ask a sandbox through the bare client."""

from dataclasses import replace

from spark_magic.client import Client
from spark_magic.events import Delta, Message, Waiting
from spark_magic.models import find
from spark_magic.target import Target


def at(box, alias="ultra", **changes):
    return Target(replace(find(alias), url=box.url(alias)), **changes)


def client_of(box, alias="ultra", **changes):
    return Client(at(box, alias, **changes), box.credentials)


def question(text):
    return [Message("user", text)]


def events_of(box, text, **changes):
    return [e for e in client_of(box, **changes).stream(question(text)) if not isinstance(e, Waiting)]


def text_of(events):
    return "".join(event.text for event in events if isinstance(event, Delta))
