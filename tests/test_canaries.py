"""What `tests/canaries.py` promises: no form is overlooked, and nothing else is taken for one."""

import collections
import copy
import functools
import json
import types

import pytest
from canaries import API_KEY, API_SECRET, APP_ID, CANARIES, FORMS, leaked

from spark_magic.auth import sign_url
from spark_magic.credentials import Credentials
from spark_magic.secret import Secret

MADE = Credentials.of(**CANARIES)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", CANARIES)
def test_every_form_is_found(form, name):
    text = f"some words, then {FORMS[form](CANARIES[name])} and others"
    for thing in (text, text.encode(), text.encode("utf-16"), json.dumps([text]), repr(text), repr([text.encode()])):
        assert leaked(thing) == {name}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["api_key", "api_secret"])
def test_most_of_one_is_found_too(form, name):
    """A cut at the front or at the end leaves a third in one piece."""
    for part in (CANARIES[name][8:], CANARIES[name][:-8]):
        assert leaked(FORMS[form](part)) == {name}


def test_a_signed_address_has_the_key_in_it():
    assert leaked(sign_url("wss://spark-api.xf-yun.com/v4.0/chat", MADE, 0.0).reveal()) == {"api_key"}


def test_other_texts_are_searched_for_as_well():
    assert leaked("signed with q1w2e3r4t5y6u7i8o9p0==", {"signature": "q1w2e3r4t5y6u7i8o9p0=="}) == {"signature"}


def test_nothing_else_is_taken_for_one():
    for other in (
        "",
        f"{MADE} {MADE!r}",  # the mask has the last four characters
        API_KEY[-4:] + API_SECRET[-4:] + APP_ID[:4],
        "the quick brown fox " * 100,
        [object(), 1, None, 2.5, MADE, Secret(API_KEY)],
    ):
        assert leaked(other) == set()


class Slotted:
    __slots__ = ("inside",)

    def __init__(self, inside):
        self.inside = inside


class Plain(Slotted):
    def __init__(self, inside):
        self.other = inside


class Telling:
    def __repr__(self):
        """Tell it."""
        return API_KEY


class Broken:
    def __repr__(self):
        """Break, and tell it."""
        raise RuntimeError(API_KEY)


def generator(inside):
    yield 1
    yield inside


def held_by_a_generator(inside):
    made = generator(inside)
    next(made)
    return made


HOLDERS = [
    lambda s: [[[s]]],
    lambda s: {s: 1},
    lambda s: {1: {2: (s,)}},
    lambda s: frozenset([s]),
    lambda s: collections.deque([s]),
    lambda s: types.MappingProxyType({1: s}),
    lambda s: types.SimpleNamespace(a=s),
    lambda s: memoryview(s.encode()),
    Slotted,
    Plain,
    lambda s: Plain(s).__init__,
    lambda s: functools.partial(print, s),
    lambda s: lambda: s,
    lambda s: lambda a=s: a,
    lambda s: lambda *, a=s: a,
    held_by_a_generator,
    lambda s: functools.lru_cache(lambda: s),
    lambda _: Telling(),
    lambda _: Broken(),
]


@pytest.mark.parametrize("number", range(len(HOLDERS)))
def test_an_object_is_searched_to_its_last_corner(number):
    thing = HOLDERS[number](API_KEY)
    assert leaked(thing) == {"api_key"}
    assert leaked(Slotted([thing])) == {"api_key"}


def in_another_file(body, **names):
    """Return a function as if it stood in a library: the frames of the tests do not count."""
    code = compile(f"def function(give):\n    {body}", "/site-packages/library.py", "exec")
    exec(code, names)  # noqa: S102  # see above
    return names["function"]


def raised(body, give):
    try:
        in_another_file(body)(give)
    except BaseException as problem:  # noqa: BLE001  # whatever it is
        return problem
    return None


@pytest.mark.parametrize(
    "body",
    [
        "local = give(); raise ValueError",
        "raise ValueError(give())",
        "p = ValueError(); p.note = give(); del give; raise p",
        "p = ValueError(); p.add_note(give()); raise p",
        "raise KeyboardInterrupt from ValueError(give())",
        "\n    try: raise ValueError(give())\n    except ValueError: raise TypeError from None",
        "raise ExceptionGroup('', [ValueError(give())])",
    ],
)
def test_an_exception_is_searched_with_its_chain_and_frames(body):
    problem = raised(body, lambda: copy.copy(API_KEY))
    problem.__traceback__ = problem.__traceback__.tb_next
    assert leaked(problem) == {"api_key"}


def test_a_frame_without_it_is_clean():
    assert leaked(raised("local = give(); raise ValueError", lambda: Secret(API_KEY))) == set()
    assert leaked(raised("local = give(); del local; raise ValueError(2)", len)) == set()


def test_circles_have_an_end():
    circle = [API_SECRET]
    circle.append(circle)
    assert leaked(circle) == {"api_secret"}
