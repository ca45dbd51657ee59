"""A saved conversation reads back as the same turns, and one that is not whole is refused, whole, with its line."""

import json
import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spark_magic.answer import Answer
from spark_magic.conversation import Turn, transcript
from spark_magic.conversation.transcript import Transcript, decoded, encoded
from spark_magic.errors import HistoryDamaged
from spark_magic.events import Reference, Usage
from spark_magic.formats import FORMATS
from spark_magic.picture import blank_picture

ANYTHING = st.text(st.characters())  # halves of characters, too
COUNT = st.integers(0, 2**53)
REFERENCE = st.builds(Reference, st.integers(-(2**53), 2**53), ANYTHING, ANYTHING)
ANSWER = st.builds(
    Answer,
    ANYTHING,
    reasoning=ANYTHING,
    references=st.lists(REFERENCE, max_size=2).map(tuple),
    usage=st.none() | st.builds(Usage, COUNT, COUNT, COUNT),
    model=ANYTHING,
    sid=ANYTHING,
    seconds=st.floats(0, allow_nan=False, allow_infinity=False),
    cut=st.booleans(),
    cached=st.booleans(),
    form=st.sampled_from(FORMATS),
)
PICTURE = st.none() | st.just(blank_picture().message)
TURN = st.builds(Turn, ANYTHING, ANSWER, st.none() | ANYTHING, PICTURE, COUNT)
FACTS = tuple(Answer.__slots__)
ONE = Turn("q", Answer("a"))


def saved(*turns, name="default"):
    return encoded(Transcript(name, turns), source="x.jsonl")


def read(content):
    return decoded(content, source="x.jsonl")


def refused(content):
    with pytest.raises(HistoryDamaged) as caught:
        read(content)
    return caught.value


def joined(text):
    """Return the text with two halves that stand together as the character they are: JSON has one form for both."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def facts_of(turn):
    """Return everything there is to say of a turn, as plain values."""
    answer = {name: getattr(turn.answer, name) for name in FACTS if name not in {"turn", "data"}}
    answer["references"] = [(r.index, joined(r.url), joined(r.title)) for r in turn.answer.references]
    answer = {name: joined(value) if isinstance(value, str) else value for name, value in answer.items()}
    cell = turn.cell if turn.cell is None else joined(turn.cell)
    return joined(turn.question), joined(str(turn.answer)), answer, cell, turn.picture, turn.execution_count


# there and back


@given(
    ANYTHING, st.lists(TURN, max_size=4, unique_by=lambda turn: object() if turn.cell is None else joined(turn.cell))
)
def test_what_is_saved_reads_back_as_the_same_turns(name, turns):
    again = read(saved(*turns, name=name))
    assert again.name == joined(name)
    assert [facts_of(turn) for turn in again.turns] == [facts_of(turn) for turn in turns]
    assert [turn.answer.turn for turn in again.turns] == list(range(1, len(turns) + 1))
    assert saved(*again.turns, name=again.name) == saved(*turns, name=name)


def test_every_fact_of_an_answer_is_saved():
    """A fact that an answer learns to carry must not be lost in silence."""
    full = Answer('{"a": 1}', reasoning="r", references=(Reference(1, "u", "t"),), usage=Usage(1, 2, 3), model="x1")
    full.sid, full.seconds, full.turn, full.cut, full.form, full.data = "s", 1.5, 1, True, "json", {"a": 1}
    full.cached = True
    assert all(getattr(full, name) != getattr(Answer(), name) for name in FACTS)
    [turn] = read(saved(Turn("q", full, "c#1", blank_picture().message, 7))).turns
    assert {name: getattr(turn.answer, name) for name in FACTS} == {name: getattr(full, name) for name in FACTS}


def test_the_file_is_lines_that_people_can_read():
    content = saved(Turn("你好", Answer("a\nb\u2028c", model="ultra", seconds=1.5), execution_count=3), name="chat")
    header, turn, end = content.decode().split("\n")
    assert json.loads(header) == {"spark_magic": 1, "name": "chat", "turns": 1}
    assert json.loads(turn) == {
        "question": "你好",
        "answer": "a\nb\u2028c",
        "model": "ultra",
        "seconds": 1.5,
        "execution_count": 3,
    }
    assert "你好" in turn
    assert end == ""


def test_half_a_character_is_kept():
    assert read(saved(Turn("\ud83d", Answer("x\ude00")))).turns[0].question == "\ud83d"


@pytest.mark.parametrize("change", [b"\xef\xbb\xbf%b", b"%b\n\n", b"%b\r\n"])
def test_what_editors_do_to_a_file_is_no_damage(change):
    content = saved(ONE).rstrip(b"\n").replace(b"\n", b"\r\n" if b"\r" in change else b"\n")
    assert len(read(change % content).turns) == 1


def test_the_number_of_turns_may_be_left_out_by_hand():
    assert len(read(saved(ONE, ONE).replace(b', "turns": 2', b"")).turns) == 2


# damage


@given(st.binary(max_size=60))
def test_no_file_at_all_is_anything_but_refused(content):
    assert refused(content).values["line"] == 1


@given(st.data())
@settings(max_examples=200)
def test_a_file_that_is_cut_short_is_refused(data):
    whole = saved(ONE, replace(ONE, cell="c"), Turn("三", Answer("四")))
    length = data.draw(st.integers(0, len(whole) - 2))  # the last line break may go
    assert refused(whole[:length]).values["line"] >= 1


@given(st.data())
@settings(max_examples=300)
def test_a_changed_byte_gives_turns_or_the_one_refusal(data):
    whole = bytearray(saved(Turn("one", Answer("two", usage=Usage(1, 2, 3), seconds=1.0), "c", None, 4)))
    whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        found, problem = read(bytes(whole)).turns, None
    except HistoryDamaged as damage:
        found, problem = (), damage
    assert len(found) == 1 or problem.values["line"] in {1, 2, 3}


TURN_LINE = b'{"question": "q", "answer": "a"}'


@pytest.mark.parametrize(
    ("line", "word"),
    [
        (b"{", "column"),
        (b"", "column"),
        (b"[1]", "Expected `object`"),
        (b'{"question": "q"}', "answer"),
        (b'{"question": 1, "answer": "a"}', "$.question"),
        (b'{"question": "q", "answer": "a", "colour": 1}', "colour"),
        (b'{"question": "q", "answer": "a", "answer": "b"}', "twice"),
        (b'{"question": "q", "answer": "a", "seconds": NaN}', "NaN"),
        (b'{"question": "q", "answer": "a", "seconds": 1e999}', "seconds"),
        (b'{"question": "q", "answer": "a", "seconds": -1}', "seconds"),
        (b'{"question": "q", "answer": "a", "execution_count": 1' + b"0" * 5000 + b"}", ""),
        (b'{"question": "q", "answer": "a", "execution_count": 1' + b"0" * 50 + b"}", "execution_count"),
        (b'{"question": "q", "answer": "a", "usage": {"prompt_tokens": 1}}', "usage"),
        (b'{"question": "q", "answer": "a", "references": [{"index": 1, "url": 2, "title": ""}]}', "url"),
        (b'{"question": "q", "answer": "a", "form": "song"}', "form"),
        (b'{"question": "q", "answer": "a", "picture": "no base64!"}', "picture"),
        (b'{"question": "q", "answer": "a", "picture": "AAAA"}', "picture"),
        (b'{"question": "\xff", "answer": "a"}', "utf-8"),
        (b'{"question": "q", "answer": "a", "\\ud800": 1}', ""),
        (b"[" * 100_000, "deep"),
        (b'{"spark_magic": 1, "name": "again"}', "spark_magic"),
    ],
)
def test_a_damaged_line_is_named_and_nothing_is_read(line, word):
    problem = refused(b"\n".join([b'{"spark_magic": 1, "name": "x"}', TURN_LINE, line, TURN_LINE]))
    assert problem.values["line"] == 3
    assert "x.jsonl, line 3" in str(problem)
    assert word in str(problem)
    assert problem.__context__ is None


def test_two_turns_of_one_cell_are_refused():
    problem = refused(saved(replace(ONE, cell="c"), ONE, replace(ONE, cell="c")))
    assert (problem.values["line"], problem.values["other"]) == (4, 2)


@pytest.mark.parametrize(
    ("header", "key"),
    [
        (b'{"spark_magic": 2, "name": "x"}', "history.version"),
        (b'{"spark_magic": "1", "name": "x"}', "history.version"),
        (b'{"spark_magic": true, "name": "x"}', "history.version"),
        (b'{"spark_magic": 1}', "history.line"),
        (b'{"spark_magic": 1, "name": "x", "turns": -1}', "history.line"),
        (b'{"spark_magic": 1, "name": "x", "turns": 2}', "history.count"),
        (b'{"name": "x"}', "history.header"),
        (b"# Conversation", "history.header"),
        (b"", "history.header"),
    ],
)
def test_a_header_that_is_not_ours_is_told_apart(header, key):
    assert refused(header + b"\n" + TURN_LINE).key == key


def test_a_huge_foreign_file_is_refused_at_once(monkeypatch):
    began = time.monotonic()
    assert refused(bytes(transcript.MOST_BYTES + 1)).key == "history.too_large"
    assert refused(b'{"spark_magic": 1, "name": "x"}\n' + b"\n" * 10_000_000 + b"x").values["line"] == 2
    assert time.monotonic() - began < 5
    monkeypatch.setattr(transcript, "MOST_BYTES", 100)
    with pytest.raises(HistoryDamaged, match="0 MB"):  # what could not be read again is not written
        saved(*[ONE] * 9)
