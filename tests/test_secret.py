"""What `spark_magic.secret` promises: the text comes out through `reveal()` alone."""

import copy
import dataclasses
import json
import logging
import pickle
import pprint
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spark_magic.secret import Secret, without_frames

CANARY = "canary-5f0e1d2c3b4a59687766554433221100"
SHORT = "swordfish"


@pytest.mark.parametrize("text", [CANARY, SHORT])
@pytest.mark.parametrize(
    "show",
    [
        repr,
        str,
        format,
        ascii,
        pprint.pformat,
        lambda secret: f"{secret}",
        lambda secret: f"{secret!r:>60}",
        lambda secret: f"{secret:>60}",
        lambda secret: f"{secret=}",
        lambda secret: "%s %r %a" % (secret, secret, secret),  # noqa: UP031
        "{0} {0!r} {0!s:^80}".format,
        lambda secret: f"{[secret]} { {'key': secret} } {(secret,)}",
        lambda secret: logging.LogRecord("n", 10, "p", 1, "%s %r", (secret, secret), None).getMessage(),
        lambda secret: str(ValueError(secret)) + repr(ValueError(secret)),
    ],
)
def test_no_way_of_showing_it_shows_it(show, text):
    shown = show(Secret(text))
    assert text not in shown
    assert text[:-4] not in shown
    assert "****" in shown


def test_a_long_one_shows_its_last_four_characters_a_short_one_nothing():
    assert Secret(CANARY).masked() == "****1100"
    assert Secret("x" * 16).masked() == "****xxxx"
    for short in ("", "a", SHORT, "x" * 15):
        assert str(Secret(short)) == "****"
        assert repr(Secret(short)) == "Secret('****')"


def test_reveal_gives_the_text():
    assert Secret(CANARY).reveal() == CANARY


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_it_is_never_pickled(protocol):
    for value in (Secret(CANARY), [Secret(CANARY)], {"key": Secret(CANARY)}):
        with pytest.raises(TypeError, match="never pickled") as caught:
            pickle.dumps(value, protocol)
        assert CANARY not in str(caught.value)


def test_json_refuses_it():
    with pytest.raises(TypeError) as caught:
        json.dumps({"key": Secret(CANARY)})
    assert CANARY not in str(caught.value)
    assert CANARY not in json.dumps(Secret(CANARY), default=str)


def test_a_copy_is_the_same_secret():
    """Dataclasses that hold one can be copied, though it cannot be pickled."""
    secret = Secret(CANARY)
    assert copy.copy(secret) is secret
    assert copy.deepcopy(secret) is secret
    assert copy.deepcopy([secret])[0] is secret


def test_it_equals_a_secret_of_the_same_text_and_never_a_string():
    assert Secret(CANARY) == Secret(CANARY)
    assert Secret(CANARY) != Secret(SHORT)
    assert Secret(CANARY) != CANARY
    assert (CANARY == Secret(CANARY)) is False  # noqa: SIM300  # from the other side
    assert Secret("") != None  # noqa: E711


@given(st.text(), st.text())
def test_comparing_works_for_any_text(one, other):
    assert (Secret(one) == Secret(other)) is (one == other)


def test_it_has_no_hash():
    with pytest.raises(TypeError, match="unhashable"):
        hash(Secret(CANARY))


def test_it_is_true_where_there_is_text():
    assert Secret("0")
    assert not Secret("")


def test_it_has_no_dict_to_look_into_and_takes_no_further_attributes():
    with pytest.raises(TypeError):
        vars(Secret(CANARY))
    with pytest.raises(AttributeError):
        Secret(CANARY).note = "x"


def test_a_string_is_not_made_of_it_by_accident():
    for attempt in (lambda s: "" + s, bytes, list, len, lambda s: s[0], lambda s: s.encode()):
        with pytest.raises((TypeError, AttributeError)) as caught:
            attempt(Secret(CANARY))
        assert CANARY not in str(caught.value)


def test_a_traceback_with_locals_does_not_show_it():
    """Debuggers and IPython's verbose mode print every local variable of every frame."""

    @dataclasses.dataclass
    class Holder:
        secret: Secret

    def fails():
        secret = Secret(CANARY)
        holder = Holder(secret)
        message = f"failed with {holder}"
        raise RuntimeError(message, secret)

    with pytest.raises(RuntimeError) as caught:
        fails()
    report = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    text = "".join(report.format())
    assert "secret = Secret('****1100')" in text
    assert CANARY not in text.replace(f'"{CANARY}"', "")


@pytest.mark.parametrize("value", [None, 7, CANARY.encode(), [CANARY], bytearray(CANARY, "ascii")])
def test_it_is_made_of_text_alone_and_says_so_without_showing_the_rest(value):
    with pytest.raises(TypeError, match="not of") as caught:
        Secret(value)
    assert CANARY not in str(caught.value)
    assert "value" not in caught.traceback[-1].frame.f_locals


def test_serializers_other_than_pickle_get_nothing_either():
    with pytest.raises(TypeError, match="never pickled"):
        Secret(CANARY).__getstate__()


@pytest.mark.parametrize("problem", [ValueError(1), KeyboardInterrupt(), SystemExit(3), MemoryError()])
def test_a_function_that_has_a_secret_in_the_clear_leaves_no_frame(problem):
    """Neither its own nor those below it, nor those of what it came from; the exception itself is the same."""

    @without_frames
    def work(secret, *, other):
        in_the_clear = secret.reveal()
        try:
            raise LookupError(in_the_clear, other)  # noqa: TRY301  # as above
        except LookupError:
            raise problem  # noqa: B904  # so that it has a context

    with pytest.raises(type(problem)) as caught:
        work(Secret(CANARY), other=CANARY)
    assert caught.value is problem
    assert caught.value.__context__ is None
    names = [name for frame, _ in traceback.walk_tb(problem.__traceback__) for name in frame.f_locals]
    assert not {"in_the_clear", "secret", "arguments", "named", "other"} & set(names)


def test_such_a_function_is_otherwise_what_it_was():
    @without_frames
    def double(number: int) -> int:
        """Double it."""
        return 2 * number

    assert (double(4), double.__name__, double.__doc__) == (8, "double", "Double it.")
