"""Few-shot pairs of a file: sent before the turns, kept when turns are left out, and no part of the history."""

import json
import time
from contextlib import suppress

import pytest
from cells import messages_of
from hypothesis import given
from hypothesis import strategies as st

import spark_magic
from spark_magic.errors import ConfigurationError, PromptTooLarge
from spark_magic.magics.examples import examples_in
from spark_magic.messages import use_language

PAIRS = [("user", "好看！"), ("assistant", "1"), ("user", "Dull."), ("assistant", "0")]
YAML = "- question: 好看！\n  answer: 1\n- [Dull., 0]\n"
JSON = '[{"question": "好看！", "answer": 1}, ["Dull.", 0]]'


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Work in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def written(folder):
    """Return a writer of examples; it returns the name."""

    def write(content, name="pairs.yaml"):
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return name

    return write


# what is sent


@pytest.mark.parametrize(("content", "name"), [(YAML, "pairs.yaml"), (JSON, "pairs.json"), ("\ufeff" + JSON, "p.JSON")])
def test_the_pairs_go_after_the_system_prompt_and_before_the_turns(cells, box, written, content, name):
    cells.run("%spark sandbox: say one")
    cells.run(f"%spark --examples {written(content, name)} -s brief sandbox: say two")
    sent = messages_of(box.requests[1])
    assert sent[0] == ("system", "brief")
    assert sent[1:5] == PAIRS
    assert [text for _, text in sent[5:]] == ["sandbox: say one", "one", "sandbox: say two"]


def test_they_are_no_part_of_the_history(cells, box, written):
    cells.run(f"%spark --examples {written(YAML)} sandbox: say one")
    cells.run("%spark sandbox: say two")
    assert len(messages_of(box.requests[1])) == 3
    assert len(cells.magics.state.conversation.turns) == 2


def test_a_setting_sends_them_with_every_question_and_an_option_goes_without(cells, box, written, capsys):
    cells.run(f"%spark_config --examples {written(YAML)}")
    assert "pairs.yaml" in capsys.readouterr().out
    cells.run("%spark hi")
    cells.run("%%spark --examples ''\nhi")
    cells.run("%spark_config --examples ''")
    cells.run("%spark -n other hi")
    sizes = [len(messages_of(request)) for request in box.requests]
    assert sizes == [5, 3, 1]


def test_a_change_of_the_file_counts_at_the_next_question(cells, box, written):
    cells.run(f"%spark_config --examples {written(YAML)}")
    written("- [a, b]\n")
    cells.run("%spark hi")
    assert messages_of(box.requests[0])[:2] == [("user", "a"), ("assistant", "b")]


@pytest.mark.usefixtures("cells")
def test_the_plain_call_takes_them_too(box, written, folder):
    spark_magic.ask("hi", examples=folder / written(YAML))
    assert messages_of(box.requests[0])[:4] == PAIRS


def test_a_dry_run_shows_them(cells, written, capsys):
    cells.run(f"%spark --dry-run --examples {written(YAML)} hi")
    out = capsys.readouterr().out
    assert out.index("好看！") < out.index("Dull.") < out.index("hi")


@pytest.mark.usefixtures("box")
def test_they_stay_when_turns_are_left_out_and_count_for_what_is_too_large(cells, box, written, capsys):
    name = written(YAML)
    for word in ("one", "two"):
        cells.run(f"%%spark -m pro --examples {name}\n{'word ' * 5000}\nsandbox: say {word}")
    assert "no longer fits" in capsys.readouterr().out
    assert messages_of(box.requests[-1])[:4] == PAIRS
    assert len(messages_of(box.requests[-1])) == 5
    written(json.dumps([["word " * 4000, "0"]] * 3), "many.json")
    assert isinstance(cells.fails("%spark -m pro --examples many.json hi"), PromptTooLarge)
    assert len(box.requests) == 2


# how scalars are read


@pytest.mark.parametrize(
    "word", ["0", "1.10", "yes", "null", "2024-01-01", "007", "~", "0x1F", "1_000", "=", "<<", "1e3"]
)
def test_an_answer_is_the_text_that_stands_there(written, word):
    assert examples_in(written(f"- question: q\n  answer: {word}\n")) == (("q", word),)


def test_numbers_of_json_stay_as_they_are_written(written):
    assert examples_in(written('[["q", 1.10], ["q", 10000000000000000000001]]', "p.json"))[0] == ("q", "1.10")


def test_texts_may_have_many_lines(written):
    assert examples_in(written("- question: |\n    a\n    b\n  answer: c\n")) == (("a\nb\n", "c"),)


# what is wrong


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ("- question: q\n  answer: [a\n- x", "line 3"),
        ("- [a, b]\n- {question: q: r}\n", "line 2"),
        ("- [a, b]\n\x07\n", "line 2"),
        ("- [a, b]\n---\n- [c, d]\n", "line 2"),
        ("- !!python/object/apply:os.system [true]\n", "item 1"),
        ("- [a, b]\n- [a]\n", "item 2"),
        ("- [a, b]\n- {question: q}\n", "item 2"),
        ("- {question: q, answer: a, mark: 1}\n", "item 1"),
        ("- [a, [b]]\n", "item 1: the answer"),
        ("- ['', b]\n", "item 1: the question"),
        ("- [a, ]\n", "item 1"),
        ("question: q\nanswer: a\n", "no list"),
        ("[]", "no list"),
        ("", "no list"),
        ("just words", "no list"),
        (b"- [\xff, b]\n", "utf-8"),
        ("[" * 60_000, "line 1: nested too deeply"),
        ("- &a [x, *a]\n", "line 1"),
    ],
)
def test_a_wrong_file_is_refused_with_the_place_and_nothing_is_sent(cells, box, written, content, place):
    name = written(content)
    problem = cells.fails(f"%spark --examples {name} hi")
    assert isinstance(problem, ConfigurationError)
    assert place in str(problem)
    assert "pairs.yaml" in str(problem)
    assert "question: Nice film!" in problem.hint
    assert isinstance(cells.fails(f"%spark_config --examples {name}"), ConfigurationError)
    assert cells.magics.examples == ""
    assert box.requests == []


@pytest.mark.parametrize(
    ("content", "place"),
    [("[1,\n", "line 2"), ('[["q", true]]', "item 1: the answer"), ('[["q", null]]', "item 1"), ("[" * 9999, "line 1"),
     ('[["\\ud800", "a"]]', "item 1: the question"), ('[["q", {"a": 1}]]', "item 1")],
)  # fmt: skip
def test_wrong_json_is_refused_as_well(written, content, place):
    with pytest.raises(ConfigurationError) as caught:
        examples_in(written(content, "pairs.json"))
    assert place in str(caught.value)
    assert caught.value.__context__ is None


def test_a_file_that_is_not_there_or_too_large_is_refused(written):
    for name, word in (("none.yaml", "No such file"), (".", "irectory|regular"), (written("#" * 70_000), "64 kB")):
        with pytest.raises(ConfigurationError, match=f"cannot be read: .*({word})"):
            examples_in(name)


def test_what_multiplies_itself_takes_no_time(written):
    """Aliases of aliases, and merges of merges, which double a mapping at each step."""
    aliases = "".join(f"- &a{n} [{', '.join([f'*a{n - 1}'] * 9) if n else 'x'}]\n" for n in range(40))
    merges = "a0: &a0 {x: y}\n" + "".join(f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}\n" for n in range(1, 40))
    for content in (aliases, merges):
        began = time.monotonic()
        with pytest.raises(ConfigurationError):
            examples_in(written(content))
        assert time.monotonic() - began < 5


@given(st.text(), st.sampled_from(["p.yaml", "p.json"]))
def test_any_text_gives_pairs_or_the_one_error(tmp_path_factory, text, name):
    path = tmp_path_factory.mktemp("any") / name
    path.write_bytes(text.encode())
    with suppress(ConfigurationError):
        assert all(question.strip() and answer.strip() for question, answer in examples_in(str(path)))


def test_the_hint_is_there_in_chinese(written):
    use_language("zh")
    with pytest.raises(ConfigurationError, match="第 1 项：问题 为空"):
        examples_in(written("- ['', b]"))
