"""What `spark_magic.events` promises: frozen data, compared by value."""

import dataclasses
import pickle

import pytest

from spark_magic.events import Delta, Finished, Message, Reasoning, Reference, References, Usage, Waiting

EXAMPLES = [
    Message("user", "hello"),
    Delta("a"),
    Reasoning("a"),
    Reference(1, "https://a.example/", "A"),
    References((Reference(1, "https://a.example/", "A"),)),
    Usage(1, 2, 3),
    Waiting(0.1),
    Finished("sid", Usage(1, 2, 3)),
    Finished("", None),
]


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda event: type(event).__name__)
def test_an_event_is_frozen_hashable_and_survives_pickling(event):
    """Batch work sends them to other processes and puts them into sets."""
    for field in dataclasses.fields(event):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(event, field.name, None)
    assert not hasattr(event, "__dict__")
    assert pickle.loads(pickle.dumps(event)) == event  # noqa: S301
    assert len({event, pickle.loads(pickle.dumps(event))}) == 1  # noqa: S301


def test_a_delta_and_reasoning_of_the_same_text_differ():
    assert Delta("a") != Reasoning("a")
