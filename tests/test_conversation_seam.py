"""Two halves of an answer are one: what the second repeats comes once, and no other letter is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spark_magic.answer import Answer
from spark_magic.conversation import Further
from spark_magic.conversation.seam import Seam, may_repeat, without_repeated
from spark_magic.events import Delta, Finished, Reasoning, Reference, References, Usage

FOX = "The quick brown fox jumps over the lazy"
PAGE = Reference(1, "https://a.example", "A")


def joined(before, *events, fence=""):
    seam = Seam(Further(Answer(before), "more", fence))
    return before + "".join(event.text for event in seam.joined(events) if isinstance(event, Delta)) + seam.held


@pytest.mark.parametrize(
    ("before", "coming", "new"),
    [
        (FOX, " dog.", " dog."),
        (FOX, "jumps over the lazy dog.", " dog."),
        (FOX, "the lazy dog.", "the lazy dog."),  # ten letters may be chance
        (FOX, FOX, ""),
        (FOX, "", ""),
        (FOX, "… and sleeps", "… and sleeps"),
        ("人工智能正在改变世界", "改变世界，也改变我们", "改变世界，也改变我们"),
        ("人工智能正在改变世界", "正在改变世界，也改变我们", "，也改变我们"),
        ("a\n        }\n        }\n", "        }\n        }\n}", "        }\n        }\n}"),  # no letters at all
        ("x\n------------------\n", "------------------\n", "------------------\n"),
    ],
)
def test_twelve_letters_that_end_the_first_half_are_not_said_again(before, coming, new):
    assert without_repeated(before, coming) == new


def test_the_line_that_opens_the_code_again_is_left_out():
    before = "So:\n```python\ndef doubled(x):\n    retu"
    assert without_repeated(before, "```python\nrn x\n```", "```python") == "rn x\n```"
    assert without_repeated(before, "```\nThat is all", "```python") == "```\nThat is all"
    assert without_repeated(before, "```python\ndef doubled(x):\n    return x", "```python") == "rn x"


@pytest.mark.parametrize("fence", ["", "```python"])
@given(data=st.data())
def test_the_pieces_it_comes_in_make_no_difference(fence, data):
    """And while more letters could change it, none is shown."""
    letters = st.text(alphabet="ab `\npython", max_size=60)
    before, coming = data.draw(letters), data.draw(letters)
    coming = data.draw(st.sampled_from([coming, before[-20:] + coming, f"{fence}\n{coming}"]))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(coming)), max_size=5)))
    pieces = [coming[a:b] for a, b in zip([0, *cuts], [*cuts, len(coming)], strict=True) if a < b]
    whole = before + without_repeated(before, coming, fence)
    assert joined(before, *map(Delta, pieces), Finished("", None), fence=fence) == whole
    assert joined(before, *map(Delta, pieces), fence=fence).startswith(before)


@given(before=st.text(max_size=40), coming=st.text(min_size=1, max_size=40))
def test_nothing_is_lost_but_what_is_there_already(before, coming):
    new = without_repeated(before, coming)
    assert coming.endswith(new)
    assert before.endswith(coming.removesuffix(new) if new else coming)


def test_the_first_letters_wait_until_it_is_clear_whether_they_are_repeated():
    seam = Seam(Further(Answer(FOX), "more"))
    events = seam.joined([Delta("jumps over"), Delta(" the lazy"), Delta(" dog")])
    assert next(events) == Delta(" dog")
    assert may_repeat(FOX, "jumps over")
    assert not may_repeat(FOX, "jumps over the lazy d")


def test_what_is_held_back_when_it_ends_early_is_not_lost():
    assert joined(FOX, Delta("jumps ov")) == FOX + "jumps ov"
    assert joined(FOX, Delta("The"), Delta(" qui")) == FOX + "The qui"


def test_reasoning_and_sources_come_first_and_thoughts_are_two_paragraphs():
    before = Answer("one", reasoning="hm", references=(PAGE,))
    seam = Seam(Further(before, "more"))
    assert list(seam.opening()) == [References((PAGE,)), Reasoning("hm"), Delta("one")]
    thoughts = [Reasoning("oh"), Reasoning(" well"), Delta(" two")]
    assert list(seam.joined(thoughts)) == [Reasoning("\n\noh"), Reasoning(" well"), Delta(" two")]


def test_the_tokens_are_those_of_both_halves_where_both_were_counted():
    counted = Seam(Further(Answer("a", usage=Usage(1, 2, 3)), ""))
    assert counted.whole(Usage(10, 20, 30)) == Usage(11, 22, 33)
    assert counted.whole(None) is None
    assert Seam(Further(Answer("a"), "")).whole(Usage(10, 20, 30)) == Usage(10, 20, 30)
    assert Seam(None).whole(Usage(1, 2, 3)) == Usage(1, 2, 3)


def test_without_a_first_half_everything_passes_as_it_comes():
    events = [Reasoning("hm"), Delta("a"), Delta("a"), Finished("", None)]
    assert list(Seam(None).joined(events)) == events
